//! Sixteen bytes at once.
//!
//! WebAssembly's vector instructions (SIMD128, which is part of WebAssembly 2.0) do in one step what takes a
//! dozen for eight bytes in a register. Where there are none, a byte at a time gives the same answers.

/// How many bytes are looked at at once.
pub(super) const SIZE: usize = 16;

/// As many bytes of a document.
pub(super) type Block = [u8; SIZE];

/// Which bytes of a block the structure of a document depends on; the first byte's bit is the lowest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) quotes: u32,
    pub(super) backslashes: u32,
    /// `{` and `[`
    pub(super) opening: u32,
    /// `}` and `]`
    pub(super) closing: u32,
    /// Control characters, which include white space but the blank, and what is no ASCII.
    pub(super) unusual: u32,
}

#[cfg(target_arch = "wasm32")]
mod vector {
    use std::arch::wasm32::{
        i8x16_bitmask, i8x16_eq, i8x16_lt, i8x16_splat, u8x16_splat, u64x2, v128, v128_or,
    };

    use super::{Block, Marks};

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is called for each block")]
    fn load(block: &Block) -> v128 {
        let (low, high) = block.split_at(8);
        let word = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
        u64x2(word(low), word(high))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is called for each block")]
    pub(in super::super) fn marks(block: &Block) -> Marks {
        let bytes = load(block);
        let found = |byte: u8, bytes| u32::from(i8x16_bitmask(i8x16_eq(bytes, u8x16_splat(byte))));
        // This bit is all that `[` and `{` differ in, and `]` and `}`.
        let folded = v128_or(bytes, u8x16_splat(b'[' ^ b'{'));
        Marks {
            quotes: found(b'"', bytes),
            backslashes: found(b'\\', bytes),
            opening: found(b'{', folded),
            closing: found(b'}', folded),
            unusual: u32::from(i8x16_bitmask(i8x16_lt(bytes, i8x16_splat(0x20)))),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is called for each block")]
    pub(in super::super) fn not_plain(block: &Block) -> u32 {
        let bytes = load(block);
        let quotes = i8x16_eq(bytes, u8x16_splat(b'"'));
        let backslashes = i8x16_eq(bytes, u8x16_splat(b'\\'));
        // As signed numbers, bytes that are no ASCII are negative.
        let others = i8x16_lt(bytes, i8x16_splat(0x20));
        u32::from(i8x16_bitmask(v128_or(v128_or(quotes, backslashes), others)))
    }
}
#[cfg(target_arch = "wasm32")]
pub(super) use vector::{marks, not_plain};

/// What the structure of a document depends on, in a block.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn marks(block: &Block) -> Marks {
    let found = |wanted: fn(u8) -> bool| bits(block, wanted);
    Marks {
        quotes: found(|byte| byte == b'"'),
        backslashes: found(|byte| byte == b'\\'),
        opening: found(|byte| matches!(byte, b'{' | b'[')),
        closing: found(|byte| matches!(byte, b'}' | b']')),
        unusual: found(|byte| !matches!(byte, 0x20..0x80)),
    }
}

/// The bytes that need a closer look inside a string: quotes, backslashes, control characters and what is no
/// ASCII.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn not_plain(block: &Block) -> u32 {
    bits(block, |byte| !matches!(byte, 0x20..0x80) || matches!(byte, b'"' | b'\\'))
}

#[cfg(not(target_arch = "wasm32"))]
fn bits(block: &Block, wanted: fn(u8) -> bool) -> u32 {
    block.iter().rev().fold(0, |bits, byte| bits << 1 | u32::from(wanted(*byte)))
}
