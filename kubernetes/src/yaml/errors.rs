//! Errors of the parsers, in the terms of users.

use std::borrow::Cow;
use std::fmt;

use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::localizer::Localizer;
use serde_saphyr::{DefaultMessageFormatter, Error, Location, MessageFormatter};

use super::json;

/// The message about more nested lists and mappings than the parsers support.
pub(super) const TOO_DEEP: &str = "lists and mappings are nested too deeply";

/// Why a text is not YAML.
#[derive(Debug)]
pub struct YamlError {
    /// What is wrong.
    pub problem: String,
    /// Line and column, counted from 1, if the parser knows them.
    pub position: Option<(usize, usize)>,
}

impl std::error::Error for YamlError {}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        match self.position {
            Some((line, column)) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}

impl YamlError {
    /// An error at a line and column.
    pub(super) fn at(problem: String, position: (usize, usize)) -> Self {
        Self { problem, position: Some(position) }
    }

    /// An error of the YAML parser. Its message does not have the lines around it, which may contain secrets.
    pub(super) fn of_parser(error: &Error) -> Self {
        let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let position = error.location().map(|at| (number(at.line()), number(at.column())));
        Self { problem: error.without_snippet().render_with_formatter(&Problems), position }
    }
}

/// Formats errors of the YAML parser without their positions, and without hints for programmers, who can use other functions and
/// options of the parser.
struct Problems;

impl MessageFormatter for Problems {
    fn localizer(&self) -> &dyn Localizer {
        &WithoutPositions
    }

    fn format_message<'a>(&self, error: &'a Error) -> Cow<'a, str> {
        match error {
            Error::DuplicateMappingKey { key: Some(key), .. } => {
                format!("{}{key}; remove one of the two", json::DUPLICATE).into()
            }
            Error::MultipleDocuments { .. } => {
                "a second document starts without the separator ---".into()
            }
            Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => TOO_DEEP.into(),
            Error::Budget { breach, .. } if is_about_size(breach) => {
                "the document is larger than the limit".into()
            }
            Error::Budget { .. }
            | Error::AliasReplayCounterOverflow { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. }
            | Error::AliasReplayStackDepthExceeded { .. } => {
                "the aliases expand to more than the limit".into()
            }
            other => DefaultMessageFormatter.format_message(other),
        }
    }
}

/// Whether the text itself is larger than the limits of the parser. The others limit anchors and aliases.
fn is_about_size(breach: &BudgetBreach) -> bool {
    use BudgetBreach::{Documents, Events, Nodes, ScalarBytes};
    matches!(breach, Documents { .. } | Events { .. } | Nodes { .. } | ScalarBytes { .. })
}

struct WithoutPositions;

impl Localizer for WithoutPositions {
    fn attach_location<'a>(&self, base: Cow<'a, str>, _: Location) -> Cow<'a, str> {
        base
    }

    fn alias_used_at(&self, _: Location) -> String {
        String::new()
    }

    fn alias_defined_at(&self, _: Location) -> String {
        String::new()
    }
}

/// The error about a comment, if that is what is not JSON.
pub(super) fn json_comment(text: &str, error: &serde_json::Error) -> Option<YamlError> {
    let (line, column) = json_position(text, error);
    let line = text.lines().nth(line - 1)?;
    let rest: String = line.chars().skip(column - 1).take(2).collect();
    let is_comment = rest == "//" || rest == "/*";
    is_comment.then(|| {
        let problem =
            "JSON has no comments; remove them, or write YAML, whose comments start with #";
        YamlError::at(problem.to_owned(), json_position(text, error))
    })
}

pub(super) fn located_json(text: &str, error: &serde_json::Error) -> YamlError {
    let message = error.to_string();
    YamlError::at(
        format!("not valid JSON: {}", without_position(&message)),
        json_position(text, error),
    )
}

/// The error about a key that an object has twice, at the second one.
pub(super) fn duplicate_json_key(text: &str, error: &serde_json::Error) -> YamlError {
    let message = error.to_string();
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let at = lines.map(str::len).sum::<usize>() + error.column();
    // The parser has read the key, and perhaps the whitespace and the colon after it.
    let read = text.get(..at.min(text.len())).unwrap_or(text);
    let key = read.trim_end_matches(|one: char| one == ':' || one.is_ascii_whitespace());
    let start = key.strip_suffix('"').and_then(|key| key.rfind('"')).unwrap_or_default();
    let problem = format!("{}; remove one of the two", without_position(&message));
    YamlError::at(problem, position_at(text, start))
}

/// Line and column of a byte of the text, counted from 1, in characters.
pub(super) fn position_at(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(problem, _)| problem)
}

/// Line and column of an error in JSON, counted from 1, in characters. The parser counts bytes.
fn json_position(text: &str, error: &serde_json::Error) -> (usize, usize) {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before = line.get(..error.column().saturating_sub(1)).unwrap_or(line);
    (error.line().max(1), before.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::super::{manifest, settings};

    #[test]
    fn errors_of_the_parser_have_no_hints_for_programmers() {
        let mut lines = vec!["a0: &a0 [x]".to_owned()];
        for number in 1..12 {
            let items = vec![format!("*a{}", number - 1); 9].join(", ");
            lines.push(format!("a{number}: &a{number} [{items}]"));
        }
        let growing = lines.join("\n");
        let nested = "[".repeat(100) + &"]".repeat(100);
        for (text, problem, position) in [
            ("a: 1\nb: 2\na: 3\n", "duplicate mapping key: a; remove one of the two", (3, 1)),
            ("a: 1\n...\nb: 2\n", "a second document starts without the separator ---", (3, 1)),
            (&growing, "the aliases expand to more than the limit", (7, 30)),
            (&nested, "lists and mappings are nested too deeply", (1, 65)),
            ("a: *b\n", "alias references unknown anchor", (1, 4)),
        ] {
            let error = manifest(text).unwrap_err();
            assert_eq!((&*error.problem, error.position), (problem, Some(position)), "{text}");
            let (line, column) = position;
            assert_eq!(error.to_string(), format!("{problem} at line {line} column {column}"));
        }
    }

    #[test]
    fn settings_that_are_too_large_are_an_error_about_their_size() {
        let error = settings(&format!("a: [{}]", "b, ".repeat(500_000))).unwrap_err();
        assert_eq!(error.problem, "the document is larger than the limit");
    }
}
