//! `docs/sdk-credentials.md`, from its template and the record.
//!
//! The template is Markdown. Its facts about SDKs are directives in double braces, so that each sentence agrees with
//! the record:
//!
//! * `versions`: the SDKs that were measured;
//! * `count`: how many SDKs those are;
//! * `date`: when they were measured;
//! * `missing`: an item of a list that names those that have a probe and were not;
//! * `table TOPIC`: which credentials are used, a row for each container of the topic;
//! * `hosts TOPIC`: where the token is sent;
//! * `who ID WORD, WORD…`: the SDKs that use one of these credentials in that container. None is an error;
//! * `all ID WORD, WORD…`: nothing, but it is an error if any SDK uses others;
//! * `sent ID HOST`: the SDKs that send the pod's token for STS to the host;
//! * `asked ID TEXT`: the SDKs that asked for something whose description contains the text;
//! * `not …`: in front of `who`, `sent` or `asked`: the other SDKs.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail, ensure};

use crate::environments::Environment;
use crate::{Measured, Record, Row, SDKS, Sdk, Used};

/// The template with the results of its directives.
pub fn render(template: &str, record: &Record) -> Result<String> {
    let mut parts = template.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (directive, rest) = part.split_once("}}").context("a directive without an end")?;
        let text = carry_out(directive.trim(), record).with_context(|| directive.to_owned())?;
        page.push_str(&text);
        page.push_str(rest);
    }
    for environment in &record.environments {
        ensure!(page.contains(&anchor(environment)), "no table has {}", environment.id);
    }
    Ok(page)
}

fn carry_out(directive: &str, record: &Record) -> Result<String> {
    let (verb, rest) = directive.split_once(' ').unwrap_or((directive, ""));
    match verb {
        "versions" => Ok(versions(record)),
        "count" => Ok(format!("{} SDKs", record.sdks.len())),
        "date" => Ok(days(record)),
        "missing" => Ok(missing(record)),
        "table" => table(record, rest, anchor, |row| cell(row).to_owned()),
        "hosts" => table(record, rest, |_| String::new(), hosts),
        "all" => {
            let (id, words) = argument(record, rest)?;
            let others = sdks(record, id, false, |row| has_word(row, words));
            ensure!(others.is_empty(), "not so for {}", list(&others));
            Ok(String::new())
        }
        "not" => who(record, rest, false),
        _ => who(record, directive, true),
    }
}

/// The SDKs for which a condition holds, or does not, in words.
fn who(record: &Record, directive: &str, holds: bool) -> Result<String> {
    let (verb, rest) = directive.split_once(' ').context("what?")?;
    let (id, what) = argument(record, rest)?;
    let found = match verb {
        "who" => {
            for word in what.split(", ") {
                let known = WORDS.iter().any(|used| used.word() == word);
                ensure!(known, "there is no word {word:?}");
            }
            sdks(record, id, holds, |row| has_word(row, what))
        }
        "sent" => sdks(record, id, holds, |row| row.token_sent_to.iter().any(|host| host == what)),
        "asked" => {
            sdks(record, id, holds, |row| row.asked.iter().any(|asked| asked.contains(what)))
        }
        _ => bail!("there is no such directive"),
    };
    ensure!(!found.is_empty(), "no SDK does");
    Ok(list(&found))
}

const WORDS: [Used; 13] = [
    Used::Role,
    Used::OtherRole,
    Used::SecondRole,
    Used::Foreign,
    Used::AccessKey,
    Used::Profile,
    Used::Agent,
    Used::Sidecar,
    Used::Elsewhere,
    Used::Node,
    Used::BearerToken,
    Used::EmptyBearerToken,
    Used::None,
];

/// The ID of a container, and the rest.
fn argument<'d>(record: &Record, rest: &'d str) -> Result<(&'d str, &'d str)> {
    let (id, what) = rest.split_once(' ').context("of what?")?;
    let known = record.environments.iter().any(|environment| environment.id == id);
    ensure!(known, "there is no container {id}");
    Ok((id, what))
}

fn has_word(row: &Row, words: &str) -> bool {
    words.split(", ").any(|word| word == row.used.word())
}

