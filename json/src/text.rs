//! A JSON string as it stands in the document.

use std::borrow::Cow;

/// The characters between the quotes of a JSON string, not yet unescaped.
///
/// Made only by the reader, which has checked every escape; so decoding cannot fail, and costs nothing
/// unless the string holds a backslash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// `raw` must be the inside of a JSON string whose escapes are valid; `escaped` says whether it
    /// has any.
    pub(super) fn new(raw: &'a str, escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// A string that needs no escaping.
    pub const fn plain(raw: &'a str) -> Self {
        Self { raw, escaped: false }
    }

    /// The string's value: borrowed unless there is something to unescape.
    #[inline(never)]
    pub fn decode(self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(unescape(self.raw)) } else { Cow::Borrowed(self.raw) }
    }

    /// Whether the string's value is `other`.
    #[inline(never)]
    pub fn is(self, other: &str) -> bool {
        if self.escaped { unescape(self.raw) == other } else { self.raw == other }
    }

    /// Whether the string's value has no characters.
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }
}

// Rare: most strings have no escapes.
#[cold]
fn unescape(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        value.push_str(before);
        let mut characters = after.chars();
        match characters.next() {
            Some('b') => value.push('\u{8}'),
            Some('f') => value.push('\u{c}'),
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('t') => value.push('\t'),
            Some('u') => {
                let (character, remaining) = unescape_unicode(characters.as_str());
                value.push(character);
                rest = remaining;
                continue;
            }
            Some(itself) => value.push(itself),
            None => {}
        }
        rest = characters.as_str();
    }
    value.push_str(rest);
    value
}

/// Reads what follows `\u`: four hexadecimal digits, or two such groups that form a surrogate pair.
#[cold]
fn unescape_unicode(after: &str) -> (char, &str) {
    let Some((high, rest)) = code_unit(after) else {
        return (char::REPLACEMENT_CHARACTER, after);
    };
    if let Some((low, remaining)) = rest.strip_prefix("\\u").and_then(code_unit)
        && let Some(character) = surrogate_pair(high, low)
    {
        return (character, remaining);
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

/// The four hexadecimal digits that `text` starts with, and what follows them.
pub(super) fn code_unit(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

/// The character that two UTF-16 surrogates stand for, if that is what they are.
pub(super) fn surrogate_pair(high: u32, low: u32) -> Option<char> {
    if (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low) {
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    } else {
        None
    }
}
