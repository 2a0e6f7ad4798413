//! YAML without anchors, aliases and tags, which is how manifests are written, from the events of the parser.
//!
//! serde-saphyr takes 2.2 times as long (the documents of `examples/`), because it keeps what such text does not need. For text
//! that is not plain, this module returns no value, and serde-saphyr reads it.

use std::borrow::Cow;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, options};
use serde_json::{Map, Value};

/// The deepest nesting, as in serde-saphyr.
const MAX_DEPTH: usize = 64;

/// What a document is read as.
pub(crate) trait Tree: Sized {
    /// The members of a mapping that is being read.
    type Members: Default;

    /// A scalar: as it is written if it is plain, and a string otherwise.
    fn scalar(text: Cow<'_, str>, is_plain: bool, span: Span) -> Option<Self>;
    /// A list.
    fn sequence(items: Vec<Self>, span: Span) -> Self;
    /// Adds a member.
    fn member(
        members: &mut Self::Members,
        key: Cow<'_, str>,
        span: Span,
        value: Self,
    ) -> Option<()>;
    /// A mapping.
    fn mapping(members: Self::Members, span: Span) -> Self;
}

/// The value of a document; none if it is empty, not valid, or not plain.
pub(crate) fn read<T: Tree>(text: &str) -> Option<T> {
    let options: Options = options! { emit_comments: false };
    let mut reader = Reader { events: Parser::new_from_str_with_options(text, options) };
    let (Event::StreamStart, _) = reader.next()? else { return None };
    let (Event::DocumentStart(_, None), _) = reader.next()? else { return None };
    let first = reader.next()?;
    let value = reader.node(first, 0)?;
    let (Event::DocumentEnd, _) = reader.next()? else { return None };
    let (Event::StreamEnd, _) = reader.next()? else { return None };
    Some(value)
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<(Event<'t>, Span)> {
        self.events.next()?.ok()
    }

    fn node<T: Tree>(&mut self, (event, span): (Event<'t>, Span), depth: usize) -> Option<T> {
        if depth >= MAX_DEPTH {
            return None;
        }
        match event {
            Event::Scalar(text, style, 0, None) => {
                T::scalar(text, style == ScalarStyle::Plain, span)
            }
            Event::SequenceStart(_, 0, None) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => return Some(T::sequence(items, span)),
                        item => items.push(self.node(item, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(_, 0, None) => {
                let mut members = T::Members::default();
                loop {
                    let (key, at) = match self.next()? {
                        (Event::MappingEnd, _) => return Some(T::mapping(members, span)),
                        (Event::Scalar(key, style, 0, None), at)
                            if style != ScalarStyle::Plain || is_text(&key) && key != "<<" =>
                        {
                            (key, at)
                        }
                        _ => return None,
                    };
                    let value = self.next()?;
                    let value = self.node(value, depth + 1)?;
                    T::member(&mut members, key, at, value)?;
                }
            }
            _ => None,
        }
    }
}

impl Tree for Value {
    type Members = Map<String, Self>;

    fn scalar(text: Cow<'_, str>, is_plain: bool, _: Span) -> Option<Self> {
        if !is_plain || is_text(&text) {
            return Some(Self::String(text.into_owned()));
        }
        match text.as_ref() {
            "" | "~" | "null" => Some(Self::Null),
            "true" => Some(Self::Bool(true)),
            "false" => Some(Self::Bool(false)),
            number if is_short_integer(number) => number.parse::<u64>().ok().map(Self::from),
            // Read as if it were the document.
            text => super::deserialized(text)
                .ok()
                .filter(|value: &Self| !value.is_array() && !value.is_object()),
        }
    }

    fn sequence(items: Vec<Self>, _: Span) -> Self {
        Self::Array(items)
    }

    fn member(members: &mut Self::Members, key: Cow<'_, str>, _: Span, value: Self) -> Option<()> {
        // serde-saphyr reports which key is duplicate.
        members.insert(key.into_owned(), value).is_none().then_some(())
    }

    fn mapping(members: Self::Members, _: Span) -> Self {
        Self::Object(members)
    }
}

/// Whether it is a decimal integer that fits into 64 bits for certain, and not an octal one.
fn is_short_integer(text: &str) -> bool {
    text.len() < 19
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

/// Whether a plain scalar is a string for certain. Others can be null, a boolean or a number.
fn is_text(text: &str) -> bool {
    /// Of YAML 1.1 and 1.2, and of floating-point numbers.
    const WORDS: [&str; 12] =
        ["null", "true", "false", "yes", "no", "y", "n", "on", "off", "inf", "nan", "infinity"];
    match text.as_bytes() {
        [] | b"~" => false,
        [first, ..] if first.is_ascii_alphabetic() => {
            !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
        }
        [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => {
            // The letters of hexadecimal numbers, of the prefixes of others, and of infinity and nan. Quantities such as 500m and
            // 128Mi have others.
            let in_number = |byte: u8| {
                byte.is_ascii_digit()
                    || matches!(byte, b'+' | b'-' | b'.' | b'_' | b':')
                    || b"abcdefinotxy".contains(&byte.to_ascii_lowercase())
            };
            !text.bytes().all(in_number) || !text.bytes().any(|byte| byte.is_ascii_alphanumeric())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::located::Located;
    use crate::manifests::split;
    use proptest::prelude::*;

    /// Compares with serde-saphyr. Returns whether the text was plain.
    fn compare(text: &str) -> bool {
        let Some(value) = read::<Value>(text) else { return false };
        assert_eq!(super::super::deserialized::<Value>(text).unwrap(), value, "{text:?}");
        let located: Located = read(text).unwrap();
        let expected = super::super::deserialized::<Located>(text).unwrap();
        assert_eq!(located, expected, "{text:?}");
        true
    }

    fn files(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml")
            {
                found.push(path);
            }
        }
    }

    #[test]
    fn documents_of_the_repository_are_read_as_serde_saphyr_reads_them() {
        let mut found = Vec::new();
        for directory in ["examples", "deploy", "cases/findings/host-network"] {
            files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(directory), &mut found);
        }
        let (mut plain, mut all) = (0, 0);
        for path in found {
            let text = std::fs::read_to_string(&path).unwrap();
            for document in split(&text) {
                all += 1;
                plain += usize::from(compare(document.text));
            }
        }
        assert!(all > 50 && plain * 10 > all * 9, "{plain} of {all}");
    }

    /// Scalars at the limits of what YAML reads as null, a boolean or a number.
    const SCALARS: &[&str] = &[
        "",
        "~",
        "null",
        "Null",
        "NULL",
        "nUll",
        "true",
        "True",
        "tRUE",
        "yes",
        "No",
        "y",
        "N",
        "on",
        "OFF",
        "0",
        "00",
        "7",
        "0644",
        "0o17",
        "0x1F",
        "0b11",
        "08",
        "+1",
        "-1",
        "-0",
        "1_000",
        "1e3",
        "1.5",
        ".5",
        "5.",
        "1e999",
        ".inf",
        "-.inf",
        ".nan",
        "inf",
        "nan",
        "infinity",
        "-infinity",
        "1:30",
        "1:",
        "12:30:45",
        "100m",
        "256Mi",
        "1Ti",
        "2Ei",
        "1h30m",
        "0x1G",
        "1.42.7",
        "9223372036854775807",
        "18446744073709551615",
        "18446744073709551616",
        "123456789012345678901234567890",
        "-",
        "--",
        "---x",
        "-x",
        "+",
        ".",
        "..",
        "...x",
        "a: b",
        "a:b",
        "a #b",
        "a#b",
        "'null'",
        "\"true\"",
        "'1'",
        "|\n  1",
        ">\n  null",
        "1 2",
        "é",
        "\u{feff}",
        "2024-01-01",
        "arn:aws:iam::111122223333:role/a",
        "*",
        "&a",
        "!!str 1",
        "=",
        "<<",
        "0x",
        "0b",
        "_1",
        "1_",
        "-0x1",
        "+.5",
        "1e",
        "e1",
        "1d",
        "0.0",
        "-0.0",
        "08.5",
        "1__0",
    ];

    #[test]
    fn scalars_are_read_as_serde_saphyr_reads_them() {
        for scalar in SCALARS {
            for text in [
                (*scalar).to_owned(),
                format!("a: {scalar}\n"),
                format!("- {scalar}\n"),
                format!("{scalar}: x\n"),
                format!("{{a: {scalar}}}"),
                format!("[{scalar}, 1]"),
                format!("a: {scalar}"),
            ] {
                compare(&text);
            }
        }
    }

    #[test]
    fn yaml_that_is_not_plain_is_left_to_serde_saphyr() {
        for text in [
            "",
            "# a\n",
            "a: &b 1\nc: *b\n",
            "a: !!str 1\n",
            "<<: {a: 1}\n",
            "a: 1\na: 2\n",
            "1: a\n",
            "? [a]\n: b\n",
            "a\n---\nb\n",
            "%YAML 1.1\n---\na: 1\n",
            "a: [1\n",
        ] {
            assert!(!compare(text), "{text:?}");
        }
        assert!(!compare(&("[".repeat(65) + &"]".repeat(65))));
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_serde_saphyr_reads_it(text in "([-a-z0-9:,#|>'\"\\[\\]{}&*!?%~. \n]|: |\n  |\n- |\n){0,40}") {
            compare(&text);
        }

        #[test]
        fn any_scalar_is_read_as_serde_saphyr_reads_it(text in "[-+.0-9a-fxonEINY_:]{1,12}") {
            compare(&text);
            compare(&format!("a: {text}\n"));
        }

        #[test]
        fn any_quantity_is_read_as_serde_saphyr_reads_it(text in "[-+.]{0,1}[0-9]{1,3}[-+._:a-zA-Z0-9]{1,4}") {
            compare(&text);
            compare(&format!("a: {text}\n"));
        }
    }
}
