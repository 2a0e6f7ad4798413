//! Searching and comparing short texts.
//!
//! Here because this crate is compiled for speed. What the standard library has is made for long texts: its search for
//! a text is three kilobytes of the module, and what it does before it looks at a short one takes longer than the
//! looking. Separators are ASCII.

use super::block::{self, equal};
use super::bytes::same_bytes;

/// Whether the texts are the same. For long ones that usually are: `==` compares byte by byte.
#[inline(never)]
pub fn same(a: &str, b: &str) -> bool {
    same_bytes(a.as_bytes(), b.as_bytes())
}

/// Where `wanted` first stands in `text`; bytes.
#[inline(never)]
pub fn find(text: &str, wanted: &str) -> Option<usize> {
    let text = text.as_bytes();
    let (first, second, others) = match wanted.as_bytes() {
        [] => return Some(0),
        [only] => return find_byte(text, *only),
        [first, second, others @ ..] => (*first, *second, others),
    };
    let stands_at = |at: usize| match text.get(at..) {
        Some([a, b, after @ ..]) => *a == first && *b == second && after.starts_with(others),
        _ => false,
    };
    let Some(last_block) = text.len().checked_sub(block::SIZE + 1) else {
        return (0..text.len()).find(|at| stands_at(*at));
    };
    let mut at = 0;
    loop {
        // The last block may overlap the one before.
        at = at.min(last_block);
        let blocks = text.get(at..)?;
        let (_, after_one) = blocks.split_first()?;
        let mut marks =
            equal(blocks.first_chunk()?, first) & equal(after_one.first_chunk()?, second);
        while marks != 0 {
            let found = at + marks.trailing_zeros() as usize;
            if stands_at(found) {
                return Some(found);
            }
            marks &= marks - 1;
        }
        if at == last_block {
            return None;
        }
        at += block::SIZE;
    }
}

/// Whether `wanted` stands in `text`.
pub fn contains(text: &str, wanted: &str) -> bool {
    find(text, wanted).is_some()
}

/// Whether the ASCII character stands in `text`.
pub fn has(text: &str, wanted: u8) -> bool {
    find_byte(text.as_bytes(), wanted).is_some()
}

/// What stands before and after the first separator, if there is one.
#[inline(never)]
pub fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = find_byte(text.as_bytes(), separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The parts between separators, one more than there are separators.
pub fn split(text: &str, separator: u8) -> Split<'_> {
    Split { rest: Some(text), separator }
}

/// The parts of a text that are yet to come.
#[derive(Clone, Debug)]
pub struct Split<'t> {
    rest: Option<&'t str>,
    separator: u8,
}

impl<'t> Split<'t> {
    /// What has not been split yet; nothing behind the last part.
    pub fn rest(self) -> Option<&'t str> {
        self.rest
    }
}

impl<'t> Iterator for Split<'t> {
    type Item = &'t str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'t str> {
        let text = self.rest?;
        let (part, rest) = match split_once(text, self.separator) {
            Some((part, rest)) => (part, Some(rest)),
            None => (text, None),
        };
        self.rest = rest;
        Some(part)
    }
}

/// `text` with `other` in every place of `wanted`, which is not empty.
pub fn replaced(text: &str, wanted: &str, other: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = find(rest, wanted).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(before);
        out.push_str(other);
        rest = from.get(wanted.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[inline]
fn find_byte(bytes: &[u8], wanted: u8) -> Option<usize> {
    let Some(last_block) = bytes.len().checked_sub(block::SIZE) else {
        return bytes.iter().position(|byte| *byte == wanted);
    };
    let mut at = 0;
    loop {
        // The last block may overlap the one before.
        at = at.min(last_block);
        let marks = equal(bytes.get(at..)?.first_chunk()?, wanted);
        if marks != 0 {
            return Some(at + marks.trailing_zeros() as usize);
        }
        if at == last_block {
            return None;
        }
        at += block::SIZE;
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert_eq, proptest};

    use super::{find, has, replaced, same, split, split_once};

    proptest! {
        #[test]
        fn it_finds_what_the_standard_library_finds(
            text in "[abé]{0,40}",
            wanted in "[abé]{0,3}",
            rare in "[a-z]{0,40}",
        ) {
            for text in [&text, &rare] {
                prop_assert_eq!(find(text, &wanted), text.find(&wanted));
                prop_assert_eq!(has(text, b'b'), text.contains('b'));
                prop_assert_eq!(split_once(text, b'b'), text.split_once('b'));
                prop_assert_eq!(split(text, b'b').collect::<Vec<_>>(), text.split('b').collect::<Vec<_>>());
                if !wanted.is_empty() {
                    prop_assert_eq!(replaced(text, &wanted, "x"), text.replace(&wanted, "x"));
                }
            }
        }

        #[test]
        fn texts_that_differ_in_one_character_differ(text in "[ab]{1,40}", at in 0_usize..40) {
            let at = at % text.len();
            let mut other = text.clone();
            other.replace_range(at..=at, "c");
            prop_assert_eq!(same(&text, &other), false);
            prop_assert_eq!(same(&text, &text.clone()), true);
            other.truncate(at);
            prop_assert_eq!(same(&text, &other), false);
        }
    }

    #[test]
    fn what_is_left_after_some_parts_is_one_text() {
        let mut parts = split("a:b:c:d", b':');
        assert_eq!((parts.next(), parts.next()), (Some("a"), Some("b")));
        assert_eq!(parts.clone().rest(), Some("c:d"));
        assert_eq!(parts.by_ref().last(), Some("d"));
        assert_eq!(parts.rest(), None);
    }
}
