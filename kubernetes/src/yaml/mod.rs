//! YAML as JSON values, in two versions: `kubectl` and `kwctl` read scalars differently.
//!
//! A document of a manifest goes through these readers, until one of them has a value or an error:
//!
//! 1. `json`, if the text starts as JSON: some escapes of its strings are not valid in YAML, and users of JSON expect its
//!    terms in errors.
//! 2. `json_comment`, if that failed: a YAML parser reads a comment in JSON as a part of the next key.
//! 3. `too_deep`: the time of the YAML parser grows with the square of the number of nested brackets.
//! 4. `plain`, which reads YAML without anchors, aliases and tags, and most manifests are that. It takes less than
//!    half of the time of the next reader.
//! 5. `deserialized`, which is serde-saphyr and supports all of YAML.
//!
//! [`located`](crate::located) reads a document again with the last two, if the position of a finding in it is needed.
//! Settings are few and short, so [`settings`] needs only 1 and 5.

mod errors;
mod json;
pub(crate) mod plain;

use serde_json::Value;
use serde_saphyr::{Options, budget, options};

pub use errors::YamlError;
use errors::{TOO_DEEP, duplicate_json_key, json_comment, located_json, position_at};

/// Reads one document of a manifest, null where it is empty. Scalars have the types that `kubectl` gives them, which reads
/// YAML 1.1: `yes` and `on` are true, and `0644` is octal.
pub fn manifest(text: &str) -> Result<Value, YamlError> {
    let json = match json_object(text) {
        Some(Ok(value)) => return Ok(value),
        Some(Err(error)) if error.is_data() => return Err(duplicate_json_key(text, &error)),
        Some(Err(error)) => Some(error),
        None => None,
    };
    if let Some(error) = json.as_ref().and_then(|error| json_comment(text, error)) {
        return Err(error);
    }
    if let Some(error) = too_deep(text) {
        return Err(error);
    }
    match plain::read(text) {
        Some(value) => Ok(value),
        None => deserialized(text).map_err(|error| match json {
            Some(json) if starts_with_json_key(text) => located_json(text, &json),
            _ => located_in(text, &error),
        }),
    }
}

/// Reads a document of a manifest with serde-saphyr, which supports all of YAML.
pub(crate) fn deserialized<T: serde::de::DeserializeOwned>(
    text: &str,
) -> Result<T, serde_saphyr::Error> {
    // What grows with the length of the text is limited by it. The limits of aliases and depth stay.
    let budget = budget! {
        max_events: usize::MAX,
        max_nodes: usize::MAX,
        max_total_scalar_bytes: usize::MAX,
    };
    let options = options! { legacy_octal_numbers: true, with_snippet: false, budget: budget };
    serde_saphyr::from_str_with_options(text, options)
}

/// Reads one document, such as a settings file. Scalars have the types that `kwctl` gives them, which reads YAML 1.2: `yes` is
/// a string, and so is a number that starts with a zero, such as an account number.
pub fn settings(text: &str) -> Result<Value, YamlError> {
    if let Some(Ok(value)) = json_object(text) {
        return Ok(value);
    }
    serde_saphyr::from_str_with_options(text, strict())
        .map_err(|error| YamlError::of_parser(&error))
}

/// Reads a text as JSON, if it starts as JSON.
fn json_object(text: &str) -> Option<serde_json::Result<Value>> {
    let start = text.trim_start();
    let is_candidate = ["{", "//", "/*"].iter().any(|first| start.starts_with(first));
    is_candidate.then(|| json::read(text))
}

/// Whether the text is an object of JSON for certain, and not a mapping of YAML in braces.
fn starts_with_json_key(text: &str) -> bool {
    text.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'))
}

/// The error about more nested brackets than any manifest has.
fn too_deep(text: &str) -> Option<YamlError> {
    const MAX_DEPTH: usize = 1_000;
    let opening = text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opening <= MAX_DEPTH {
        return None;
    }
    let mut depth = 0_usize;
    let at = text.bytes().position(|byte| {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })?;
    Some(YamlError::at(TOO_DEEP.to_owned(), position_at(text, at)))
}

/// The error of a document of a manifest. It has one document, unless a separator is not recognized.
fn located_in(text: &str, error: &serde_saphyr::Error) -> YamlError {
    let mut lines = text.lines().zip(1..).skip(1);
    match lines.find(|(line, _)| line.starts_with("--- ")) {
        Some((_, line)) => {
            let problem = "text after the separator --- on the same line; put it on the next line";
            YamlError::at(problem.to_owned(), (line, 5))
        }
        None => YamlError::of_parser(error),
    }
}

