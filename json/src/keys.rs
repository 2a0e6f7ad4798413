//! Finding the key of a member among those that are needed.

use super::bytes::same_bytes;
use super::raw_string::RawString;

/// The largest number of keys.
const MAX_KEYS: usize = 32;

/// The content of a slot that has no key.
const FREE: u8 = u8::MAX;

/// The needed keys of an object, in a table that gives the only one that can be equal to a given key. If all of them
/// were compared instead, an injected pod would take 4 % more instructions.
#[derive(Debug)]
pub struct KeyTable<'k> {
    names: &'k [&'k str],
    /// With this factor, each key has a different slot.
    factor: u64,
    /// The number of the key in each slot.
    slots: [u8; MAX_KEYS],
}

impl<'k> KeyTable<'k> {
    /// The table of these keys, at most 32. It is for constants, because the factor is found by trial. If there is
    /// none, such as for two keys of the same length with the same first eight bytes, the search does not end, and the
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

    /// The number of the key that is equal to the string's value.
    pub(super) fn position_of_string(&self, key: RawString<'_>) -> Option<usize> {
        match key.unescaped() {
            Some(key) => self.position(key),
            None => self.position(key.decode().as_bytes()),
        }
    }

    /// The number of the key that is equal to `key`.
    fn position(&self, key: &[u8]) -> Option<usize> {
        self.position_of(key, first_bytes(key))
    }

    /// The number of the key that is equal to `key`. `first` are the eight bytes from its start, which may include
    /// bytes after its end.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "with the others: 8 % fewer instructions")]
    pub(super) fn position_of(&self, key: &[u8], first: u64) -> Option<usize> {
        let number = usize::from(*self.slots.get(slot(first, key.len(), self.factor))?);
        if same_bytes(self.names.get(number)?.as_bytes(), key) { Some(number) } else { None }
    }
}

/// The slot of a key. Bytes of `first` after the end of the key are ignored.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "five bits are left")]
const fn slot(first: u64, length: usize, factor: u64) -> usize {
    let first = if length < 8 { first & !(u64::MAX << (8 * length)) } else { first };
    (first.wrapping_add(length as u64).wrapping_mul(factor) >> (u64::BITS - MAX_KEYS.ilog2()))
        as usize
}

/// The first eight bytes of a key as a number. For a shorter key, the others are 0.
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
    use super::KeyTable;

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
    const KEYS: &KeyTable<'static> = &KeyTable::of(NAMES);

    #[test]
    fn each_key_is_found_but_no_key_that_differs_in_a_byte() {
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
    fn tables_with_many_keys_or_none_are_searched() {
        const DIGITS: &[&str] =
            &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"];
        const TABLE: &KeyTable<'static> = &KeyTable::of(DIGITS);
        for (number, digits) in DIGITS.iter().enumerate() {
            assert_eq!(TABLE.position(digits.as_bytes()), Some(number));
        }
        assert_eq!(TABLE.position(b"16"), None);
        assert_eq!(KeyTable::of(&[]).position(b""), None);
    }
}
