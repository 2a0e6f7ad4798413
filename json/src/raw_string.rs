//! A JSON string as it is written in the document.

use std::borrow::Cow;

use super::block;
use super::bytes::same_bytes;

/// The characters between the quotes of a JSON string, not yet unescaped.
///
/// Only the reader creates it, after checking every escape. So decoding cannot fail, and costs nothing unless the
/// string contains a backslash.
#[derive(Clone, Copy, Debug, Default)]
pub struct RawString<'a> {
    /// UTF-8.
    raw: &'a [u8],
    escaped: bool,
}

impl<'a> RawString<'a> {
    /// `raw` must be the inside of a JSON string, UTF-8, whose escapes are valid; `escaped` says whether
    /// it has any.
    #[inline]
    pub(super) fn new(raw: &'a [u8], escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// A string that needs no escaping.
    pub const fn plain(raw: &'a str) -> Self {
        Self { raw: raw.as_bytes(), escaped: false }
    }

    /// The string's value. It is borrowed unless the string has escapes.
    pub fn decode(self) -> Cow<'a, str> {
        let raw = std::str::from_utf8(self.raw).unwrap_or_default();
        if self.escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }
    }

    /// Whether the string's value is `other`.
    pub fn is(self, other: &str) -> bool {
        if !self.escaped {
            return same_bytes(self.raw, other.as_bytes());
        }
        // An escaped character has at most six bytes, so a longer text is not decoded.
        (other.len()..=6 * other.len()).contains(&self.raw.len()) && *self.decode() == *other
    }

    /// Whether the string's value starts with `prefix`, in upper or lower case.
    pub fn starts_with_any_case(self, prefix: &str) -> bool {
        let is_prefix = |value: &[u8]| {
            value
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        if self.escaped { is_prefix(self.decode().as_bytes()) } else { is_prefix(self.raw) }
    }

    /// Whether the string's value ends with `suffix`, in upper or lower case.
    pub fn ends_with_any_case(self, suffix: &str) -> bool {
        let is_suffix = |value: &[u8]| {
            let before = value.len().checked_sub(suffix.len());
            let end = before.and_then(|before| value.get(before..));
            end.is_some_and(|end| end.eq_ignore_ascii_case(suffix.as_bytes()))
        };
        if self.escaped { is_suffix(self.decode().as_bytes()) } else { is_suffix(self.raw) }
    }

    /// The characters as they are written, if none of them is escaped.
    #[inline]
    pub(super) fn unescaped(self) -> Option<&'a [u8]> {
        if self.escaped { None } else { Some(self.raw) }
    }

    /// Whether the string's value has no characters.
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }
}

// Rare: most strings have no escapes.
fn unescape(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        value.push_str(before);
        let (character, length) = escape(after.as_bytes()).unwrap_or_default();
        value.push(character);
        rest = after.get(length..).unwrap_or_default();
    }
    value.push_str(rest);
    value
}

/// The character that an escape stands for, and its length without the backslash, bytes. `after` is the text after the
/// backslash.
pub(super) fn escape(after: &[u8]) -> Option<(char, usize)> {
    let (kind, after) = after.split_first()?;
    let character = match kind {
        b'"' | b'\\' | b'/' => char::from(*kind),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let (first, after) = code_unit(after)?;
            if !(0xd800..0xe000).contains(&first) {
                return Some((char::from_u32(first)?, 5));
            }
            let (second, _) = code_unit(after.strip_prefix(b"\\u")?)?;
            return Some((surrogate_pair(first, second)?, 11));
        }
        _ => return None,
    };
    Some((character, 1))
}

/// The UTF-16 code unit of four hexadecimal digits, and the text after them.
fn code_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let mut unit = 0;
    for digit in digits {
        unit = unit << 4 | char::from(*digit).to_digit(16)?;
    }
    Some((unit, rest))
}

/// The character that two UTF-16 code units stand for, if they are a pair of surrogates.
fn surrogate_pair(high: u32, low: u32) -> Option<char> {
    if (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low) {
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    } else {
        None
    }
}

/// How many bytes come before the first quote, backslash, control character or byte that is not ASCII.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk() {
        let not_plain = block::not_plain(block);
        if not_plain != 0 {
            return bytes.len() - rest.len() + not_plain.trailing_zeros() as usize;
        }
        rest = after;
    }
    bytes.len() - rest.len() + last_plain_length(bytes, rest)
}

/// The result of [`plain_length`] for `rest`, the end of `bytes`, which is shorter than a block.
fn last_plain_length(bytes: &[u8], rest: &[u8]) -> usize {
    if let Some(block) = bytes.last_chunk::<{ block::SIZE }>() {
        let not_plain = block::not_plain(block) >> (block.len() - rest.len());
        return rest.len().min(not_plain.trailing_zeros() as usize);
    }
    rest.iter()
        .take_while(|byte| matches!(byte, 0x20..0x80) && !matches!(byte, b'"' | b'\\'))
        .count()
}
