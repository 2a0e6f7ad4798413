//! Comparing bytes. With `==`, an injected pod takes 13 % more instructions.

/// Whether the bytes are the same. `==` calls the function of the C library, which compares bytes one by one. This
/// function compares words. The last word may overlap the one before.
#[inline]
pub(super) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if let (Some(last_a), Some(last_b)) = (a.last_chunk::<8>(), b.last_chunk::<8>()) {
        let (words_a, words_b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
        return last_a == last_b && words_a.iter().zip(words_b).all(|(a, b)| a == b);
    }
    match (a.split_first_chunk::<4>(), b.split_first_chunk::<4>()) {
        (Some((first_a, _)), Some((first_b, _))) => {
            first_a == first_b && a.last_chunk::<4>() == b.last_chunk::<4>()
        }
        _ => a == b,
    }
}
