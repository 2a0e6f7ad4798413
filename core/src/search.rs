//! Searching a text for another, by looking at every place.
//!
//! The standard library's search is faster on long texts, and three kilobytes of the module; the texts
//! here are short.

/// Where `wanted` first stands in `text`; bytes.
pub(crate) fn find(text: &str, wanted: &str) -> Option<usize> {
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    let Some(first) = wanted.first() else { return Some(0) };
    (0..text.len()).find(|start| {
        text.get(*start) == Some(first)
            && text.get(*start..).is_some_and(|rest| rest.starts_with(wanted))
    })
}

/// Whether the ASCII character stands in `text`.
pub(crate) fn has(text: &str, wanted: u8) -> bool {
    text.bytes().any(|byte| byte == wanted)
}

/// Whether `wanted` stands in `text`.
pub(crate) fn contains(text: &str, wanted: &str) -> bool {
    find(text, wanted).is_some()
}

/// `text` with `other` in every place of `wanted`, which is not empty.
pub(crate) fn replaced(text: &str, wanted: &str, other: &str) -> String {
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

#[cfg(test)]
mod tests {
    use proptest::{prop_assert_eq, proptest};

    use super::{find, replaced};

    proptest! {
        #[test]
        fn it_finds_what_the_standard_library_finds(text in "[abé]{0,12}", wanted in "[abé]{0,3}") {
            prop_assert_eq!(find(&text, &wanted), text.find(&wanted));
            if !wanted.is_empty() {
                prop_assert_eq!(replaced(&text, &wanted, "x"), text.replace(&wanted, "x"));
            }
        }
    }
}
