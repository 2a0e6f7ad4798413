//! The reader: one pass over a JSON document, with positions.

use super::text::{Text, code_unit, surrogate_pair};

/// How deep values may nest below the one that is skipped: what `serde_json`, which the policy server
/// reads requests with, allows for the whole document.
const MAX_DEPTH: u32 = 128;

/// Where and why a document could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Offset in the document, bytes.
    pub at: usize,
}

/// What is wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The document ends inside a value.
    End,
    /// Something else stands where this was expected.
    Expected(&'static str),
    /// A string has an escape that JSON does not know, a lone surrogate or a raw control character.
    String,
    /// A number is not written as JSON writes numbers.
    Number,
    /// Values are nested more than [`MAX_DEPTH`] levels deep.
    Depth,
    /// An object has a member twice that may be there once.
    Duplicate,
    /// The document is not UTF-8.
    Utf8,
}

impl ErrorKind {
    /// The error in words, to follow "at byte N: ".
    pub fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::End => ("it ends too early", ""),
            Self::Expected(what) => ("expected ", what),
            Self::String => ("a string has an invalid escape or a control character", ""),
            Self::Number => ("a number is malformed", ""),
            Self::Depth => ("values are nested too deeply", ""),
            Self::Duplicate => ("a member is defined twice", ""),
            Self::Utf8 => ("it is not UTF-8", ""),
        }
    }
}

type Result<T> = std::result::Result<T, Error>;

/// The kind of the value that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// Digits.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `null`
    Null,
}

impl Kind {
    /// The kind with its article.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "a list",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        }
    }
}

/// Where the next member of an object, or element of an array, can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Offset in the document, bytes: just after the last member, or after the opening bracket.
    pub at: usize,
    /// Whether there is no member yet, so that no comma is needed.
    pub empty: bool,
}

