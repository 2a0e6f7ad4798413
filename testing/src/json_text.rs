//! JSON as text, in many forms of the same value: the policy reads and edits text.

use std::fmt::Write as _;

use serde_json::Value;

/// A JSON value that remembers the order of its members, duplicate members, and how its numbers are
/// written.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// A number or a literal, as it is written.
    Raw(String),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object.
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
    /// `null`.
    #[must_use]
    pub fn null() -> Self {
        Self::Raw("null".to_owned())
    }

    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An object with these members.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Json)>) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The same with `from` replaced in every key.
    #[must_use]
    pub fn with_keys(self, from: &str, to: &str) -> Self {
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

    /// The same with `to` in place of each value `from`.
    #[must_use]
    pub fn with_value(self, from: &Self, to: &Self) -> Self {
        if self == *from {
            return to.clone();
        }
        match self {
            Self::List(elements) => {
                Self::List(elements.into_iter().map(|value| value.with_value(from, to)).collect())
            }
            Self::Object(members) => Self::Object(
                members.into_iter().map(|(key, value)| (key, value.with_value(from, to))).collect(),
            ),
            other => other,
        }
    }

    /// The object with another member.
    #[must_use]
    pub fn with_member(mut self, key: &str, value: &str) -> Self {
        if let Self::Object(members) = &mut self {
            members.push((key.to_owned(), Self::text(value)));
        }
        self
    }

    /// The value as text. `style` says where to put whitespace and what to escape; if it is empty, the text is as short as
    /// possible.
    #[must_use]
    pub fn write(&self, style: &[u8]) -> String {
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
    /// The next decision; 0 is the shortest form.
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
            Json::List(elements) => self.list(['[', ']'], elements, Self::value),
            Json::Object(members) => self.list(['{', '}'], members, |writer, (key, value)| {
                writer.text(key);
                writer.whitespace();
                writer.out.push(':');
                writer.whitespace();
                writer.value(value);
            }),
        }
    }

    fn list<T>(&mut self, [open, close]: [char; 2], elements: &[T], write: impl Fn(&mut Self, &T)) {
        self.out.push(open);
        self.whitespace();
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
                self.whitespace();
            }
            write(self, element);
            self.whitespace();
        }
        self.out.push(close);
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            let decision = self.next();
            let must_be_escaped = character < ' ' || matches!(character, '"' | '\\');
            match (decision, SHORT_ESCAPES.iter().find(|(of, _)| *of == character)) {
                (0..=240, _) if !must_be_escaped => self.out.push(character),
                (0..=248, Some((_, letter))) => self.out.extend(['\\', *letter]),
                _ => self.unicode_escape(character, decision.is_multiple_of(2)),
            }
        }
        self.out.push('"');
    }

    fn unicode_escape(&mut self, character: char, uppercase: bool) {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = if uppercase {
                write!(self.out, "\\u{unit:04X}")
            } else {
                write!(self.out, "\\u{unit:04x}")
            };
        }
    }
}

/// The characters with an escape of one letter.
const SHORT_ESCAPES: [(char, char); 8] = [
    ('"', '"'),
    ('\\', '\\'),
    ('/', '/'),
    ('\u{8}', 'b'),
    ('\u{c}', 'f'),
    ('\n', 'n'),
    ('\r', 'r'),
    ('\t', 't'),
];
