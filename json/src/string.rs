//! Reading a string.

use super::error::{ErrorKind, Expected, Result};
use super::kind::Kind;
use super::raw_string::{RawString, escape, plain_length};
use super::reader::Reader;

impl<'a> Reader<'a> {
    /// Reads a string.
    pub fn text(&mut self) -> Result<RawString<'a>> {
        self.expect(b'"', Expected::Kind(Kind::String))?;
        self.string()
    }

    /// Reads a string. `null` is read as an empty string.
    pub fn text_or_empty(&mut self) -> Result<RawString<'a>> {
        if let [b'"', rest @ ..] = self.rest {
            self.rest = rest;
            return self.string();
        }
        if self.null()? { Ok(RawString::default()) } else { self.text() }
    }

    /// Reads the inside of a string and its closing quote.
    pub(super) fn string(&mut self) -> Result<RawString<'a>> {
        let plain = plain_length(self.rest);
        match self.rest.split_at_checked(plain) {
            Some((raw, [b'"', rest @ ..])) => {
                self.rest = rest;
                Ok(RawString::new(raw, false))
            }
            _ => self.unusual_string(plain),
        }
    }

    /// Reads a string that has other than plain characters, the first of them at byte `plain`.
    fn unusual_string(&mut self, plain: usize) -> Result<RawString<'a>> {
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
        Ok(RawString::new(raw, escaped))
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
}
