//! The reader and the writer, compared with `serde_json`.
//!
//! Documents are generated as text, not as values: in whitespace, escapes and numbers a value can be
//! written in many ways, and the reader has to take them all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod examples;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::de::IgnoredAny;
use serde_json::Value;

use aws_pod_identity_json::{Kind, Reader, push_member, push_string};

/// How many documents each property is tried on; `PROPTEST_CASES` overrides it.
fn documents(count: u32) -> ProptestConfig {
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    let cases = if set { default.cases } else { count };
    ProptestConfig { cases, failure_persistence: None, ..default }
}

/// Whether the reader finds nothing wrong with the whole document.
fn reads(document: &(impl AsRef<[u8]> + ?Sized)) -> bool {
    let mut reader = Reader::new(document.as_ref());
    reader.check().and_then(|()| reader.end()).is_ok()
}

/// What the reader must do with a document.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Accept,
    Reject,
    /// `serde_json` stopped at a limit that the reader does not have, and did not read the rest.
    Either,
}

/// What `serde_json` makes of a document. Two of its errors do not count: numbers out of range, and
/// nesting that is deeper than it allows by a level.
fn oracle(document: &(impl AsRef<[u8]> + ?Sized)) -> Expected {
    let document = document.as_ref();
    // Knows no lone surrogates and no UTF-8, because it decodes nothing, and no depth.
    if serde_json::from_slice::<IgnoredAny>(document).is_err() {
        return Expected::Reject;
    }
    match serde_json::from_slice::<Value>(document) {
        Ok(_) => Expected::Accept,
        Err(error) => {
            let error = error.to_string();
            let another_limit =
                error.starts_with("number out of range") || error.starts_with("recursion limit");
            if another_limit { Expected::Either } else { Expected::Reject }
        }
    }
}

#[track_caller]
fn agrees(document: &(impl AsRef<[u8]> + ?Sized)) {
    let shown = String::from_utf8_lossy(document.as_ref());
    match oracle(document) {
        Expected::Accept => assert!(reads(document), "refused: {shown:?}"),
        Expected::Reject => assert!(!reads(document), "accepted: {shown:?}"),
        Expected::Either => {}
    }
}

// Documents.

fn whitespace() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => vec(select(vec![' ', '\n', '\r', '\t']), 1..4).prop_map(String::from_iter),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,3})",
        "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?",
        // Out of the range of every type.
        "-?[1-9]e[1-9][0-9]{3}",
    ]
}

/// One character of a string, in one of the ways to write it.
fn written_character() -> impl Strategy<Value = String> {
    let escaped = |character: char, upper: bool| {
        let mut text = String::new();
        for unit in character.encode_utf16(&mut [0; 2]) {
            let digits = format!("{unit:04x}");
            text += "\\u";
            text += &if upper { digits.to_uppercase() } else { digits };
        }
        text
    };
    let plain = |&character: &char| character >= ' ' && !matches!(character, '"' | '\\');
    prop_oneof![
        8 => "[ -!#-\\[\\]-~]{1,9}",
        2 => any::<char>().prop_filter("has to be escaped", plain).prop_map(String::from),
        2 => any::<(char, bool)>().prop_map(move |(character, upper)| escaped(character, upper)),
        1 => select(vec!['\u{7f}', '\u{80}', '\u{2028}', '\u{ffff}', '\u{10000}', '\u{10ffff}'])
            .prop_map(String::from),
        1 => select(vec!["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000"])
            .prop_map(String::from),
    ]
}

fn string() -> impl Strategy<Value = String> {
    vec(written_character(), 0..6).prop_map(|characters| format!("\"{}\"", characters.concat()))
}

/// Any text, with more of what has to be escaped than chance would bring.
fn any_text() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![
            any::<char>(),
            "[\\x00-\\x1f\"\\\\]".prop_map(|one| one.chars().next().unwrap_or(' '))
        ],
        0..20,
    )
    .prop_map(String::from_iter)
}

/// Keys of which some come twice in an object.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![select(vec!["\"a\"", "\"\\u0061\"", "\"\""]).prop_map(String::from), string()]
}

fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(vec!["null", "true", "false", "[]", "{}"]).prop_map(String::from),
        number(),
        string(),
    ];
    let value = leaf.prop_recursive(6, 40, 5, |inner| {
        let element = (whitespace(), inner.clone(), whitespace())
            .prop_map(|(before, value, after)| format!("{before}{value}{after}"))
            .boxed();
        let member = (whitespace(), key(), whitespace(), element.clone())
            .prop_map(|(before, key, after, value)| format!("{before}{key}{after}:{value}"));
        prop_oneof![
            (whitespace(), vec(element, 0..5)).prop_map(|(space, elements)| {
                if elements.is_empty() {
                    format!("[{space}]")
                } else {
                    format!("[{}]", elements.join(","))
                }
            }),
            (whitespace(), vec(member, 0..5)).prop_map(|(space, members)| {
                if members.is_empty() {
                    format!("{{{space}}}")
                } else {
                    format!("{{{}}}", members.join(","))
                }
            }),
        ]
    });
    // With what is inside, just within what serde_json allows.
    let depth = prop_oneof![9 => Just(0), 1 => 1..=121_usize];
    let value = (depth, value).prop_map(|(depth, value)| nested(depth, &value));
    (whitespace(), value, whitespace())
        .prop_map(|(before, value, after)| format!("{before}{value}{after}"))
}

