//! Reading past what no rule looks at, sixteen bytes at a time.

use super::block::{self, Block, Marks, marks};
use super::reader::{ErrorKind, Reader, Result};

impl Reader<'_> {
    /// Reads past one value of any kind. All strings in it are checked, as is that what is opened is closed; of
    /// what stands between the strings inside an object or a list, nothing else is, as
    /// [`check`](Reader::check) does.
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

    /// Reads past an object or a list, up to the bracket that closes it: only where strings begin and end, and
    /// brackets outside of them, matter. What has any string that is more than printable ASCII is looked at
    /// again, with care.
    #[inline(never)]
    fn skip_nested(&mut self) -> Result<()> {
        let mut nested = Nested::default();
        let mut rest = self.rest;
        let length = loop {
            let Some((block, after)) = rest.split_first_chunk() else {
                // White space ends nothing.
                let mut block = [b' '; block::SIZE];
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
        if nested.unusual {
            return self.check();
        }
        self.rest = rest.get(length.unwrap_or(rest.len())..).unwrap_or_default();
        if length.is_none() { Err(self.error(ErrorKind::End)) } else { Ok(()) }
    }
}

/// What is known of a value before the next block of it.
#[derive(Default)]
struct Nested {
    /// How many brackets are open.
    depth: u32,
    /// Whether the block begins inside a string, as a bit for each byte.
    string: u32,
    /// Whether the first byte of the block is behind a backslash, as the lowest bit.
    escaped: u32,
    /// Whether there has been anything but printable ASCII, or an escape that is neither `\"` nor `\\`.
    unusual: bool,
}

impl Nested {
    /// Goes on through a block; gives the length up to and with the bracket that closes the value, if it is
    /// there.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the loop over what no rule looks at")]
    fn closing(&mut self, block: &Block) -> Option<usize> {
        let Marks { mut quotes, backslashes, opening, closing, unusual } = marks(block);
        self.unusual |= unusual != 0;
        if backslashes | self.escaped != 0 {
            let mut left = backslashes & !self.escaped;
            while left != 0 {
                let next = (left & left.wrapping_neg()) << 1;
                self.escaped |= next;
                left &= (left - 1) & !next;
            }
            let escaped = self.escaped & 0xffff;
            self.unusual |= escaped & !(quotes | backslashes) != 0;
            quotes &= !escaped;
            self.escaped >>= block::SIZE;
        }
        // Each bit becomes the sum of those up to it: set from an opening quote up to before the closing one.
        let mut inside = quotes;
        inside ^= inside << 1;
        inside ^= inside << 2;
        inside ^= inside << 4;
        inside ^= inside << 8;
        inside = (inside ^ self.string) & 0xffff;
        self.string = (inside >> (block::SIZE - 1)) * 0xffff;

        let (opening, closing) = (opening & !inside, closing & !inside);
        let closed = closing.count_ones();
        if closed >= self.depth {
            let mut left = closing;
            let mut count = 0;
            while left != 0 {
                count += 1;
                let up_to_here = left ^ (left - 1);
                if self.depth + (opening & up_to_here).count_ones() == count {
                    return Some(left.trailing_zeros() as usize + 1);
                }
                left &= left - 1;
            }
        }
        self.depth = self.depth + opening.count_ones() - closed;
        None
    }
}
