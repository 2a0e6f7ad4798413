//! Patterns of IAM: `*` stands for any number of characters, `?` for one.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (StringLike). Unlike patterns in this
//! policy's settings, a wildcard crosses colons: `system:serviceaccount:*` covers every service account.

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// `*`
    Any,
    /// `?`
    One,
    /// The byte itself.
    Byte(u8),
}

impl Token {
    /// The meaning of the byte in a pattern without escapes.
    pub(crate) fn of(byte: u8) -> Self {
        match byte {
            b'*' => Self::Any,
            b'?' => Self::One,
            byte => Self::Byte(byte),
        }
    }
}

/// Whether a pattern without escapes covers the whole text.
pub fn matches(pattern: &str, text: &str) -> bool {
    matches_by(pattern.as_bytes(), |byte| Token::of(*byte), text.as_bytes())
}

/// Whether the pattern, whose parts `token` reads, covers the whole text. Takes time in proportion to the product of
/// both lengths at most. `?` stands for a byte, so that a text with it must be ASCII.
pub(crate) fn matches_by<P>(pattern: &[P], token: impl Fn(&P) -> Token, text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // At a mismatch, the last `*` takes one byte more; giving an earlier one more cannot help.
    let mut star = None;
    while let Some(&byte) = text.get(t) {
        match pattern.get(p).map(&token) {
            Some(Token::Any) => {
                star = Some((p, t));
                p += 1;
            }
            Some(Token::One) => {
                p += 1;
                t += 1;
            }
            Some(Token::Byte(wanted)) if wanted == byte => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((wildcard, end)) = star else { return false };
                star = Some((wildcard, end + 1));
                p = wildcard + 1;
                t = end + 1;
            }
        }
    }
    pattern.get(p..).is_none_or(|rest| rest.iter().all(|part| token(part) == Token::Any))
}

#[cfg(test)]
mod tests {
    use super::matches;

    /// A simple and slow implementation, for comparison.
    fn defined(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) if defined(rest, text) => true,
            (Some((b'*', _)), Some((_, after))) => defined(pattern, after),
            (Some((b'?', rest)), Some((_, after))) => defined(rest, after),
            (Some((wanted, rest)), Some((byte, after))) => wanted == byte && defined(rest, after),
            _ => false,
        }
    }

    #[test]
    fn a_wildcard_crosses_colons() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("system:serviceaccount:*", "system:serviceaccount:shop:api", true),
            ("system:serviceaccount:shop:*", "system:serviceaccount:shops:api", false),
            ("system:*:api", "system:serviceaccount:shop:api", true),
            ("api-?", "api-1", true),
            ("api-?", "api-10", false),
            ("api?", "api", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn patterns_match_as_they_are_defined(pattern in "[ab*?:]{0,8}", text in "[ab:]{0,10}") {
            assert_eq!(matches(&pattern, &text), defined(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