/// The value inside `depth` lists and objects.
fn nested(depth: usize, value: &str) -> String {
    let levels = 0..depth;
    let opening: String =
        levels.clone().map(|at| if at % 2 == 0 { "[" } else { "{\"k\":" }).collect();
    let closing: String = levels.rev().map(|at| if at % 2 == 0 { "]" } else { "}" }).collect();
    format!("{opening}{value}{closing}")
}

/// A small damage to a document.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Remove(Index),
    Double(Index),
    Replace(Index, u8),
    Insert(Index, &'static str),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let at = any::<Index>;
        prop_oneof![
            at().prop_map(Self::Cut),
            at().prop_map(Self::Remove),
            at().prop_map(Self::Double),
            (at(), any::<u8>()).prop_map(|(at, byte)| Self::Replace(at, byte)),
            (at(), select(b"\"\\{}[]:,0-+.eEu \n\x1f\x7fntf".to_vec()))
                .prop_map(|(at, byte)| Self::Replace(at, byte)),
            (
                at(),
                select(vec![
                    ",", ":", "}", "]", "\"", "0", "-", "e1", ".", " ", "null", "\\", "\\ud800",
                    "\\udc00", "\\u12", "\u{feff}"
                ])
            )
                .prop_map(|(at, text)| Self::Insert(at, text)),
        ]
    }

    fn apply_all(damages: &[Self], document: String) -> Vec<u8> {
        let damage = |document: Vec<u8>, damage: &Self| {
            if document.is_empty() { document } else { damage.apply(&document) }
        };
        damages.iter().fold(document.into_bytes(), damage)
    }

    fn apply(&self, document: &[u8]) -> Vec<u8> {
        let mut bytes = document.to_vec();
        let length = bytes.len();
        match self {
            Self::Cut(at) => bytes.truncate(at.index(length)),
            Self::Remove(at) => drop(bytes.remove(at.index(length))),
            Self::Double(at) => {
                let at = at.index(length);
                bytes.insert(at, *bytes.get(at).unwrap_or(&b' '));
            }
            Self::Replace(at, byte) => {
                let at = at.index(length);
                bytes.splice(at..=at, [*byte]);
            }
            Self::Insert(at, text) => {
                let at = at.index(length + 1);
                bytes.splice(at..at, text.bytes());
            }
        }
        bytes
    }
}

// What has to hold for all of them.

proptest! {
    #![proptest_config(documents(4000))]

    #[test]
    fn every_json_document_is_read(document in document()) {
        prop_assert_ne!(oracle(&document), Expected::Reject, "the generator is wrong");
        prop_assert!(reads(&document));
    }

    #[test]
    fn damaged_documents_are_refused_where_serde_json_refuses_them(
        document in document(), damages in vec(Damage::any(), 1..3),
    ) {
        agrees(&Damage::apply_all(&damages, document));
    }

    #[test]
    fn any_text_is_refused_where_serde_json_refuses_it(text in "[\\[\\]{}:,\"0-9eE.+\\-\\\\untrfals \n]{0,12}") {
        agrees(&text);
    }

    #[test]
    fn a_string_has_the_value_that_serde_json_gives_it(string in string()) {
        let text = Reader::new(string.as_bytes()).text().unwrap();
        let expected: String = serde_json::from_str(&string).unwrap();
        prop_assert_eq!(&*text.decode(), &*expected);
        prop_assert!(text.is(&expected));
        prop_assert_eq!(text.is_empty(), expected.is_empty());
    }

    #[test]
    fn a_string_is_what_it_decodes_to_and_nothing_else(string in string(), other in string()) {
        let (text, other) = (Reader::new(string.as_bytes()).text().unwrap(), Reader::new(other.as_bytes()).text().unwrap());
        prop_assert_eq!(text.is(&other.decode()), text.decode() == other.decode());
        // What stands in the document is not the value, unless nothing is escaped.
        let raw = string.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
        prop_assert_eq!(text.is(raw), text.decode() == raw);
        let other = other.decode();
        for part in [&*other, raw, ""] {
            let lower = text.decode().to_ascii_lowercase();
            let part = &part.to_ascii_lowercase();
            prop_assert_eq!(text.starts_with_any_case(part), lower.starts_with(part));
            prop_assert_eq!(text.ends_with_any_case(part), lower.ends_with(part));
        }
    }

    #[test]
    fn what_is_written_is_read_back(value in any_text()) {
        let mut written = String::new();
        push_string(&mut written, &value);
        prop_assert_eq!(&serde_json::from_str::<String>(&written).unwrap(), &value);
        prop_assert_eq!(&*Reader::new(written.as_bytes()).text().unwrap().decode(), &*value);

        let mut object = String::from("{");
        push_member(&mut object, "a-b.c/d", &value);
        object.push('}');
        let expected = Value::Object([("a-b.c/d".to_owned(), Value::String(value))].into_iter().collect());
        prop_assert_eq!(serde_json::from_str::<Value>(&object).unwrap(), expected);
    }

    #[test]
    fn skipping_a_value_ends_just_after_it(document in document(), rest in "[,\\]} ][ -~]{0,5}") {
        let value = document.trim_matches([' ', '\n', '\r', '\t']);
        let followed = format!("{value}{rest}");
        for read in [Reader::skip, Reader::check] {
            let mut reader = Reader::new(followed.as_bytes());
            read(&mut reader).unwrap();
            prop_assert_eq!(reader.position(), value.len());
        }
    }

    #[test]
    fn a_truncated_value_is_not_skipped(document in document(), at in any::<Index>()) {
        let value = document.trim_matches([' ', '\n', '\r', '\t']).as_bytes();
        if matches!(value, [b'{' | b'[' | b'"', ..]) {
            let (value, _) = value.split_at(at.index(value.len()));
            prop_assert!(Reader::new(value).skip().is_err());
        }
    }

    #[test]
    fn a_damaged_value_is_not_skipped_beyond_its_closing_bracket(
        document in document(), damages in vec(Damage::any(), 1..4),
    ) {
        is_read_past_with_care(&Damage::apply_all(&damages, format!("[{document}]")));
    }

    #[test]
    fn random_text_is_skipped_to_the_closing_bracket(noise in "[{\\[][\\[\\]{}\"\\\\ntu0d8x:, é\n]{0,80}") {
        is_read_past_with_care(noise.as_bytes());
    }

    #[test]
    fn members_and_elements_are_those_that_serde_json_sees(document in document()) {
        let mut rebuilt = String::new();
        rebuild(&mut Reader::new(document.as_bytes()), &mut rebuilt);
        match (serde_json::from_str::<Value>(&document), serde_json::from_str::<Value>(&rebuilt)) {
            (Ok(expected), Ok(found)) => prop_assert_eq!(found, expected),
            (Err(_), Err(_)) => {}
            (expected, found) => prop_assert!(false, "{expected:?} {found:?}"),
        }
    }
}

