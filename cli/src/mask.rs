//! Values that may be secrets are not shown.

use std::ops::Range;

use aws_pod_identity_core::is_public_variable;
use serde_json::Value;

/// What is shown instead.
const MASK: &str = "(not shown)";

/// Parts of the names of variables and options whose values may be secrets.
const SUSPICIOUS: [&str; 10] = [
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "TOKEN",
    "KEY",
    "CREDENTIAL",
    "AUTH",
    "PASSPHRASE",
    "DSN",
    "DATABASE_URL",
];

/// Keys whose values are names and paths.
const NAMES: [&str; 7] =
    ["name", "namespace", "kind", "apiVersion", "serviceAccountName", "mountPath", "image"];

/// Masks what may be secrets in an object: values of variables, tokens, passwords in URLs, and what options of commands such
/// as `--password` are followed by.
pub(crate) fn object(object: &mut Value) {
    match object {
        Value::Object(members) => {
            for (key, value) in members.iter_mut() {
                match (key.as_str(), &mut *value) {
                    ("env", Value::Array(variables)) => variables.iter_mut().for_each(variable),
                    ("command" | "args", Value::Array(words)) => command(words),
                    // It has the whole object.
                    ("kubectl.kubernetes.io/last-applied-configuration", Value::String(text)) => {
                        MASK.clone_into(text);
                    }
                    _ => self::object(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(self::object),
        Value::String(text) if has_secret(text) => MASK.clone_into(text),
        _ => {}
    }
}

fn variable(variable: &mut Value) {
    let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
    // Of other variables, it is not known: a URL can have a password, whatever the name of the variable is.
    let is_public = is_public_variable(name);
    if let Some(Value::String(value)) = variable.get_mut("value")
        && (!is_public || has_secret(value))
    {
        MASK.clone_into(value);
    }
}

/// Masks the words that name something suspicious, and those after options that do.
fn command(words: &mut [Value]) {
    let mut after_option = false;
    for word in words {
        let Value::String(text) = word else { continue };
        let suspicious = is_suspicious(text);
        let is_option = text.starts_with('-') && !text.contains(['=', ' ']);
        if after_option || has_secret(text) || (suspicious && !is_option) {
            MASK.clone_into(text);
        }
        after_option = suspicious && is_option;
    }
}

fn is_suspicious(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    SUSPICIOUS.iter().any(|part| upper.contains(part))
}

/// Whether a text has a token (JSON Web Token), or user and password in a URL.
fn has_secret(text: &str) -> bool {
    let with_password = |(_, rest): (&str, &str)| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.contains('@')
    };
    text.contains("eyJ") || text.split_once("://").is_some_and(with_password)
}

/// A line of a manifest with `*` for values, except for the part at `shown` (characters), and for names and ARNs. Keys and
/// the characters of YAML between values are kept.
pub(crate) fn line(text: &str, shown: Range<usize>) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let (mut at, mut depth, mut key) = (0, 0_usize, String::new());
    while let Some(&character) = characters.get(at) {
        let next = characters.get(at + 1).copied();
        let before = at.checked_sub(1).and_then(|at| characters.get(at));
        let is_item = character == '-' && next.is_none_or(char::is_whitespace) && key.is_empty();
        match character {
            '{' | '[' => {
                depth += 1;
                key.clear();
            }
            '}' | ']' => depth = depth.saturating_sub(1),
            ',' if depth > 0 => key.clear(),
            ',' if matches!(before, Some('"' | '}' | ']')) => {}
            _ if character.is_whitespace() || is_item => {}
            _ => {
                let scalar = Scalar::at(&characters, at, depth > 0, key.is_empty());
                let range = at..scalar.end;
                let text: String =
                    characters.get(range.clone()).unwrap_or_default().iter().collect();
                let is_shown = scalar.is_key || is_harmless(&key, &text);
                for (at, character) in range.clone().zip(text.chars()) {
                    let keep = is_shown || (shown.contains(&at) && !text.contains("eyJ"));
                    masked.push(if keep { character } else { '*' });
                }
                at = range.end;
                if scalar.is_key {
                    text.trim_matches(['"', '\'']).clone_into(&mut key);
                    masked.push(':');
                    at += 1;
                }
                continue;
            }
        }
        masked.push(character);
        at += 1;
    }
    masked
}

/// Whether a value cannot be a secret.
fn is_harmless(key: &str, value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let is_part_of_arn = |byte: u8| byte.is_ascii_alphanumeric() || b":/_+=,.@-".contains(&byte);
    NAMES.contains(&key)
        || matches!(value, "true" | "false" | "null" | "~")
        || (value.starts_with("arn:aws") && value.bytes().all(is_part_of_arn))
}

/// A key or a value in a line.
struct Scalar {
    /// The character after it.
    end: usize,
    /// Whether a colon follows.
    is_key: bool,
}

impl Scalar {
    /// What follows a key is a value.
    fn at(line: &[char], start: usize, in_flow: bool, may_be_key: bool) -> Self {
        let first = line.get(start).copied().unwrap_or_default();
        if first == '#' {
            return Self { end: line.len(), is_key: false };
        }
        let quote = Some(first).filter(|first| matches!(first, '"' | '\''));
        let mut at = start + usize::from(quote.is_some());
        let is_space = |at: usize| line.get(at).is_none_or(|one| one.is_whitespace());
        while let Some(&character) = line.get(at) {
            match quote {
                Some('"') if character == '\\' => at += 1,
                Some(quote) if character == quote => {
                    at += 1;
                    break;
                }
                None if may_be_key && character == ':' && is_space(at + 1) => break,
                None if in_flow && matches!(character, ',' | '{' | '}' | '[' | ']') => break,
                None if character == '#' && at > start && is_space(at - 1) => break,
                _ => {}
            }
            at += 1;
        }
        let end = at.min(line.len());
        // Whitespace at the end of a plain value is not masked.
        let value = line.get(start..end).unwrap_or_default();
        let trailing = value.iter().rev().take_while(|one| one.is_whitespace()).count();
        let end = end - trailing.min(value.len().saturating_sub(1));
        // A colon that is no end of a key.
        let end = end.max(start + 1);
        let colon = line.get(end) == Some(&':');
        Self { end, is_key: may_be_key && colon && (quote.is_some() || is_space(end + 1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_names_and_what_is_underlined_are_shown() {
        for (text, part, expected) in [
            ("  role-arn: ard:x:y # z", "ard:x:y", "  role-arn: ard:x:y ***"),
            ("a: eyJhbGciOi.eyJ", "eyJhbGciOi.eyJ", "a: **************"),
            (
                "- {name: AWS_SECRET_ACCESS_KEY, value: a,b}",
                "AWS_SECRET_ACCESS_KEY",
                "- {name: AWS_SECRET_ACCESS_KEY, value: *,*}",
            ),
            (
                "env: [{name: A, value: \"x, y\"}, {name: B, value: 'it''s'}] # c",
                "A",
                "env: [{name: A, value: ******}, {name: B, value: *******}] ***",
            ),
            ("  password: hunter2, x: y", "password", "  password: *************"),
            ("  hunter2", "zzz", "  *******"),
            ("  \"key\": \"a\\\"b\",", "key", "  \"key\": ******,"),
            ("  value: \"not closed", "value", "  value: ***********"),
            ("  ok: true", "ok", "  ok: true"),
            (
                "  eks.amazonaws.com/rolearn: arn:aws:iam::1:role/x",
                "eks",
                "  eks.amazonaws.com/rolearn: arn:aws:iam::1:role/x",
            ),
            ("  url: https://user:pass@host/x", "url", "  url: ************************"),
            ("  - secret word", "zzz", "  - ***********"),
            ("  - name: a - b: c", "zzz", "  - name: a - b: c"),
            ("ä: ö ü", "ä", "ä: ***"),
            ("-----BEGIN KEY-----", "zzz", "*******************"),
            ("", "", ""),
        ] {
            let before = text.split_once(part).map_or("", |(before, _)| before);
            let start = before.chars().count();
            let end = if text.contains(part) { start + part.chars().count() } else { start };
            assert_eq!(line(text, start..end), expected, "{text}");
        }
    }

    #[test]
    fn the_masked_line_has_as_many_characters() {
        for text in ["a: {b: [c, d], \"e\": 'f' } # g", ": x", "- - {", "a:b: c ", "'", "#", "a :b"]
        {
            assert_eq!(line(text, 0..0).chars().count(), text.chars().count(), "{text}");
        }
    }

    #[test]
    fn values_that_may_be_secrets_are_masked_in_objects() {
        let mut found = json!({
            "metadata": {"annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{\"env\": \"hunter2\"}",
                "url": "https://user:hunter2@host/", "plain": "https://host/a@b",
            }},
            "env": [
                {"name": "DB_PASSWORD", "value": "hunter2"},
                {"name": "DB", "value": "postgres://u:hunter2@host"},
                {"name": "AWS_REGION", "value": "eu-west-1"},
                {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://a:hunter2@h/"},
            ],
            "args": ["--password", "hunter2", "--token=hunter2", "--port", "80", "serve"],
        });
        object(&mut found);
        assert!(!found.to_string().contains("hunter2"), "{found}");
        assert_eq!(found["metadata"]["annotations"]["plain"], "https://host/a@b");
        assert_eq!(found["env"][2]["value"], "eu-west-1");
        assert_eq!(found["args"], json!(["--password", MASK, MASK, "--port", "80", "serve"]));
    }
}
