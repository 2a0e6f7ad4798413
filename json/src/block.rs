//! Searching a block of 16 or 32 bytes at once.
//!
//! The vector instructions of WebAssembly (SIMD128, which is part of WebAssembly 2.0) process 16 bytes in one step. On
//! other targets, the same functions go through the bytes one by one.
//!
//! A result has a bit for each byte. The lowest bit is that of the first byte.

/// Bytes of a string. Most strings are too short for a wider block.
pub(super) type Block = [u8; SIZE];
pub(super) const SIZE: usize = 16;

/// Bytes of a key, or of a value that is skipped: as many as a mark has bits.
pub(super) type WideBlock = [u8; WIDE_SIZE];
pub(super) const WIDE_SIZE: usize = 2 * SIZE;

/// The bytes that the structure of a document depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) quotes: u32,
    pub(super) backslashes: u32,
    /// `{` and `[`
    pub(super) opening: u32,
    /// `}` and `]`
    pub(super) closing: u32,
    /// Control characters, which include all whitespace except the space, and bytes that are not ASCII.
    pub(super) unusual: u32,
}

/// The bytes of a block that the structure of a document depends on.
#[inline(always)]
#[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
pub(super) fn marks(block: &WideBlock) -> Marks {
    let [first, second] = block.as_chunks().0 else { return Marks::default() };
    let (first, second) = (marks_of_half(first), marks_of_half(second));
    let both = |low: u32, high: u32| low | high << SIZE;
    Marks {
        quotes: both(first.quotes, second.quotes),
        backslashes: both(first.backslashes, second.backslashes),
        opening: both(first.opening, second.opening),
        closing: both(first.closing, second.closing),
        unusual: both(first.unusual, second.unusual),
    }
}

/// How many bytes come before the first that [`not_plain`] finds, if there is one.
#[inline(always)]
#[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
pub(super) fn plain_start(block: &WideBlock) -> Option<usize> {
    let [first, second] = block.as_chunks().0 else { return None };
    let marks = not_plain(first);
    if marks != 0 {
        return Some(marks.trailing_zeros() as usize);
    }
    let marks = not_plain(second);
    if marks == 0 { None } else { Some(first.len() + marks.trailing_zeros() as usize) }
}

#[cfg(target_arch = "wasm32")]
use vector::marks_of_half;
#[cfg(target_arch = "wasm32")]
pub(super) use vector::{equal, not_plain};

#[cfg(target_arch = "wasm32")]
mod vector {
    use std::arch::wasm32::{
        i8x16_bitmask, i8x16_eq, i8x16_lt, i8x16_splat, u8x16_splat, u64x2, v128, v128_or,
    };

    use super::{Block, Marks};

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    fn load(block: &Block) -> v128 {
        let (low, high) = block.split_at(8);
        let word = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
        u64x2(word(low), word(high))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    fn find(byte: u8, bytes: v128) -> u32 {
        u32::from(i8x16_bitmask(i8x16_eq(bytes, u8x16_splat(byte))))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    pub(super) fn marks_of_half(block: &Block) -> Marks {
        let bytes = load(block);
        // `[` and `{` differ only in this bit, as do `]` and `}`.
        let folded = v128_or(bytes, u8x16_splat(b'[' ^ b'{'));
        Marks {
            quotes: find(b'"', bytes),
            backslashes: find(b'\\', bytes),
            opening: find(b'{', folded),
            closing: find(b'}', folded),
            unusual: u32::from(i8x16_bitmask(i8x16_lt(bytes, i8x16_splat(0x20)))),
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    pub(in super::super) fn not_plain(block: &Block) -> u32 {
        let bytes = load(block);
        let quotes = i8x16_eq(bytes, u8x16_splat(b'"'));
        let backslashes = i8x16_eq(bytes, u8x16_splat(b'\\'));
        // As signed numbers, bytes that are not ASCII are negative.
        let others = i8x16_lt(bytes, i8x16_splat(0x20));
        u32::from(i8x16_bitmask(v128_or(v128_or(quotes, backslashes), others)))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    pub(in super::super) fn equal(block: &Block, wanted: u8) -> u32 {
        find(wanted, load(block))
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn marks_of_half(block: &Block) -> Marks {
    Marks {
        quotes: equal(block, b'"'),
        backslashes: equal(block, b'\\'),
        opening: bits(block, |byte| matches!(byte, b'{' | b'[')),
        closing: bits(block, |byte| matches!(byte, b'}' | b']')),
        unusual: bits(block, |byte| !matches!(byte, 0x20..0x80)),
    }
}

/// The bytes that are not plain characters of a string: quotes, backslashes, control characters and bytes that are not
/// ASCII.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn not_plain(block: &Block) -> u32 {
    bits(block, |byte| !matches!(byte, 0x20..0x80) || matches!(byte, b'"' | b'\\'))
}

/// The bytes that are `wanted`.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn equal(block: &Block, wanted: u8) -> u32 {
    bits(block, |byte| byte == wanted)
}

#[cfg(not(target_arch = "wasm32"))]
fn bits(block: &Block, wanted: impl Fn(u8) -> bool) -> u32 {
    block.iter().rev().fold(0, |bits, byte| bits << 1 | u32::from(wanted(*byte)))
}
