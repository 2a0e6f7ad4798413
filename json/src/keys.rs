//! Finding the key of a member among those that are needed.

use super::bytes::same_bytes;
use super::raw_string::RawString;

/// The largest number of keys.
const MAX_KEYS: usize = 32;

/// In a slot that no key falls into.
const FREE: u8 = u8::MAX;

/// The needed keys of an object, in a table that finds the only one that can be equal to a given key. With
/// comparing all of them instead, an injected pod takes 4 % more instructions.
#[derive(Debug)]
pub struct Keys<'k> {
    names: &'k [&'k str],
    /// With it, each of the keys falls into a slot of its own.
    factor: u64,
    /// The number of the key that falls into each slot.
    slots: [u8; MAX_KEYS],
}

impl<'k> Keys<'k> {
    /// The table of these keys, 32 at the most. For constants: it is found by trying, and where there is none,
    /// as for two keys of one length that begin with the same eight bytes, the trying does not end and the
    /// constant does not compile.
    ///
    /// # Panics
    ///
    /// With more than 32 keys, which in a constant is an error of the compiler.
    #[allow(
        clippy::indexing_slicing,
        reason = "in a constant, an index out of bounds does not compile"
    )]
    pub const fn of(names: &'k [&'k str]) -> Self {
        assert!(names.len() <= MAX_KEYS, "more than 32 keys");
        let mut factor = 1_u64;
        loop {
            // Odd, and sufficiently random.
            factor = factor.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(2);
            let mut slots = [FREE; MAX_KEYS];
            let mut number = 0;
            while number < names.len() {
                let name = names[number].as_bytes();
                let slot = slot(first_bytes(name), name.len(), factor);
                if slots[slot] != FREE {
                    break;
                }
                #[allow(clippy::cast_possible_truncation, reason = "there are no more than 32")]
                {
                    slots[slot] = number as u8;
                }
                number += 1;
            }
            if number == names.len() {
                return Self { names, factor, slots };
            }
        }
    }

    /// The number of the key that the string's value is.
    pub(super) fn position_of_string(&self, key: RawString<'_>) -> Option<usize> {
        match key.unescaped() {
            Some(key) => self.position(key),
            None => self.position(key.decode().as_bytes()),
        }
    }

    /// The number of the key that is this one.
    fn position(&self, key: &[u8]) -> Option<usize> {
        self.position_of(key, first_bytes(key))
    }

    /// The number of the key that is this one, with eight bytes from its start, which can include what follows it, as `first`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    pub(super) fn position_of(&self, key: &[u8], first: u64) -> Option<usize> {
        let number = usize::from(*self.slots.get(slot(first, key.len(), self.factor))?);
        if same_bytes(self.names.get(number)?.as_bytes(), key) { Some(number) } else { None }
    }
}

/// The slot that a key falls into; what of `first` is behind its end does not count.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "five bits are left")]
const fn slot(first: u64, length: usize, factor: u64) -> usize {
    let first = if length < 8 { first & !(u64::MAX << (8 * length)) } else { first };
    (first.wrapping_add(length as u64).wrapping_mul(factor) >> (u64::BITS - MAX_KEYS.ilog2()))
        as usize
}

/// The first eight bytes, or what there is of them, as a number.
#[allow(clippy::indexing_slicing, reason = "below the length")]
const fn first_bytes(key: &[u8]) -> u64 {
    if let Some(first) = key.first_chunk() {
        return u64::from_le_bytes(*first);
    }
    let mut first = 0;
    let mut at = 0;
    while at < key.len() {
        first |= (key[at] as u64) << (8 * at);
        at += 1;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::Keys;

    const NAMES: &[&str] = &[
        "",
        "a",
        "os",
        "env",
        "name",
        "value",
        "volumes",
        "nodeName",
        "nodeNama",
        "valueFrom",
        "initContainers",
        "ephemeralContainers",
        "a name that is longer than two words",
    ];
    const KEYS: &Keys<'static> = &Keys::of(NAMES);

    #[test]
    fn each_key_is_found_and_nothing_that_differs_in_a_byte() {
        for (number, name) in NAMES.iter().enumerate() {
            assert_eq!(KEYS.position(name.as_bytes()), Some(number), "{name}");
            let other = |key: &[u8]| {
                let expected = NAMES.iter().position(|name| name.as_bytes() == key);
                assert_eq!(KEYS.position(key), expected, "{:?}", String::from_utf8_lossy(key));
            };
            for at in 0..name.len() {
                for byte in [0, b'a', b'e', b'z', 0xff] {
                    let mut key = name.as_bytes().to_vec();
                    key.splice(at..=at, [byte]);
                    other(&key);
                    key.insert(at, byte);
                    other(&key);
                    key.truncate(at);
                    other(&key);
                }
            }
        }
    }

    #[test]
    fn a_table_may_have_many_keys_or_none() {
        const DIGITS: &[&str] =
            &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"];
        const TABLE: &Keys<'static> = &Keys::of(DIGITS);
        for (number, digits) in DIGITS.iter().enumerate() {
            assert_eq!(TABLE.position(digits.as_bytes()), Some(number));
        }
        assert_eq!(TABLE.position(b"16"), None);
        assert_eq!(Keys::of(&[]).position(b""), None);
    }
}
