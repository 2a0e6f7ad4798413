//! The reader: one pass over a JSON document, with positions.

use super::block::{WideBlock, plain_start};
use super::error::{Error, ErrorKind, Expected, Result};
use super::kind::Kind;
use super::raw_string::RawString;

/// The position where another member of an object, or element of an array, can be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InsertionPoint {
    /// Offset in the document, bytes: just after the last member, or after the opening bracket.
    pub at: usize,
    /// Whether there is no member yet, so that no comma is needed.
    pub empty: bool,
}

/// How far an object or a list has been read.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// Whether its opening bracket has been read.
    pub(super) begun: bool,
    pub(super) end: InsertionPoint,
}

/// The brackets around members or elements.
pub(super) struct Brackets {
    opening: u8,
    kind: Kind,
    closing: u8,
    end: Expected,
}

pub(super) const OBJECT: Brackets =
    Brackets { opening: b'{', kind: Kind::Object, closing: b'}', end: Expected::MemberOrEnd };
const LIST: Brackets =
    Brackets { opening: b'[', kind: Kind::Array, closing: b']', end: Expected::ElementOrEnd };

/// Reads a document from its start to its end.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    document: &'a [u8],
    /// The part of the document that has not been read yet.
    pub(super) rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of a document. It is checked to be UTF-8 while it is read.
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
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.position())
    }

    #[inline]
    pub(super) fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// The next byte that is not whitespace, without taking it.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8> {
        // The policy server writes no whitespace. Without this branch, an injected pod takes 2 % more instructions, and a pod
        // without a role 3 %.
        match self.rest {
            [byte, ..] if *byte > b' ' => Ok(*byte),
            _ => self.peek_after_whitespace(),
        }
    }

    fn peek_after_whitespace(&mut self) -> Result<u8> {
        loop {
            match self.rest {
                [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] => self.rest = rest,
                [byte, ..] => return Ok(*byte),
                [] => return Err(self.error(ErrorKind::End)),
            }
        }
    }

    /// Takes `wanted` if it comes next, after any whitespace.
    #[inline]
    pub(super) fn take(&mut self, wanted: u8) -> Result<bool> {
        match self.rest {
            [byte, rest @ ..] if *byte == wanted => {
                self.rest = rest;
                Ok(true)
            }
            [byte, ..] if *byte > b' ' => Ok(false),
            _ => self.take_after_whitespace(wanted),
        }
    }

    fn take_after_whitespace(&mut self, wanted: u8) -> Result<bool> {
        let found = self.peek()? == wanted;
        self.advance(usize::from(found));
        Ok(found)
    }

    #[inline]
    pub(super) fn expect(&mut self, wanted: u8, expected: Expected) -> Result<()> {
        if self.take(wanted)? { Ok(()) } else { Err(self.error(ErrorKind::Expected(expected))) }
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
            _ => Err(self.error(ErrorKind::Expected(Expected::Value))),
        }
    }

    /// Reads an object. `member` is called with each key and must read or skip the value.
    #[inline]
    pub fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, RawString<'a>) -> Result<()>,
    ) -> Result<InsertionPoint> {
        let mut progress = Progress::default();
        while let Some(key) = self.next_key(&mut progress)? {
            member(self, key)?;
        }
        Ok(progress.end)
    }

    fn next_key(&mut self, progress: &mut Progress) -> Result<Option<RawString<'a>>> {
        if let Some((key, _)) = self.plain_key(progress) {
            return Ok(Some(RawString::new(key, false)));
        }
        if self.another(progress, &OBJECT)? { self.key().map(Some) } else { Ok(None) }
    }

    /// Reads the next key of an object and the colon after it, if they are written as nearly all are: without
    /// whitespace, escapes and characters other than ASCII, shorter than 32 bytes, and not at the end of the document.
    /// Returns the key, and the eight bytes from its start, which may include bytes after its end. Without this
    /// function, an injected pod takes 20 % more instructions.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    pub(super) fn plain_key(&mut self, progress: &mut Progress) -> Option<(&'a [u8], u64)> {
        let before = if progress.begun { b',' } else { b'{' };
        let (start, inside) = self.rest.split_first_chunk::<2>()?;
        let block: &WideBlock = inside.first_chunk()?;
        if *start != [before, b'"'] {
            return None;
        }
        let (first, _) = block.split_first_chunk()?;
        match inside.split_at_checked(plain_start(block)?)? {
            (key, [b'"', b':', rest @ ..]) => {
                self.rest = rest;
                progress.begun = true;
                Some((key, u64::from_le_bytes(*first)))
            }
            _ => None,
        }
    }

    /// Reads an array. `element` is called for each element and must read or skip it.
    #[inline]
    pub fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<InsertionPoint> {
        let mut progress = Progress::default();
        while self.next_element(&mut progress)? {
            element(self)?;
        }
        Ok(progress.end)
    }

    fn next_element(&mut self, progress: &mut Progress) -> Result<bool> {
        self.another(progress, &LIST)
    }

    /// Reads up to the next member or element, or past the closing bracket. Returns whether there is another one.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    pub(super) fn another(&mut self, progress: &mut Progress, brackets: &Brackets) -> Result<bool> {
        if !progress.begun {
            self.expect(brackets.opening, Expected::Kind(brackets.kind))?;
            *progress =
                Progress { begun: true, end: InsertionPoint { at: self.position(), empty: true } };
            return Ok(!self.take(brackets.closing)?);
        }
        progress.end = InsertionPoint { at: self.position(), empty: false };
        if self.take(b',')? {
            return Ok(true);
        }
        self.expect(brackets.closing, brackets.end)?;
        Ok(false)
    }

    /// Reads a key and the colon after it.
    pub(super) fn key(&mut self) -> Result<RawString<'a>> {
        self.expect(b'"', Expected::Kind(Kind::String))?;
        let key = self.string()?;
        self.expect(b':', Expected::Colon)?;
        Ok(key)
    }

    /// Reads `true` or `false`. `null` is read as `false`.
    pub fn flag(&mut self) -> Result<bool> {
        match self.peek()? {
            b't' => self.literal("true").map(|()| true),
            b'f' => self.literal("false").map(|()| false),
            b'n' => self.literal("null").map(|()| false),
            _ => Err(self.error(ErrorKind::Expected(Expected::Kind(Kind::Boolean)))),
        }
    }

    /// Takes `null` if it comes next. Returns whether it did.
    pub fn null(&mut self) -> Result<bool> {
        if self.peek()? != b'n' {
            return Ok(false);
        }
        self.literal("null").map(|()| true)
    }

    /// Checks that only whitespace is left.
    pub fn end(&mut self) -> Result<()> {
        match self.peek() {
            Ok(_) => Err(self.error(ErrorKind::Expected(Expected::End))),
            Err(_) => Ok(()),
        }
    }

    pub(super) fn literal(&mut self, word: &'static str) -> Result<()> {
        match self.rest.strip_prefix(word.as_bytes()) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.error(ErrorKind::Expected(Expected::Value))),
        }
    }
}
