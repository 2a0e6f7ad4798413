//! The tables of `docs/sdk-credentials.md`, and the verification of its sentences.
//!
//! A table is between the comments `<!-- versions -->`, `<!-- table TOPIC -->` or `<!-- hosts TOPIC -->`, and
//! `<!-- end -->`. [`with_tables`] writes it.
//!
//! Sentences link the names of SDKs to a row, and the title of the link has the results:
//! `[Go v2 and Rust](#keys-id-alone "fails")`. [`verify_links`] verifies that these are all SDKs with one of the
//! results, which are words of [`Used`] or hosts that receive the token. `[the other SDKs]` are those that the link before it
//! does not name. A link with other words, such as `[every SDK]`, is about all of them.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail, ensure};

use crate::environments::Environment;
use crate::{Record, Row, SDKS, Sdk, Used};

const END: &str = "<!-- end -->";

/// The document with the tables of the record.
pub fn with_tables(page: &str, record: &Record) -> Result<String> {
    let mut parts = page.split("<!-- ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    while let Some(part) = parts.next() {
        let (comment, _) = part.split_once(" -->").context("a comment without an end")?;
        let table = match comment.split_once(' ') {
            None if comment == "versions" => versions(record),
            Some(("table", topic)) => {
                let row = |row: &Row| match row.used {
                    Used::Node => "**node**".to_owned(),
                    used => used.to_string(),
                };
                table(
                    record,
                    topic,
                    |environment| format!("<a id=\"{}\"></a>", environment.anchor()),
                    row,
                )
            }
            Some(("hosts", topic)) => table(record, topic, |_| String::new(), hosts),
            _ => bail!("unknown comment: {comment}"),
        };
        let end = parts.next().and_then(|part| part.strip_prefix("end -->"));
        let rest = end.with_context(|| format!("no {END} after {comment}"))?;
        let _ = write!(text, "<!-- {comment} -->\n\n{table}\n{END}{rest}");
    }
    for environment in &record.environments {
        let anchor = environment.anchor();
        ensure!(
            text.contains(&format!("<a id=\"{anchor}\"></a>")),
            "no table has the row {anchor}"
        );
    }
    Ok(text)
}

fn versions(record: &Record) -> String {
    let mut text = String::from(
        "| SDK | in tables | version | measured | what was run |\n|---|---|---|---|---|\n",
    );
    for measured in &record.sdks {
        let Sdk { name, column, note, .. } = measured.sdk;
        let (version, day) = (&measured.version, &measured.day);
        let _ = writeln!(text, "| {name} | {column} | {version} | {day} | {note} |");
    }
    text
}

fn table(
    record: &Record,
    topic: &str,
    anchor: impl Fn(&Environment) -> String,
    result: impl Fn(&Row) -> String,
) -> String {
    let mut text = String::from("| row | container | what SDKs do |\n|---|---|---|\n");
    for environment in record.environments.iter().filter(|other| other.topic() == topic) {
        let (anchor, name, title) = (anchor(environment), environment.name(), &environment.title);
        let results = results(record, environment, &result);
        let _ = writeln!(text, "| {anchor}`{name}` | {title} | {results} |");
    }
    text
}

/// The results with their SDKs. The most frequent one is the last.
fn results(record: &Record, environment: &Environment, result: impl Fn(&Row) -> String) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (sdk, row) in record.rows(&environment.id) {
        let result = result(row);
        match groups.iter_mut().find(|(known, _)| *known == result) {
            Some((_, sdks)) => sdks.push(sdk.column),
            None => groups.push((result, vec![sdk.column])),
        }
    }
    groups.sort_by_key(|(_, sdks)| sdks.len());
    let count = groups.len();
    let described = groups.iter().enumerate().map(|(index, (result, sdks))| {
        if count == 1 {
            format!("{result}: all")
        } else if index + 1 == count && sdks.len() > 3 {
            format!("{result}: the others")
        } else {
            format!("{result}: {}", sdks.join(", "))
        }
    });
    described.collect::<Vec<_>>().join("<br>")
}

fn hosts(row: &Row) -> String {
    if row.token_sent_to.is_empty() {
        return "nowhere".to_owned();
    }
    let hosts: Vec<String> = row.token_sent_to.iter().map(|host| format!("`{host}`")).collect();
    hosts.join(", ")
}

/// Verifies the links whose titles have results, and returns their number. The error names each sentence that is wrong.
pub fn verify_links(page: &str, record: &Record) -> Result<usize> {
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut count = 0;
    let mut errors = Vec::new();
    let mut previous = Vec::new();
    let mut parts = page.split("](#");
    let mut before = parts.next().unwrap_or_default();
    for part in parts {
        let target = part.split(')').next().unwrap_or_default();
        if let Some((anchor, title)) = target.split_once(' ') {
            let text = before.rsplit('[').next().unwrap_or_default();
            match verify_link(text, anchor, title.trim_matches('"'), &previous, record) {
                Ok(named) => previous = named,
                Err(error) => errors.push(format!("[{text}](#{target}): {error}")),
            }
            count += 1;
        }
        before = part;
    }
    ensure!(errors.is_empty(), "{}", errors.join("\n"));
    Ok(count)
}

/// The SDKs that the link names. `previous` are those of the link before it.
fn verify_link(
    text: &str,
    anchor: &str,
    results: &str,
    previous: &[&str],
    record: &Record,
) -> Result<Vec<&'static str>> {
    let mut environments = record.environments.iter();
    let environment = environments.find(|environment| environment.anchor() == anchor);
    let id = &environment.context("there is no such row")?.id;
    let mut recorded = Vec::new();
    for result in results.split(", ") {
        let count = recorded.len();
        recorded
            .extend(record.rows(id).filter(|(_, row)| has(row, result)).map(|(sdk, _)| sdk.name));
        ensure!(recorded.len() > count, "no SDK has the result {result:?}");
    }
    let parts: Vec<&str> = text.split(", ").flat_map(|part| part.split(" and ")).collect();
    let is_named = |sdk: &Sdk| parts.iter().any(|part| part.eq_ignore_ascii_case(sdk.name));
    let named: Vec<&str> = SDKS.iter().filter(|sdk| is_named(sdk)).map(|sdk| sdk.name).collect();
    ensure!(named.is_empty() || named.len() == parts.len(), "the link has names and other words");
    let is_expected = |name: &&str| match text {
        _ if !named.is_empty() => named.contains(name),
        "the other SDKs" | "The other SDKs" => !previous.contains(name),
        _ => true,
    };
    let expected: Vec<&str> =
        record.rows(id).map(|(sdk, _)| sdk.name).filter(|name| is_expected(name)).collect();
    let same =
        recorded.len() == expected.len() && expected.iter().all(|name| recorded.contains(name));
    ensure!(same, "the record has this result for: {}", recorded.join(", "));
    Ok(named)
}

fn has(row: &Row, result: &str) -> bool {
    row.used.to_string() == result || row.token_sent_to.iter().any(|host| host == result)
}
