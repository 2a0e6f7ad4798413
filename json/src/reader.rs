//! The reader: one pass over a JSON document, with positions.

use super::text::{Text, escape, plain_length};

/// How deep values may nest below the one that is skipped: what `serde_json`, which the policy server
/// reads requests with, allows for the whole document.
const MAX_DEPTH: u32 = 128;

/// Where and why a document could not be read.
// In a box: what every method returns is a register that way, and not a place in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<(ErrorKind, usize)>);

impl Error {
    /// What is wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.0
    }

    /// Offset in the document, bytes.
    pub fn at(&self) -> usize {
        self.0.1
    }
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
    document: &'a [u8],
    /// What has not been read yet: the end of the document.
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of a document. Whether it is UTF-8 is checked on the way.
    pub fn new(document: &'a [u8]) -> Self {
        Self { document, rest: document }
    }

    /// Offset in the document, bytes.
    pub fn position(&self) -> usize {
        self.document.len() - self.rest.len()
    }

    /// A second reader of the same document that starts at `position`.
    #[must_use]
    pub fn fork(&self, position: usize) -> Self {
        Self { document: self.document, rest: self.document.get(position..).unwrap_or_default() }
    }

    /// An error at the reader's position.
    #[cold]
    #[inline(never)]
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error(Box::new((kind, self.position())))
    }

    #[inline]
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// The next byte that is not white space, without taking it.
    #[inline]
    fn peek(&mut self) -> Result<u8> {
        // The policy server writes no white space.
        match self.rest {
            [byte, ..] if *byte > b' ' => Ok(*byte),
            _ => self.peek_after_blanks(),
        }
    }

    #[cold]
    #[inline(never)]
    fn peek_after_blanks(&mut self) -> Result<u8> {
        loop {
            match self.rest {
                [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] => self.rest = rest,
                [byte, ..] => return Ok(*byte),
                [] => return Err(self.error(ErrorKind::End)),
            }
        }
    }

    /// Takes `wanted` if it comes next, white space aside.
    #[inline]
    fn take(&mut self, wanted: u8) -> Result<bool> {
        match self.rest {
            [byte, rest @ ..] if *byte == wanted => {
                self.rest = rest;
                Ok(true)
            }
            [byte, ..] if *byte > b' ' => Ok(false),
            _ => self.take_after_blanks(wanted),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_after_blanks(&mut self, wanted: u8) -> Result<bool> {
        let found = self.peek()? == wanted;
        self.advance(usize::from(found));
        Ok(found)
    }

    #[inline]
    fn expect(&mut self, wanted: u8, what: &'static str) -> Result<()> {
        match self.rest {
            [byte, rest @ ..] if *byte == wanted => {
                self.rest = rest;
                Ok(())
            }
            _ => self.expect_after_blanks(wanted, what),
        }
    }

    #[cold]
    #[inline(never)]
    fn expect_after_blanks(&mut self, wanted: u8, what: &'static str) -> Result<()> {
        if self.take_after_blanks(wanted)? {
            Ok(())
        } else {
            Err(self.error(ErrorKind::Expected(what)))
        }
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

    /// Reads an object of which the members named in `keys` matter, 32 at the most: `member` is called
    /// with the number of each and must read or skip its value. The others are read past. A second
    /// definition of a member that matters is refused, because readers of JSON disagree about which one
    /// counts. [`object!`](crate::object) is the readable way to write it.
    // Not generic: one copy for all objects is a fifth of the module smaller than a copy for each.
    pub fn object(
        &mut self,
        keys: &[&str],
        member: &mut dyn FnMut(&mut Self, usize) -> Result<()>,
    ) -> Result<Place> {
        let mut seen = 0_u32;
        self.each_member(|reader, key| {
            let Some(number) = key.position_in(keys) else { return reader.skip() };
            let bit = 1_u32.wrapping_shl(u32::try_from(number).unwrap_or_default());
            if seen & bit != 0 {
                return Err(reader.error(ErrorKind::Duplicate));
            }
            seen |= bit;
            member(reader, number)
        })
    }

    /// Reads an object. `member` is called with each key and must read or skip the value.
    pub fn members(
        &mut self,
        member: &mut dyn FnMut(&mut Self, Text<'a>) -> Result<()>,
    ) -> Result<Place> {
        self.each_member(member)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the loop over members is where time goes")]
    fn each_member(
        &mut self,
        mut member: impl FnMut(&mut Self, Text<'a>) -> Result<()>,
    ) -> Result<Place> {
        self.expect(b'{', "an object")?;
        let mut place = Place { at: self.position(), empty: true };
        if self.take(b'}')? {
            return Ok(place);
        }
        loop {
            self.expect(b'"', "a string")?;
            let key = self.string()?;
            self.expect(b':', "':'")?;
            member(self, key)?;
            place = Place { at: self.position(), empty: false };
            if self.take(b',')? {
                continue;
            }
            self.expect(b'}', "',' or '}'")?;
            return Ok(place);
        }
    }

    /// Reads an array. `element` is called for each element and must read or skip it.
    pub fn array(&mut self, element: &mut dyn FnMut(&mut Self) -> Result<()>) -> Result<Place> {
        self.expect(b'[', "a list")?;
        let mut place = Place { at: self.position(), empty: true };
        if self.take(b']')? {
            return Ok(place);
        }
        loop {
            element(self)?;
            place = Place { at: self.position(), empty: false };
            if self.take(b',')? {
                continue;
            }
            self.expect(b']', "',' or ']'")?;
            return Ok(place);
        }
    }

    /// Reads a string.
    #[inline(never)]
    pub fn text(&mut self) -> Result<Text<'a>> {
        self.expect(b'"', "a string")?;
        self.string()
    }

    /// Reads a string; `null` counts as empty.
    #[inline(never)]
    pub fn text_or_empty(&mut self) -> Result<Text<'a>> {
        if let [b'"', rest @ ..] = self.rest {
            self.rest = rest;
            return self.string();
        }
        if self.null()? { Ok(Text::default()) } else { self.text() }
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
        let start = self.rest;
        self.skip_number()?;
        let digits = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        Ok(std::str::from_utf8(digits).unwrap_or_default())
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
                    self.advance(1);
                    self.string()?;
                }
                opening @ (b'{' | b'[') => {
                    self.advance(1);
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

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "called from one function, twice")]
    fn skip_key(&mut self) -> Result<()> {
        self.expect(b'"', "a string")?;
        self.string()?;
        self.expect(b':', "':'")
    }

    fn literal(&mut self, word: &'static str) -> Result<()> {
        match self.rest.strip_prefix(word.as_bytes()) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.error(ErrorKind::Expected("a value"))),
        }
    }

    /// Reads the inside of a string and its closing quote.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "most of a request is inside strings")]
    fn string(&mut self) -> Result<Text<'a>> {
        let plain = plain_length(self.rest);
        match self.rest.split_at_checked(plain) {
            Some((raw, [b'"', rest @ ..])) => {
                self.rest = rest;
                Ok(Text::new(raw, false))
            }
            _ => self.unusual_string(plain),
        }
    }

    /// Reads a string that has something else than plain characters, from byte `plain` on.
    #[cold]
    #[inline(never)]
    fn unusual_string(&mut self, plain: usize) -> Result<Text<'a>> {
        let start = self.rest;
        let mut escaped = false;
        let mut ascii = true;
        self.advance(plain);
        loop {
            match self.rest {
                [b'"', ..] => break,
                [b'\\', ..] => {
                    escaped = true;
                    self.skip_escape()?;
                }
                [0x80..=0xff, rest @ ..] => {
                    ascii = false;
                    self.rest = rest;
                }
                [_, ..] => return Err(self.error(ErrorKind::String)),
                [] => return Err(self.error(ErrorKind::End)),
            }
            self.advance(plain_length(self.rest));
        }
        let raw = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        if !ascii && let Err(error) = std::str::from_utf8(raw) {
            self.rest = start.get(error.valid_up_to()..).unwrap_or_default();
            return Err(self.error(ErrorKind::Utf8));
        }
        self.advance(1);
        Ok(Text::new(raw, escaped))
    }

    fn skip_escape(&mut self) -> Result<()> {
        self.advance(1);
        match escape(self.rest) {
            Some((_, length)) => {
                self.advance(length);
                Ok(())
            }
            None if self.rest.is_empty() => Err(self.error(ErrorKind::End)),
            None => Err(self.error(ErrorKind::String)),
        }
    }

    fn skip_number(&mut self) -> Result<()> {
        if !matches!(self.rest, [b'-' | b'0'..=b'9', ..]) {
            return Err(self.error(ErrorKind::Expected("a value")));
        }
        self.advance(usize::from(matches!(self.rest, [b'-', ..])));
        if let [b'0', rest @ ..] = self.rest {
            self.rest = rest;
        } else {
            self.digits()?;
        }
        if let [b'.', rest @ ..] = self.rest {
            self.rest = rest;
            self.digits()?;
        }
        if let [b'e' | b'E', rest @ ..] = self.rest {
            self.rest = rest;
            self.advance(usize::from(matches!(self.rest, [b'+' | b'-', ..])));
            self.digits()?;
        }
        // "01" and "1x" would otherwise be noticed only by what reads on, or not at all at the end.
        match self.rest {
            [byte, ..] if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-') => {
                Err(self.error(ErrorKind::Number))
            }
            _ => Ok(()),
        }
    }

    fn digits(&mut self) -> Result<()> {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.error(ErrorKind::Number));
        }
        self.advance(count);
        Ok(())
    }
}
