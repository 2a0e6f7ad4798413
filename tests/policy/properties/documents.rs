//! JSON as text, in many forms of the same value.

use std::fmt::Write as _;

use serde_json::Value;

/// A JSON value that remembers the order of its members, duplicate members, and how its numbers are
/// written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// A number or a literal, as it is written.
    Raw(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text),
            Value::Array(elements) => Self::List(elements.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                let members = members.into_iter().map(|(key, value)| (key, Self::from(value)));
                Self::Object(members.collect())
            }
            other => Self::Raw(other.to_string()),
        }
    }
}

impl Json {
    pub(crate) fn null() -> Self {
        Self::Raw("null".to_owned())
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Json)>) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The same with `from` replaced in every key.
    pub(crate) fn with_keys(self, from: &str, to: &str) -> Self {
        match self {
            Self::List(elements) => Self::List(
                elements.into_iter().map(|element| element.with_keys(from, to)).collect(),
            ),
            Self::Object(members) => Self::Object(
                members
                    .into_iter()
                    .map(|(key, value)| (key.replace(from, to), value.with_keys(from, to)))
                    .collect(),
            ),
            other => other,
        }
    }

    /// The value as text. `style` says where to put whitespace and what to escape; without any, the
    /// text is as short as can be.
    pub(crate) fn write(&self, style: &[u8]) -> String {
        let mut writer = Writer { style, at: 0, out: String::new() };
        writer.value(self);
        writer.out
    }
}

struct Writer<'s> {
    style: &'s [u8],
    at: usize,
    out: String,
}

impl Writer<'_> {
    /// The next decision.
    fn next(&mut self) -> u8 {
        self.at += 1;
        self.style.get(self.at % self.style.len().max(1)).copied().unwrap_or_default()
    }

    fn whitespace(&mut self) {
        let whitespace = match self.next() {
            0..=199 => "",
            200..=219 => " ",
            220..=234 => "\n\t",
            235..=244 => "\r\n",
            245..=255 => "    ",
        };
        self.out.push_str(whitespace);
    }

    fn value(&mut self, value: &Json) {
        match value {
            Json::Raw(raw) => self.out.push_str(raw),
            Json::Text(text) => self.text(text),
            Json::List(elements) => {
                self.out.push('[');
                self.whitespace();
                for (index, element) in elements.iter().enumerate() {
                    self.comma(index);
                    self.value(element);
                    self.whitespace();
                }
                self.out.push(']');
            }
            Json::Object(members) => {
                self.out.push('{');
                self.whitespace();
                for (index, (key, value)) in members.iter().enumerate() {
                    self.comma(index);
                    self.text(key);
                    self.whitespace();
                    self.out.push(':');
                    self.whitespace();
                    self.value(value);
                    self.whitespace();
                }
                self.out.push('}');
            }
        }
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.out.push(',');
            self.whitespace();
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            let escape = self.next() > 240;
            match character {
                '"' | '\\' => self.out.extend(['\\', character]),
                '/' if escape => self.out.push_str("\\/"),
                '\n' if !escape => self.out.push_str("\\n"),
                _ if escape || character < ' ' => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let _ = write!(self.out, "\\u{unit:04x}");
                    }
                }
                plain => self.out.push(plain),
            }
        }
        self.out.push('"');
    }
}