/// Makes sure that what is read past ends with the bracket that closes it, and that strings in it are strings.
#[track_caller]
fn is_read_past_with_care(document: &[u8]) {
    if !matches!(document, [b'{' | b'[', ..]) {
        return;
    }
    let mut reader = Reader::new(document);
    let shown = String::from_utf8_lossy(document);
    if reader.skip().is_err() {
        assert!(Reader::new(document).check().is_err(), "refused: {shown:?}");
        return;
    }
    let (end, strings) = closing_bracket(document).expect("a closing bracket");
    assert_eq!(reader.position(), end, "{shown:?}");
    assert!(std::str::from_utf8(&document[..end]).is_ok(), "{shown:?}");
    for string in strings {
        assert_eq!(oracle(string), Expected::Accept, "{shown:?}");
    }
}

/// Where the object or list ends that a text begins with, and the strings in it: found one byte after the other.
fn closing_bracket(text: &[u8]) -> Option<(usize, Vec<&[u8]>)> {
    let (mut depth, mut string, mut escaped) = (0, None, false);
    let mut strings = Vec::new();
    for (at, byte) in text.iter().enumerate() {
        let after_backslash = std::mem::take(&mut escaped);
        match (byte, string) {
            (b'\\', _) => escaped = !after_backslash,
            (b'"', None) if !after_backslash => string = Some(at),
            (b'"', Some(start)) if !after_backslash => {
                strings.push(&text[start..=at]);
                string = None;
            }
            (b'{' | b'[', None) => depth += 1,
            (b'}' | b']', None) => {
                depth -= 1;
                if depth == 0 {
                    return Some((at + 1, strings));
                }
            }
            _ => {}
        }
    }
    None
}

/// Writes down what the reader's own walk through a document comes across.
fn rebuild(reader: &mut Reader<'_>, out: &mut String) {
    match reader.kind().unwrap() {
        Kind::Object => {
            out.push('{');
            let mut comma = "";
            reader
                .members(|reader, key| {
                    out.push_str(std::mem::replace(&mut comma, ","));
                    push_string(out, &key.decode());
                    out.push(':');
                    rebuild(reader, out);
                    Ok(())
                })
                .unwrap();
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            let mut comma = "";
            reader
                .array(|reader| {
                    out.push_str(std::mem::replace(&mut comma, ","));
                    rebuild(reader, out);
                    Ok(())
                })
                .unwrap();
            out.push(']');
        }
        Kind::String => push_string(out, &reader.text().unwrap().decode()),
        Kind::Number => out.push_str(reader.number().unwrap()),
        Kind::Boolean => out.push_str(if reader.flag().unwrap() { "true" } else { "false" }),
        Kind::Null => {
            assert!(reader.null().unwrap());
            out.push_str("null");
        }
    }
}