/// Reads a document from its start to its end.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    document: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of a document.
    pub fn new(document: &'a str) -> Self {
        Self { document, at: 0 }
    }

    /// Offset in the document, bytes.
    pub fn position(&self) -> usize {
        self.at
    }

    /// A second reader of the same document that starts at `position`.
    #[must_use]
    pub fn fork(&self, position: usize) -> Self {
        Self { document: self.document, at: position }
    }

    /// An error at the reader's position.
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error { kind, at: self.at }
    }

    fn byte(&self) -> Option<u8> {
        self.document.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space, without taking it.
    #[inline]
    fn peek(&mut self) -> Result<u8> {
        // The policy server writes no white space.
        match self.byte() {
            Some(byte) if byte > b' ' => Ok(byte),
            _ => self.peek_after_blanks(),
        }
    }

    #[cold]
    #[inline(never)]
    fn peek_after_blanks(&mut self) -> Result<u8> {
        while let Some(byte) = self.byte() {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(byte);
            }
            self.at += 1;
        }
        Err(self.error(ErrorKind::End))
    }

    /// Takes `wanted` if it comes next, white space aside.
    fn take(&mut self, wanted: u8) -> Result<bool> {
        let found = self.peek()? == wanted;
        self.at += usize::from(found);
        Ok(found)
    }

    #[inline]
    fn expect(&mut self, wanted: u8, what: &'static str) -> Result<()> {
        if self.byte() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        self.expect_after_blanks(wanted, what)
    }

    #[cold]
    #[inline(never)]
    fn expect_after_blanks(&mut self, wanted: u8, what: &'static str) -> Result<()> {
        if self.take(wanted)? { Ok(()) } else { Err(self.error(ErrorKind::Expected(what))) }
    }

    /// The kind of the value that comes next.
    pub fn kind(&mut self) -> Result<Kind> {
        match self.peek()? {
            b'{' => Ok(Kind::Object),
            b'[' => Ok(Kind::Array),
            b'"' => Ok(Kind::String),
            b't' | b'f' => Ok(Kind::Boolean),
            b'n' => Ok(Kind::Null),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            _ => Err(self.error(ErrorKind::Expected("a value"))),
        }
    }

    /// Reads an object. `member` is called with each key and must read or skip the value.
    // Not generic: one copy for all objects is a fifth of the module smaller than a copy for each.
    pub fn object(
        &mut self,
        member: &mut dyn FnMut(&mut Self, &str) -> Result<()>,
    ) -> Result<Place> {
        self.members(&mut |reader, key| member(reader, &key.decode()))
    }

    /// Reads an object, whose keys are given as they stand in the document.
    pub fn members(
        &mut self,
        member: &mut dyn FnMut(&mut Self, Text<'a>) -> Result<()>,
    ) -> Result<Place> {
        self.expect(b'{', "an object")?;
        let mut place = Place { at: self.at, empty: true };
        if self.take(b'}')? {
            return Ok(place);
        }
        loop {
            let key = self.text()?;
            self.expect(b':', "':'")?;
            member(self, key)?;
            place = Place { at: self.at, empty: false };
            if self.take(b'}')? {
                return Ok(place);
            }
            self.expect(b',', "',' or '}'")?;
        }
    }

    /// Reads an array. `element` is called for each element and must read or skip it.
    pub fn array(&mut self, element: &mut dyn FnMut(&mut Self) -> Result<()>) -> Result<Place> {
        self.expect(b'[', "a list")?;
        let mut place = Place { at: self.at, empty: true };
        if self.take(b']')? {
            return Ok(place);
        }
        loop {
            element(self)?;
            place = Place { at: self.at, empty: false };
            if self.take(b']')? {
                return Ok(place);
            }
            self.expect(b',', "',' or ']'")?;
        }
    }

    /// Reads a string.
    #[inline(never)]
    pub fn text(&mut self) -> Result<Text<'a>> {
        self.expect(b'"', "a string")?;
        let start = self.at;
        let escaped = self.string_body()?;
        let raw = self.document.get(start..self.at - 1).unwrap_or_default();
        Ok(Text::new(raw, escaped))
    }

    /// Reads a string, or nothing where `null` stands in its place.
    #[inline(never)]
    pub fn optional_text(&mut self) -> Result<Option<Text<'a>>> {
        if self.null()? { Ok(None) } else { self.text().map(Some) }
    }

    /// Reads `true` or `false`; `null` counts as `false`.
    #[inline(never)]
    pub fn flag(&mut self) -> Result<bool> {
        match self.peek()? {
            b't' => self.literal("true").map(|()| true),
            b'f' => self.literal("false").map(|()| false),
            b'n' => self.literal("null").map(|()| false),
            _ => Err(self.error(ErrorKind::Expected("a boolean"))),
        }
    }

    /// Reads a number and gives the characters it is written with.
    #[inline(never)]
    pub fn number(&mut self) -> Result<&'a str> {
        self.peek()?;
        let start = self.at;
        self.skip_number()?;
        Ok(self.document.get(start..self.at).unwrap_or_default())
    }

    /// Takes `null` if that comes next.
    #[inline(never)]
    pub fn null(&mut self) -> Result<bool> {
        if self.peek()? != b'n' {
            return Ok(false);
        }
        self.literal("null").map(|()| true)
    }

    /// Makes sure that nothing but white space is left.
    pub fn end(&mut self) -> Result<()> {
        match self.peek() {
            Ok(_) => Err(self.error(ErrorKind::Expected("the end"))),
            Err(_) => Ok(()),
        }
    }

    /// Reads past one value of any kind, checking that it is JSON.
    pub fn skip(&mut self) -> Result<()> {
        // One bit a level: whether it is an object.
        let mut objects: u128 = 0;
        let mut depth: u32 = 0;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    self.string_body()?;
                }
                opening @ (b'{' | b'[') => {
                    self.at += 1;
                    let object = opening == b'{';
                    if !self.take(if object { b'}' } else { b']' })? {
                        if depth == MAX_DEPTH {
                            return Err(self.error(ErrorKind::Depth));
                        }
                        depth += 1;
                        objects = objects << 1 | u128::from(object);
                        if object {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
                b't' => self.literal("true")?,
                b'f' => self.literal("false")?,
                b'n' => self.literal("null")?,
                _ => self.skip_number()?,
            }
            // A value has ended; so may the ones around it.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let object = objects & 1 == 1;
                if self.take(b',')? {
                    if object {
                        self.skip_key()?;
                    }
                    break;
                }
                if object {
                    self.expect(b'}', "',' or '}'")?;
                } else {
                    self.expect(b']', "',' or ']'")?;
                }
                depth -= 1;
                objects >>= 1;
            }
        }
    }

    fn skip_key(&mut self) -> Result<()> {
        self.expect(b'"', "a string")?;
        self.string_body()?;
        self.expect(b':', "':'")
    }

    fn literal(&mut self, word: &'static str) -> Result<()> {
        let rest = self.document.as_bytes().get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.error(ErrorKind::Expected("a value")))
        }
    }

    /// Reads past the inside of a string and its closing quote; says whether it has escapes.
    fn string_body(&mut self) -> Result<bool> {
        let mut escaped = false;
        loop {
            self.skip_plain_characters();
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.skip_escape()?;
                }
                Some(_) => return Err(self.error(ErrorKind::String)),
                None => return Err(self.error(ErrorKind::End)),
            }
        }
    }

    /// Reads past everything that is neither a quote nor a backslash nor a control character, eight
    /// bytes at a time: most of a request is inside strings.
    #[inline]
    fn skip_plain_characters(&mut self) {
        let rest = self.document.as_bytes().get(self.at..).unwrap_or_default();
        self.at += plain_length(rest);
    }

    fn skip_escape(&mut self) -> Result<()> {
        self.at += 1;
        let invalid = Err(self.error(ErrorKind::String));
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let after = self.document.get(self.at + 1..).unwrap_or_default();
                let Some((first, rest)) = code_unit(after) else { return invalid };
                self.at += 5;
                if !(0xd800..0xe000).contains(&first) {
                    return Ok(());
                }
                let second = rest.strip_prefix("\\u").and_then(code_unit);
                match second.and_then(|(second, _)| surrogate_pair(first, second)) {
                    Some(_) => {
                        self.at += 6;
                        Ok(())
                    }
                    None => invalid,
                }
            }
            Some(_) => invalid,
            None => Err(self.error(ErrorKind::End)),
        }
    }

    fn skip_number(&mut self) -> Result<()> {
        if !matches!(self.byte(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.error(ErrorKind::Expected("a value")));
        }
        self.at += usize::from(self.byte() == Some(b'-'));
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        // "01" and "1x" would otherwise be noticed only by what reads on, or not at all at the end.
        match self.byte() {
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-') => {
                Err(self.error(ErrorKind::Number))
            }
            _ => Ok(()),
        }
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(self.error(ErrorKind::Number)) }
    }
}

/// How many bytes come before the first quote, backslash or control character. Eight bytes at a time: most of
/// a request is inside strings.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let mut length = 0;
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        // With the second bit turned, a quote and all control characters are below 0x21, and nothing else.
        let turned = word ^ (ONES * 2);
        let slashes = word ^ (ONES * u64::from(b'\\'));
        let stops = ((turned.wrapping_sub(ONES * 0x21) & !turned)
            | (slashes.wrapping_sub(ONES) & !slashes))
            & HIGH;
        if stops != 0 {
            return length + (stops.trailing_zeros() / 8) as usize;
        }
        length += 8;
        rest = after;
    }
    length + rest.iter().take_while(|byte| **byte >= 0x20 && !matches!(byte, b'"' | b'\\')).count()
}

/// Fills `slot` with what `read` gives; refuses a second definition of the same member, because readers
/// of JSON disagree about which one counts.
pub fn once<'a, T>(
    reader: &mut Reader<'a>,
    slot: &mut Option<T>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T>,
) -> Result<()> {
    if slot.is_some() {
        return Err(reader.error(ErrorKind::Duplicate));
    }
    *slot = Some(read(reader)?);
    Ok(())
}
