//! Comparing a value of a policy with the one in the request.
//!
//! Source: IAM User Guide, "IAM policy elements: Variables and tags": `${*}`, `${?}` and `${$}` stand for the
//! characters themselves; other `${…}` are variables.

use crate::glob::{Token, matches_by};
use crate::policy::Value;
use crate::truth::Truth;

/// How an operator compares strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// Every character matches itself.
    Exact,
    /// Every character matches itself, in upper and lower case.
    IgnoreCase,
    /// `*` and `?` are wildcards.
    Pattern,
}

/// Whether the value matches that of the request.
pub(crate) fn matches(
    comparison: Comparison,
    value: &Value,
    variables: bool,
    in_request: &str,
) -> Truth {
    let Some(tokens) = tokens(comparison, value, variables) else { return Truth::Unknown };
    let ascii = in_request.is_ascii();
    match comparison {
        Comparison::Pattern if !ascii && tokens.contains(&Token::One) => Truth::Unknown,
        Comparison::IgnoreCase => {
            let Some(literal) = literal(&tokens) else { return Truth::Unknown };
            match literal.eq_ignore_ascii_case(in_request.as_bytes()) {
                // Which letters that are not ASCII are the same in another case is not documented.
                false if !ascii || !literal.is_ascii() => Truth::Unknown,
                same => same.into(),
            }
        }
        _ => matches_by(&tokens, |token| *token, in_request.as_bytes()).into(),
    }
}

/// The parts of a value; none if it has a variable, or is not a string.
pub(crate) fn tokens(comparison: Comparison, value: &Value, variables: bool) -> Option<Vec<Token>> {
    let Value::Text(text) = value else { return None };
    let mut tokens = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'$' && rest.first() == Some(&b'{') {
            match rest {
                // In the older version, `${` has no special meaning; a value with it is not evaluated.
                [b'{', escaped @ (b'*' | b'?' | b'$'), b'}', after @ ..] if variables => {
                    tokens.push(Token::Byte(*escaped));
                    rest = after;
                }
                _ => return None,
            }
        } else if comparison == Comparison::Pattern {
            tokens.push(Token::of(*byte));
        } else {
            tokens.push(Token::Byte(*byte));
        }
    }
    Some(tokens)
}

/// Whether the value has a variable.
pub(crate) fn has_variable(value: &Value, variables: bool) -> bool {
    matches!(value, Value::Text(_)) && tokens(Comparison::Exact, value, variables).is_none()
}

/// The text of the parts, if none of them is a wildcard.
pub(crate) fn literal(tokens: &[Token]) -> Option<Vec<u8>> {
    let byte = |token: &Token| match token {
        Token::Byte(byte) => Some(*byte),
        Token::Any | Token::One => None,
    };
    tokens.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::{Comparison as C, Truth as T, Value, matches};

    #[test]
    fn a_value_matches_by_the_comparison_of_the_operator() {
        for (comparison, value, text, expected) in [
            (C::Exact, "a", "a", T::True),
            (C::Exact, "a", "A", T::False),
            (C::Exact, "a*", "ab", T::False),
            (C::Exact, "a*", "a*", T::True),
            (C::Exact, "a${*}", "a*", T::True),
            (C::Exact, "${$}{x}", "${x}", T::True),
            (C::Exact, "${aws:username}", "x", T::Unknown),
            (C::Exact, "${", "x", T::Unknown),
            (C::Exact, "$x", "$x", T::True),
            (C::IgnoreCase, "API", "api", T::True),
            (C::IgnoreCase, "a*", "ab", T::False),
            (C::IgnoreCase, "É", "é", T::Unknown),
            (C::Pattern, "a*", "ab:c", T::True),
            (C::Pattern, "a?", "ab", T::True),
            (C::Pattern, "a?", "a", T::False),
            (C::Pattern, "a${*}", "ab", T::False),
            (C::Pattern, "a${*}", "a*", T::True),
            (C::Pattern, "a${?}b", "a?b", T::True),
            (C::Pattern, "?", "é", T::Unknown),
            (C::Pattern, "*", "é", T::True),
            (C::Pattern, "${aws:PrincipalTag/team, 'x'}*", "x", T::Unknown),
        ] {
            let value = Value::Text(value.to_owned());
            assert_eq!(matches(comparison, &value, true, text), expected, "{value:?} {text}");
        }
    }

    #[test]
    fn numbers_and_escapes_of_the_older_version_are_unknown() {
        let number = Value::Number("1".to_owned());
        assert_eq!(matches(C::Exact, &number, true, "1"), T::Unknown);
        let escape = Value::Text("a${*}".to_owned());
        assert_eq!(matches(C::Exact, &escape, false, "a*"), T::Unknown);
    }
}
