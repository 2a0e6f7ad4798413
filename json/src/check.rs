//! Skipping a value, with all checks of a JSON parser.

use super::error::{ErrorKind, Expected, Result};
use super::reader::Reader;

/// The largest depth of nested values: one more than `serde_json` allows.
const MAX_DEPTH: u32 = 128;

impl Reader<'_> {
    /// Skips one value of any kind, and checks that all of it is valid JSON, unlike [`Reader::skip`]. It is for
    /// documents that people write.
    pub fn check(&mut self) -> Result<()> {
        // A bit for each level: whether it is an object.
        let mut objects: u128 = 0;
        let mut depth: u32 = 0;
        loop {
            match self.peek()? {
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
                            self.key()?;
                        }
                        continue;
                    }
                }
                _ => self.skip()?,
            }
            // A value has ended. The values around it may end, too.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let object = objects & 1 == 1;
                if self.take(b',')? {
                    if object {
                        self.key()?;
                    }
                    break;
                }
                if object {
                    self.expect(b'}', Expected::MemberOrEnd)?;
                } else {
                    self.expect(b']', Expected::ElementOrEnd)?;
                }
                depth -= 1;
                objects >>= 1;
            }
        }
    }
}
