//! Subjects that differ in a typo.
//!
//! The search of the policy for misspelled names has other rules: it is for short names of annotations and settings, in which case
//! and separators do not matter. In subjects they matter, and another number at the end is another name.

/// Whether two texts differ in one or two characters that are missing, added or changed, and are long enough for
/// that to be a typo. Takes time in proportion to the length: it compares only the start and the end.
pub(super) fn is_typo(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a == b || a.len().abs_diff(b.len()) > 2 || a.contains(&b'*') || a.contains(&b'?') {
        return false;
    }
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(start..).unwrap_or_default(), b.get(start..).unwrap_or_default());
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let differing = a.len().max(b.len()) - end;
    // Another number at the end is another name: `api-1`, `api-2`.
    let digit = |text: &[u8]| text.iter().any(u8::is_ascii_digit);
    differing <= 2 && start > 0 && !digit(a) && !digit(b)
}

#[cfg(test)]
mod tests {
    use super::is_typo;

    #[test]
    fn a_typo_is_distinguished_from_another_name() {
        for (a, b, expected) in [
            ("system:serviceaccount:shop:api", "system:serviceaccount:shop:apo", true),
            ("system:serviceaccount:payments:api", "system:serviceaccount:payment:api", true),
            ("system:serviceaccount:shop:paymetns", "system:serviceaccount:shop:payments", true),
            ("system:serviceaccount:shop:api-1", "system:serviceaccount:shop:api-2", false),
            ("system:serviceaccount:shop:web", "system:serviceaccount:shop:api", false),
            ("system:serviceaccount:shop:ap?", "system:serviceaccount:shop:api", false),
            ("a", "a", false),
        ] {
            assert_eq!(is_typo(a, b), expected, "{a} {b}");
        }
    }
}
