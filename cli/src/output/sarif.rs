//! SARIF 2.1.0 ("Static Analysis Results Interchange Format (SARIF) Version 2.1.0", OASIS Standard), for code scanning.

use std::collections::BTreeMap;
use std::hash::Hasher as _;
use std::io::{self, Write};
use std::sync::LazyLock;

use aws_pod_identity_core::escaped;
use fnv::FnvHasher;
use serde_json::{Value, json};

use super::{Renderer, documentation, printable_json};
use crate::report::{
    Entry, Finding, Header, Position, Severity, Source, Summary, UNREADABLE, Unreadable,
    UnreadableSource,
};

/// Collects results, because their rules are before them in the file.
pub(super) struct Sarif {
    out: Box<dyn Write>,
    version: &'static str,
    results: Vec<Value>,
    /// The rules of the results, with their index.
    rules: BTreeMap<String, Severity>,
}

impl Sarif {
    pub(super) fn new(out: Box<dyn Write>, header: &Header) -> Self {
        Self { out, version: header.tool.version, results: Vec::new(), rules: BTreeMap::new() }
    }

    fn rules(&self) -> Vec<Value> {
        let rules = self.rules.iter().map(|(id, severity)| {
            let documented = documentation::of(id);
            let summary =
                documented.map_or_else(|| id.replace('-', " "), |text| text.summary.to_owned());
            // The links are relative to the documentation, which the viewer does not have.
            let help = documented.map_or_else(
                || summary.clone(),
                |text| documentation::without_relative_links(text.section),
            );
            let help_uri = documented.map(|_| documentation::address(id));
            let mut rule = json!({
                "id": id,
                "name": id,
                "shortDescription": {"text": summary},
                "help": {"text": help, "markdown": help},
                "defaultConfiguration": {"level": level(*severity)},
            });
            if let (Some(rule), Some(address)) = (rule.as_object_mut(), help_uri) {
                rule.insert("helpUri".to_owned(), address.into());
            }
            rule
        });
        rules.collect()
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Reject => "error",
        Severity::Warn => "warning",
    }
}

/// The location of a result. Code scanning compares files with those of the repository, so absolute paths become relative.
static DIRECTORY: LazyLock<String> = LazyLock::new(|| {
    let directory = std::env::current_dir().unwrap_or_default();
    format!("{}/", directory.display()).replace('\\', "/")
});

fn location(position: Option<&Position>, file: &str, line: usize) -> Value {
    let region = match position {
        None => json!({"startLine": line}),
        Some(Position { line, column, length, text, .. }) => {
            let end = column + length;
            // A long line has no text.
            if text.is_empty() {
                json!({"startLine": line, "startColumn": column, "endColumn": end})
            } else {
                json!({"startLine": line, "startColumn": column, "endColumn": end, "snippet": {"text": text}})
            }
        }
    };
    let file = position.map_or(file, |position| position.file.as_str());
    json!({"physicalLocation": {"artifactLocation": {"uri": uri(file, &DIRECTORY)}, "region": region}})
}

/// A reference (RFC 3986): relative to the directory, or absolute if the file is not in it.
fn uri(file: &str, directory: &str) -> String {
    let file = file.replace('\\', "/");
    let relative = file.strip_prefix(directory).unwrap_or(&file);
    let mut relative = relative.trim_start_matches("./").to_owned();
    let is_drive =
        matches!(relative.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
    if is_drive {
        relative.insert(0, '/');
    }
    let mut uri = if relative.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in relative.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format_args!("%{byte:02X}").to_string()),
        }
    }
    uri
}

/// A value that stays the same if lines move: it depends on the object, the finding and the location in the object.
fn fingerprint(entry: &Entry, finding: &Finding) -> String {
    let location = finding.location.as_ref().map_or("", |location| location.path.as_str());
    let text = format!("{}\n{}\n{location}\n{}", entry.title(), finding.id, finding.message);
    // Unlike the hash of the standard library, it is the same on every machine and in every version.
    let mut hasher = FnvHasher::default();
    hasher.write(text.as_bytes());
    format!("{:016x}", hasher.finish())
}

impl Renderer for Sarif {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        for finding in &entry.findings {
            let severity = self.rules.entry(finding.id.clone()).or_insert(finding.severity);
            *severity = (*severity).max(finding.severity);
            let logical = json!({"fullyQualifiedName": escaped(&entry.title()), "kind": "object"});
            let position = finding.position();
            let mut at = match &entry.source {
                Source::File { file, line, .. } => location(position, file, *line),
                Source::Cluster { .. } => json!({}),
            };
            if let Some(at) = at.as_object_mut() {
                at.insert("logicalLocations".to_owned(), json!([logical]));
            }
            self.results.push(json!({
                "ruleId": finding.id,
                "level": level(finding.severity),
                "message": {"text": escaped(&finding.line())},
                "partialFingerprints": {"awsPodIdentity/v1": fingerprint(entry, finding)},
                "locations": [at],
            }));
        }
        Ok(())
    }

    fn error(&mut self, error: &Unreadable) -> io::Result<()> {
        self.rules.insert(UNREADABLE.to_owned(), Severity::Reject);
        let locations = match &error.source {
            UnreadableSource::File { file, .. } => {
                json!([location(error.position.as_ref(), file, 1)])
            }
            UnreadableSource::Cluster { .. } => json!([]),
        };
        self.results.push(json!({
            "ruleId": UNREADABLE,
            "level": "error",
            "message": {"text": escaped(&error.message)},
            "locations": locations,
        }));
        Ok(())
    }

    fn end(&mut self, _: &Summary) -> io::Result<()> {
        let rules = self.rules();
        for result in &mut self.results {
            let rule = result.get("ruleId").and_then(Value::as_str);
            let index = self.rules.keys().position(|id| Some(id.as_str()) == rule);
            if let Some(result) = result.as_object_mut() {
                result.insert("ruleIndex".to_owned(), index.into());
            }
        }
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "aws-pod-identity",
                    "version": self.version,
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": rules,
                }},
                "columnKind": "unicodeCodePoints",
                "results": self.results,
            }],
        });
        writeln!(self.out, "{}", printable_json(serde_json::to_string_pretty(&log)?))?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn files_are_relative_to_the_directory() {
        for (file, uri) in [
            ("./a/b c.yaml", "a/b%20c.yaml"),
            ("/repository/a.yaml", "a.yaml"),
            ("/other/a.yaml", "file:///other/a.yaml"),
            ("C:\\other\\a.yaml", "file:///C%3A/other/a.yaml"),
            ("größe.yaml", "gr%C3%B6%C3%9Fe.yaml"),
            ("standard input", "standard%20input"),
        ] {
            assert_eq!(super::uri(file, "/repository/"), uri);
        }
    }
}
