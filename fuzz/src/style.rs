//! Other spellings of a document: the same values, another text. The policy edits text.

use std::fmt::Write;

use arbitrary::{Result, Unstructured};
use serde_json::Value;

/// How a document is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    whitespace: &'static str,
    /// Whether some characters of strings are written as escapes.
    escaped: bool,
}

impl Style {
    /// Any style.
    pub fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(Self { whitespace: u.choose(&["", "", " ", "\n\t"])?, escaped: u.ratio(1, 4)? })
    }

    /// The document as text.
    pub fn write(self, value: &Value) -> String {
        let mut out = String::new();
        self.value(value, &mut out);
        out
    }

    fn value(self, value: &Value, out: &mut String) {
        match value {
            Value::Object(members) => {
                self.list(out, ['{', '}'], members.iter(), |(key, value), out| {
                    self.string(key, out);
                    out.push_str(self.whitespace);
                    out.push(':');
                    out.push_str(self.whitespace);
                    self.value(value, out);
                });
            }
            Value::Array(elements) => {
                self.list(out, ['[', ']'], elements.iter(), |element, out| {
                    self.value(element, out);
                });
            }
            Value::String(text) => self.string(text, out),
            other => out.push_str(&other.to_string()),
        }
    }

    fn list<T>(
        self,
        out: &mut String,
        [open, close]: [char; 2],
        elements: impl Iterator<Item = T>,
        write: impl Fn(T, &mut String),
    ) {
        out.push(open);
        for (index, element) in elements.enumerate() {
            out.push_str(if index > 0 { "," } else { "" });
            out.push_str(self.whitespace);
            write(element, out);
            out.push_str(self.whitespace);
        }
        out.push(close);
    }

    fn string(self, text: &str, out: &mut String) {
        if !self.escaped {
            out.push_str(&Value::from(text).to_string());
            return;
        }
        out.push('"');
        for (index, unit) in text.encode_utf16().enumerate() {
            let character = char::from_u32(u32::from(unit));
            match character.filter(|_| index % 3 > 0) {
                Some(plain) if plain.is_ascii_graphic() && !matches!(plain, '"' | '\\') => {
                    out.push(plain);
                }
                _ => write!(out, "\\u{unit:04x}").unwrap(),
            }
        }
        out.push('"');
    }
}