/// Reads one document into a type; scalars as in [`settings`].
pub fn typed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    serde_saphyr::from_str_with_options(text, strict())
        .map_err(|error| YamlError::of_parser(&error))
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_manifest_in_json_is_read() {
        let document =
            manifest("\n{\"a\": {\n\t\"b\": [1, true, null, \"\\ud83d\\ude00\"]}}").unwrap();
        assert_eq!(document, json!({"a": {"b": [1, true, null, "😀"]}}));
    }

    #[test]
    fn scalars_of_manifests_are_read_as_kubectl_reads_them() {
        let document = manifest("mode: 0644\nflag: yes\nbig: 9007199254740993\nquoted: \"yes\"\n");
        assert_eq!(
            document.unwrap(),
            json!({"mode": 420, "flag": true, "big": 9_007_199_254_740_993_u64, "quoted": "yes"})
        );
    }

    #[test]
    fn scalars_of_settings_are_read_as_kwctl_reads_them() {
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
    fn an_error_in_json_is_described_in_terms_of_json() {
        const COMMENT: &str =
            "JSON has no comments; remove them, or write YAML, whose comments start with #";
        for (text, problem, position) in [
            ("{ // a\n\"b\": 1}", COMMENT, (1, 3)),
            ("{\"a\": 1, /* b */\n\"c\": 1}", COMMENT, (1, 10)),
            ("// a\n{\"b\": 1}", COMMENT, (1, 1)),
            ("{\"ä\": // b\n1}", COMMENT, (1, 7)),
            ("{\"a\": 1\n\"b\": 2}", "not valid JSON: expected `,` or `}`", (2, 1)),
            ("{\"a\": [1, 2", "not valid JSON: EOF while parsing a list", (1, 11)),
        ] {
            let error = manifest(text).unwrap_err();
            assert_eq!(
                (error.problem.as_str(), error.position),
                (problem, Some(position)),
                "{text}"
            );
        }
        // Mappings of YAML in braces.
        assert_eq!(manifest("{a: 1, b: //c}").unwrap(), json!({"a": 1, "b": "//c"}));
        assert_eq!(manifest("{\"a\": 1,}").unwrap(), json!({"a": 1}));
        assert_ne!(manifest("{a: [1").unwrap_err().problem, "not valid JSON: key must be a string");
    }

    #[test]
    fn endless_nesting_is_an_error() {
        for text in ["{\"a\":", "{a: ", "[", "- [", "a: {b: ["] {
            let error = manifest(&text.repeat(100_000)).unwrap_err();
            assert_eq!(error.problem, "lists and mappings are nested too deeply", "{text}");
        }
    }

    #[test]
    fn text_after_a_separator_is_an_error_with_its_position() {
        let error = manifest("a: 1\n--- {b: 2}\n").unwrap_err();
        assert_eq!(
            error.problem,
            "text after the separator --- on the same line; put it on the next line"
        );
        assert_eq!(error.position, Some((2, 5)));
        assert_eq!(manifest("--- {b: 2}\n").unwrap(), json!({"b": 2}));
    }

    #[test]
    fn a_duplicate_key_is_named_with_its_line() {
        let error = manifest("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(error.problem, "duplicate mapping key: a; remove one of the two");
        assert_eq!(error.position, Some((3, 1)));
    }

    #[test]
    fn a_duplicate_key_of_json_is_named_with_its_position() {
        for (text, problem, position) in [
            ("{\"a\": 1, \"b\": 2, \"a\": 3}", "a", (1, 18)),
            ("{\n  \"ä\": {\"b\": {}, \"b\" : 1}\n}", "b", (2, 18)),
            ("{\"a\": [{\"ö\": 1,\n\"\\u00f6\"\n: 1}]}", "ö", (2, 1)),
        ] {
            let error = manifest(text).unwrap_err();
            let expected = format!("duplicate mapping key: {problem}; remove one of the two");
            assert_eq!((error.problem, error.position), (expected, Some(position)), "{text}");
        }
        assert!(settings("{\"a\": 1, \"a\": 2}").is_err());
        assert!(manifest("{\"a\": {\"b\": 1}, \"c\": [{\"b\": 1}, {\"b\": 1}]}").is_ok());
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
