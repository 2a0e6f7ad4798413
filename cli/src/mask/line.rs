//! A line of YAML without values that may be secrets.
//!
//! Findings show the whole line that causes them, which can have values of other keys. A parser of YAML cannot read the line,
//! because it is only a part of a document.

use std::ops::Range;

use aws_pod_identity_core::is_public_variable;

use super::has_secret;

/// Keys whose values are names and paths.
const NAMES: [&str; 7] =
    ["name", "namespace", "kind", "apiVersion", "serviceAccountName", "mountPath", "image"];

/// A collection in braces or brackets.
struct Collection {
    /// The key that it is the value of.
    key: String,
    /// Whether it is a variable whose value is no secret, by its `name` before.
    is_variable: bool,
}

/// A line of a manifest with `*` for values, except for the part at `shown` (characters), and for names, ARNs and public
/// variables. Keys and the characters of YAML between values are kept.
pub(crate) fn line(text: &str, shown: Range<usize>) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let (mut at, mut key) = (0, String::new());
    let mut collections: Vec<Collection> = Vec::new();
    while let Some(&character) = characters.get(at) {
        let next = characters.get(at + 1).copied();
        let before = at.checked_sub(1).and_then(|at| characters.get(at));
        let is_item = character == '-' && next.is_none_or(char::is_whitespace) && key.is_empty();
        match character {
            '{' | '[' => {
                let key = std::mem::take(&mut key);
                collections.push(Collection { key, is_variable: false });
            }
            '}' | ']' => _ = collections.pop(),
            ',' if !collections.is_empty() => key.clear(),
            ',' if matches!(before, Some('"' | '}' | ']')) => {}
            _ if character.is_whitespace() || is_item => {}
            _ => {
                let scalar = Scalar::at(&characters, at, !collections.is_empty(), key.is_empty());
                let range = at..scalar.end;
                let text: String =
                    characters.get(range.clone()).unwrap_or_default().iter().collect();
                let collection = collections.last();
                let is_harmless = is_harmless(&key, &text)
                    || collection.is_some_and(|collection| collection.shows(&key, &text));
                // The text after a value that is shown is not a comment.
                let is_shown = scalar.is_key || (is_harmless && !text.starts_with('#'));
                let has_secret = has_secret(&text);
                for (at, character) in range.clone().zip(text.chars()) {
                    let keep = !has_secret && (is_shown || shown.contains(&at));
                    masked.push(if keep { character } else { '*' });
                }
                at = range.end;
                if let Some(collection) = collections.last_mut()
                    && key == "name"
                    && !scalar.is_key
                {
                    let name = text.trim_matches(['"', '\'']);
                    collection.is_variable = is_public_variable(name);
                }
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

impl Collection {
    /// Whether a value in it is no secret because of what the collection is.
    fn shows(&self, key: &str, value: &str) -> bool {
        match key {
            "key" => matches!(self.key.as_str(), "secretKeyRef" | "configMapKeyRef"),
            "value" => self.is_variable && !has_secret(value),
            _ => false,
        }
    }
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
        // A colon that does not end a key.
        let end = end.max(start + 1);
        let colon = line.get(end) == Some(&':');
        Self { end, is_key: may_be_key && colon && (quote.is_some() || is_space(end + 1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::line;

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
            (
                "- {name: AWS_ROLE_ARN, value: \"x y \"}, {name: DB, value: x}",
                "zzz",
                "- {name: AWS_ROLE_ARN, value: \"x y \"}, {name: DB, value: *}",
            ),
            (
                "{\"name\": \"AWS_REGION\", \"value\": \"eu-west-1\", \"x\": \"y\"}",
                "zzz",
                "{\"name\": \"AWS_REGION\", \"value\": \"eu-west-1\", \"x\": ***}",
            ),
            (
                "{name: AWS_REGION, name: DB, value: x}, {name: AWS_REGION, x: {value: y}}",
                "zzz",
                "{name: AWS_REGION, name: DB, value: *}, {name: AWS_REGION, x: {value: *}}",
            ),
            (
                "{name: AWS_REGION, value: http://u:p@h}, {name: AWS_REGION, value: eyJh}",
                "zzz",
                "{name: AWS_REGION, value: ************}, {name: AWS_REGION, value: ****}",
            ),
            ("value: http://u:p@h/x", "http://u:p@h/x", "value: **************"),
            ("name: https://u:p@h", "zzz", "name: *************"),
            ("a: http://b and c://u:p@h", "http://b and c://u:p@h", "a: **********************"),
            (
                "{name: X, valueFrom: {secretKeyRef: {name: aws, key: id, x: y}}, key: z}",
                "zzz",
                "{name: X, valueFrom: {secretKeyRef: {name: aws, key: id, x: *}}, key: *}",
            ),
            (
                "valueFrom: {configMapKeyRef: {key: id}}",
                "zzz",
                "valueFrom: {configMapKeyRef: {key: id}}",
            ),
            ("  key: id", "zzz", "  key: **"),
            ("{name: AWS_REGION, value: x #y", "zzz", "{name: AWS_REGION, value: x **"),
            ("name: x #y", "zzz", "name: x **"),
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
    fn a_masked_line_keeps_its_length() {
        for text in ["a: {b: [c, d], \"e\": 'f' } # g", ": x", "- - {", "a:b: c ", "'", "#", "a :b"]
        {
            assert_eq!(line(text, 0..0).chars().count(), text.chars().count(), "{text}");
        }
    }
}
