//! Strategies for documents as text, and for damaged documents.
//!
//! A value can be written with different whitespace, escapes and digits, and the reader must accept all of them.

use policy_testing::json_text::Json;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

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

/// A style to write documents in.
fn style() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![1 => Just(Vec::new()), 4 => vec(any::<u8>(), 1..60)]
}

/// A string as it is written in a document.
pub(crate) fn string() -> impl Strategy<Value = String> {
    (content(), style()).prop_map(|(content, style)| Json::Text(content).write(&style))
}

/// The content of a string.
fn content() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => "[ -~]{1,9}",
        4 => any::<char>().prop_map(String::from),
        1 => select(vec!['\u{7f}', '\u{80}', '\u{2028}', '\u{ffff}', '\u{10000}', '\u{10ffff}'])
            .prop_map(String::from),
        1 => "[\\x00-\\x1f\"\\\\/]",
    ];
    vec(character, 0..6).prop_map(|characters| characters.concat())
}

/// Any text, with many characters that have to be escaped.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![
            any::<char>(),
            "[\\x00-\\x1f\"\\\\]".prop_map(|one| one.chars().next().unwrap_or(' '))
        ],
        0..20,
    )
    .prop_map(String::from_iter)
}

/// Keys, some of which occur twice in an object.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![select(vec!["a", "a", ""]).prop_map(String::from), content()]
}

pub(crate) fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(vec!["null", "true", "false", "[]", "{}"]).prop_map(|raw| Json::Raw(raw.to_owned())),
        number().prop_map(Json::Raw),
        content().prop_map(Json::Text),
    ];
    let value = leaf.prop_recursive(6, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Json::List),
            vec((key(), inner), 0..5).prop_map(Json::Object),
        ]
    });
    let value = (value, style()).prop_map(|(value, style)| value.write(&style));
    // With the depth of the value inside, at most the depth that serde_json allows.
    let depth = prop_oneof![9 => Just(0), 1 => 1..=121_usize];
    let value = (depth, value).prop_map(|(depth, value)| nested(depth, &value));
    (whitespace(), value, whitespace())
        .prop_map(|(before, value, after)| format!("{before}{value}{after}"))
}

/// The value inside `depth` lists and objects.
pub(crate) fn nested(depth: usize, value: &str) -> String {
    let levels = 0..depth;
    let opening: String =
        levels.clone().map(|at| if at % 2 == 0 { "[" } else { "{\"k\":" }).collect();
    let closing: String = levels.rev().map(|at| if at % 2 == 0 { "]" } else { "}" }).collect();
    format!("{opening}{value}{closing}")
}

/// A small damage to a document.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Cut(Index),
    Remove(Index),
    Double(Index),
    Replace(Index, u8),
    Insert(Index, &'static str),
}

impl Damage {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
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

    pub(crate) fn apply_all(damages: &[Self], document: String) -> Vec<u8> {
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
