//! YAML as JSON values, in two versions: `kubectl` and `kwctl` read scalars differently.

pub(crate) mod plain;

use serde_json::Value;
use serde_saphyr::{Options, budget, options};

/// Why a text is not YAML, with the line and column of the place.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// What is wrong, with the place in words.
    message: String,
    /// What is wrong, without the place.
    pub problem: String,
    /// Line and column, counted from 1, if the parser knows them.
    pub position: Option<(usize, usize)>,
}

/// Reads one document of a manifest, null where it is empty. Scalars mean what they mean to `kubectl`, which
/// reads YAML 1.1: `yes` and `on` are true, and `0644` is octal.
pub fn manifest(text: &str) -> Result<Value, YamlError> {
    if let Some(value) = json_object(text) {
        return Ok(value);
    }
    match plain::read(text) {
        Some(value) => Ok(value),
        None => deserialized(text).map_err(|error| located(&error)),
    }
}

/// Reads a document of a manifest with the deserializer, which knows all of YAML.
pub(crate) fn deserialized<T: serde::de::DeserializeOwned>(
    text: &str,
) -> Result<T, serde_saphyr::Error> {
    // What grows with the length of the text is limited by it. The limits of aliases and depth stay.
    let budget = budget! {
        max_events: usize::MAX,
        max_nodes: usize::MAX,
        max_total_scalar_bytes: usize::MAX,
        max_total_comment_bytes: usize::MAX,
    };
    let options = options! { legacy_octal_numbers: true, with_snippet: false, budget: budget };
    serde_saphyr::from_str_with_options(text, options)
}

/// Reads one document, such as a settings file. Scalars mean what they mean to `kwctl`, which reads YAML 1.2:
/// `yes` is a text, and so is a number that starts with a zero, such as an account number.
pub fn settings(text: &str) -> Result<Value, YamlError> {
    if let Some(value) = json_object(text) {
        return Ok(value);
    }
    serde_saphyr::from_str_with_options(text, strict()).map_err(|error| located(&error))
}

/// JSON is read as JSON, because some escapes of its strings are not valid in YAML.
fn json_object(text: &str) -> Option<Value> {
    let is_candidate = text.trim_start().starts_with('{');
    is_candidate.then(|| serde_json::from_str(text).ok()).flatten()
}

/// Reads one document into a type of its own; scalars as in [`settings`].
pub fn typed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    serde_saphyr::from_str_with_options(text, strict()).map_err(|error| located(&error))
}

/// Writes a value as block-style YAML that ends with a line end, keys in the order of the value.
pub fn write(value: &Value) -> String {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    serde_saphyr::to_string_with_options(value, options)
        .unwrap_or_else(|error| format!("# cannot be shown as YAML: {error}\n"))
}

fn strict() -> Options {
    options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// The parser's messages end with the place; its longer form would show the lines around it too, which may
/// hold values that are better not repeated.
fn located(error: &serde_saphyr::Error) -> YamlError {
    // A hint for programmers, who can accept duplicates by an option of the parser.
    let message = error
        .without_snippet()
        .to_string()
        .replace(", set DuplicateKeyPolicy in Options if acceptable", "; remove one of the two");
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let position = error.location().map(|at| (number(at.line()), number(at.column())));
    let problem = message.rsplit_once(" at line ").map_or(message.as_str(), |(problem, _)| problem);
    let problem = problem.trim_end_matches([':', ',']).to_owned();
    YamlError { message, problem, position }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_read_as_well() {
        let document =
            manifest("\n{\"a\": {\n\t\"b\": [1, true, null, \"\\ud83d\\ude00\"]}}").unwrap();
        assert_eq!(document, json!({"a": {"b": [1, true, null, "😀"]}}));
    }

    #[test]
    fn manifests_mean_what_they_mean_to_kubectl() {
        let document = manifest("mode: 0644\nflag: yes\nbig: 9007199254740993\nquoted: \"yes\"\n");
        assert_eq!(
            document.unwrap(),
            json!({"mode": 420, "flag": true, "big": 9_007_199_254_740_993_u64, "quoted": "yes"})
        );
    }

    #[test]
    fn settings_mean_what_they_mean_to_kwctl() {
        assert_eq!(
            settings("account: 012345678901\nflag: yes\nother: 123456789012\n").unwrap(),
            json!({"account": "012345678901", "flag": "yes", "other": 123_456_789_012_u64})
        );
    }

    #[test]
    fn anchors_and_merge_keys_are_resolved() {
        let document = manifest("base: &b {x: 1}\nuse: {<<: *b, z: 2}\n").unwrap();
        assert_eq!(document["use"], json!({"x": 1, "z": 2}));
    }

    #[test]
    fn an_error_names_its_line() {
        let error = manifest("a: 1\nb: [1,\nc: 2\n").unwrap_err();
        assert!(error.to_string().contains("at line 2"), "{error}");
    }

    #[test]
    fn a_duplicate_key_is_named_with_its_line() {
        let error = manifest("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(error.problem, "duplicate mapping key: a; remove one of the two");
        assert_eq!(error.position, Some((3, 1)));
    }

    #[test]
    fn a_value_is_written_in_its_own_order_with_one_line_per_scalar() {
        let long = "x ".repeat(80) + "x";
        let value = json!({"z": 1, "a": [{"name": "n", "value": long}], "t": "true", "e": {}});
        let text = write(&value);
        assert!(text.starts_with("z: 1\na:\n"), "{text}");
        assert_eq!(text.lines().count(), 6, "{text}");
        assert_eq!(manifest(&text).unwrap(), value);
    }
}