fn sdks(
    record: &Record,
    id: &str,
    holds: bool,
    condition: impl Fn(&Row) -> bool,
) -> Vec<&'static Sdk> {
    let found = record.rows(id).filter(|(_, row)| condition(row) == holds);
    found.map(|(sdk, _)| sdk).collect()
}

/// "A, B and C".
fn list(sdks: &[&'static Sdk]) -> String {
    let mut text = String::new();
    for (index, sdk) in sdks.iter().enumerate() {
        let separator = match index {
            0 => "",
            _ if index + 1 == sdks.len() => " and ",
            _ => ", ",
        };
        text.push_str(separator);
        text.push_str(sdk.name);
    }
    text
}

fn versions(record: &Record) -> String {
    let mut text = String::from(
        "| SDK | column | version | measured | what was run |\n|---|---|---|---|---|\n",
    );
    for measured in &record.sdks {
        let Sdk { name, column, note, .. } = measured.sdk;
        let _ = writeln!(
            text,
            "| {name} | {column} | {} | {} | {note} |",
            measured.version, measured.day
        );
    }
    text.trim_end().to_owned()
}

/// The month of the measurement, or the first and the last one.
fn days(record: &Record) -> String {
    let month = |measured: &Measured| measured.day.get(..7).unwrap_or_default().to_owned();
    let mut months: Vec<String> = record.sdks.iter().map(month).collect();
    months.sort();
    months.dedup();
    match &*months {
        [first, .., last] => format!("{first} to {last}"),
        _ => months.concat(),
    }
}

fn missing(record: &Record) -> String {
    let measured = |sdk: &Sdk| record.sdks.iter().any(|measured| measured.sdk.id == sdk.id);
    let missing: Vec<&'static Sdk> = SDKS.iter().filter(|sdk| !measured(sdk)).collect();
    if missing.is_empty() {
        String::new()
    } else {
        format!("* Not measured yet: {}.\n", list(&missing))
    }
}

/// The result of each SDK, grouped by the result, with the largest group at the end.
fn outcomes(record: &Record, environment: &Environment, of: impl Fn(&Row) -> String) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (sdk, row) in record.rows(&environment.id) {
        let outcome = of(row);
        match groups.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, sdks)) => sdks.push(sdk.column),
            None => groups.push((outcome, vec![sdk.column])),
        }
    }
    groups.sort_by_key(|(_, sdks)| sdks.len());
    let count = groups.len();
    let described = groups.iter().enumerate().map(|(index, (outcome, sdks))| {
        if count == 1 {
            format!("{outcome}: all")
        } else if index + 1 == count && sdks.len() > 3 {
            format!("{outcome}: the others")
        } else {
            format!("{outcome}: {}", sdks.join(", "))
        }
    });
    described.collect::<Vec<_>>().join("<br>")
}

/// The target of links to a row.
fn anchor(environment: &Environment) -> String {
    format!("<a id=\"{}\"></a>", environment.id.replace('/', "-"))
}

fn table(
    record: &Record,
    topic: &str,
    anchor: impl Fn(&Environment) -> String,
    of: impl Fn(&Row) -> String,
) -> Result<String> {
    let environments: Vec<&Environment> =
        record.environments.iter().filter(|environment| environment.topic() == topic).collect();
    ensure!(!environments.is_empty(), "there is no topic {topic}");
    let mut text = String::from("| row | container | what SDKs do |\n|---|---|---|");
    for environment in environments {
        let (anchor, name, title) = (anchor(environment), environment.name(), &environment.title);
        let outcomes = outcomes(record, environment, &of);
        let _ = write!(text, "\n| {anchor}`{name}` | {title} | {outcomes} |");
    }
    Ok(text)
}

fn cell(row: &Row) -> &'static str {
    match row.used {
        Used::None if row.error.is_none() => "none",
        Used::Node => "**node**",
        used => used.word(),
    }
}

fn hosts(row: &Row) -> String {
    if row.token_sent_to.is_empty() {
        return "nowhere".to_owned();
    }
    let hosts: Vec<String> = row.token_sent_to.iter().map(|host| format!("`{host}`")).collect();
    hosts.join(", ")
}
