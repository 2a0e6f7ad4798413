//! Patterns with `*` and `?` in settings.
//!
//! `*` matches any number of characters, and `?` matches one. Neither matches a colon, so that a wildcard in one part
//! of an ARN cannot match text of another part, such as the account. `*` matches slashes: `role/team/*` covers every
//! path below.

use aws_pod_identity_trust::glob;

/// The longest text that can match, bytes: longer than any ARN of a role and any name in Kubernetes.
const MAX_TEXT: usize = 1024;

/// Whether the pattern matches the whole text. At worst, the time is proportional to the product of the lengths of the
/// longest parts between colons. Texts that are too long for names and ARNs match nothing: the API server rejects them
/// only after the webhooks.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    if text.len() > MAX_TEXT || !starts_alike(pattern, text) {
        return false;
    }
    let mut patterns = pattern.split(':');
    let mut texts = text.split(':');
    loop {
        match (patterns.next(), texts.next()) {
            (Some(pattern), Some(text)) if glob::matches(pattern, text) => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// Whether the text starts with the part of the pattern before its first wildcard or `{`. It excludes most of many
/// patterns: without it, a pod takes 10 % more instructions with 200 role mappings. The patterns of `allowedRoles` that
/// it excludes are not copied.
pub(crate) fn starts_alike(pattern: &str, text: &str) -> bool {
    let mut literal = pattern.bytes().take_while(|byte| !matches!(byte, b'*' | b'?' | b'{'));
    let mut text = text.bytes();
    literal.all(|byte| text.next() == Some(byte))
}

#[cfg(test)]
mod tests {
    use super::matches;

    /// The definition, without optimization.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) if naive(rest, text) => true,
            (Some((b'*', _)), Some((byte, after))) => *byte != b':' && naive(pattern, after),
            (Some((b'?', rest)), Some((byte, after))) => *byte != b':' && naive(rest, after),
            (Some((wanted, rest)), Some((byte, after))) => wanted == byte && naive(rest, after),
            _ => false,
        }
    }

    #[test]
    fn a_star_matches_slashes_but_not_colons() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "payments", true),
            ("pay*", "payments", true),
            ("pay*s", "payments", true),
            ("*a*m*", "payments", true),
            ("pay?ents", "payments", true),
            ("pay", "payments", false),
            ("payments?", "payments", false),
            ("*:role/*", "arn:role/a/b", true),
            ("arn:*:role/*", "arn:aws:iam::123456789012:role/x", false),
            ("arn:aws:iam::*:role/x", "arn:aws:iam::123456789012:role/x", true),
            ("arn:aws:iam::1*", "arn:aws:iam::123456789012:role/x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn patterns_match_as_they_are_defined(pattern in "[ab*?:]{0,8}", text in "[ab:/]{0,10}") {
            assert_eq!(
                matches(&pattern, &text),
                naive(pattern.as_bytes(), text.as_bytes()),
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_text_that_is_too_long_for_a_name_matches_nothing() {
        for (length, expected) in [(1, true), (1024, true), (1025, false), (5000, false)] {
            assert_eq!(matches("*", &"a".repeat(length)), expected, "{length}");
        }
    }
}
