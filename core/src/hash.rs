//! FNV-1a: spreads well enough, and is three lines.

/// A number that looks random and is the same for the same text.
pub(crate) fn hash(text: &str) -> u32 {
    text.bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
