//! Skipping values that no check reads, 32 bytes at a time.

use super::block::{Marks, WIDE_SIZE, WideBlock, marks};
use super::error::{ErrorKind, Result};
use super::reader::Reader;

impl Reader<'_> {
    /// Skips one value of any kind. Strings are checked. Inside an object or a list, brackets are only counted, so `[` may be
    /// closed by `}`, and nothing else is checked. [`check`](Reader::check) checks everything.
    pub fn skip(&mut self) -> Result<()> {
        match self.peek()? {
            b'"' => {
                self.advance(1);
                self.string().map(drop)
            }
            b'{' | b'[' => self.skip_nested(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.skip_number(),
        }
    }

    /// Skips an object or a list, up to its closing bracket. It reads only quotes, and brackets outside of strings. If
    /// there are other characters than printable ASCII, or unusual escapes, the value is read again by the slower
    /// [`check`](Reader::check).
    fn skip_nested(&mut self) -> Result<()> {
        let mut nested = Nested::default();
        let mut rest = self.rest;
        let length = loop {
            let Some((block, after)) = rest.split_first_chunk() else {
                // Spaces at the end do not close the value.
                let mut block = [b' '; WIDE_SIZE];
                for (to, from) in block.iter_mut().zip(rest) {
                    *to = *from;
                }
                break nested.closing(&block);
            };
            if let Some(length) = nested.closing(block) {
                break Some(length);
            }
            rest = after;
        };
        if nested.unusual != 0 {
            return self.check();
        }
        self.rest = rest.get(length.unwrap_or(rest.len())..).unwrap_or_default();
        if length.is_none() { Err(self.error(ErrorKind::End)) } else { Ok(()) }
    }
}

/// The state before the next block of a value.
#[derive(Default)]
struct Nested {
    /// How many brackets are open.
    depth: u32,
    /// Whether the block begins inside a string, as a bit for each byte.
    string: u32,
    /// Whether the first byte of the block is escaped by a backslash, as the lowest bit.
    escaped: u32,
    /// Not zero if there were other characters than printable ASCII, or an escape that is neither `\"` nor `\\`.
    unusual: u32,
}

impl Nested {
    /// Reads a block. Returns the length up to and including the closing bracket of the value, if the block has it.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    fn closing(&mut self, block: &WideBlock) -> Option<usize> {
        let Marks { mut quotes, backslashes, opening, closing, mut unusual } = marks(block);
        if backslashes | self.escaped != 0 {
            let escaped = self.escaped_bytes(backslashes);
            unusual |= escaped & !(quotes | backslashes);
            quotes &= !escaped;
        }
        // Each bit becomes the parity of the bits up to it, so the bits from an opening quote up to before the closing
        // quote are set.
        let mut inside = quotes;
        inside ^= inside << 1;
        inside ^= inside << 2;
        inside ^= inside << 4;
        inside ^= inside << 8;
        inside ^= inside << 16;
        inside ^= self.string;
        self.string = (inside >> (u32::BITS - 1)).wrapping_neg();

        let (opening, closing) = (opening & !inside, closing & !inside);
        let closed = closing.count_ones();
        if closed >= self.depth {
            let mut left = closing;
            let mut count = 0;
            while left != 0 {
                count += 1;
                let up_to_here = left ^ (left - 1);
                if self.depth + (opening & up_to_here).count_ones() == count {
                    self.unusual |= unusual & up_to_here;
                    return Some(left.trailing_zeros() as usize + 1);
                }
                left &= left - 1;
            }
        }
        self.unusual |= unusual;
        self.depth = self.depth + opening.count_ones() - closed;
        None
    }

    /// The bytes that are escaped: they follow a backslash that is not itself escaped.
    fn escaped_bytes(&mut self, backslashes: u32) -> u32 {
        let mut escaped = self.escaped;
        let mut left = backslashes & !escaped;
        self.escaped = 0;
        while left != 0 {
            let first = left & left.wrapping_neg();
            let after = first << 1;
            escaped |= after;
            self.escaped = first >> (u32::BITS - 1);
            left &= (left - 1) & !after;
        }
        escaped
    }
}
