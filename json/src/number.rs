//! Reading a number.

use super::error::{ErrorKind, Expected, Result};
use super::reader::Reader;

impl<'a> Reader<'a> {
    /// Reads a number and returns it as it is written.
    pub fn number(&mut self) -> Result<&'a str> {
        self.peek()?;
        let start = self.rest;
        self.skip_number()?;
        let digits = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        Ok(std::str::from_utf8(digits).unwrap_or_default())
    }

    /// Reads an integer; none for `null`. A number that is not an integer, or does not fit, is returned as -1.
    pub fn integer_or_null(&mut self) -> Result<Option<i64>> {
        if self.null()? {
            return Ok(None);
        }
        Ok(Some(self.number()?.parse().unwrap_or(-1)))
    }

    pub(super) fn skip_number(&mut self) -> Result<()> {
        if !matches!(self.rest, [b'-' | b'0'..=b'9', ..]) {
            return Err(self.error(ErrorKind::Expected(Expected::Value)));
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
        // Without this check, "01" and "1x" would only be an error of the next read, or none at the end.
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
