//! `docs/sdk-credentials.md`, from its template and the record.
//!
//! The template is Markdown. What it says about SDKs is a directive in double braces, so that no sentence can
//! claim what the record does not have:
//!
//! * `versions`: the SDKs that were measured;
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
use crate::{Record, Row, SDKS, Sdk, Used};

/// Every directive in the template, carried out.
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

/// The id of a container, and what follows.
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
    let mut text = String::from("| SDK | column | version | what was run |\n|---|---|---|---|\n");
    for measured in &record.sdks {
        let Sdk { name, column, note, .. } = measured.sdk;
        let _ = writeln!(text, "| {name} | {column} | {} | {note} |", measured.version);
    }
    text.trim_end().to_owned()
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

/// What links to a row lead to.
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
    let mut text = String::from("| row | container |");
    for measured in &record.sdks {
        let _ = write!(text, " {} |", measured.sdk.column);
    }
    let _ = write!(text, "\n|---|---|{}", "---|".repeat(record.sdks.len()));
    for environment in environments {
        let (anchor, name) = (anchor(environment), environment.name());
        let _ = write!(text, "\n| {anchor}`{name}` | {} |", environment.title);
        for measured in &record.sdks {
            let row = record.row(measured.sdk.id, &environment.id);
            let _ = write!(text, " {} |", row.map_or_else(|| "–".to_owned(), &of));
        }
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
        return "–".to_owned();
    }
    let hosts: Vec<String> = row.token_sent_to.iter().map(|host| format!("`{host}`")).collect();
    hosts.join(", ")
}
