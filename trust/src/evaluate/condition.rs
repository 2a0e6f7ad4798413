//! Whether a condition holds.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or
//! values", and "Set operators for multivalued context keys":
//!
//! * One of the values has to match; for a negated operator, none of them may.
//! * Without the key in the request, an operator does not hold and a negated one does. With `IfExists` and with
//!   `ForAllValues:` any operator holds, with `ForAnyValue:` none does. What AWS does with `ForAnyValue:` and `IfExists`
//!   together is not documented: each page describes its half.
//! * `Null` holds with `true` where the key is absent, with `false` where it is present.
//! * A variable that AWS cannot resolve can make the statement invalid ("IAM policy elements: Variables and tags"), so a
//!   condition with a variable never certainly holds.

use super::key::InRequest;
use super::value::{self, Comparison};
use crate::policy::{Condition, Value};
use crate::truth::Truth;

/// The parts of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) set: Option<Set>,
    pub(crate) test: Test,
    pub(crate) if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    AllValues,
    AnyValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    Null,
    String { comparison: Comparison, negated: bool },
}

impl Operator {
    /// None for operators that are not for strings, and for what is not an operator.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let (set, rest) = match written.split_once(':') {
            None => (None, written),
            Some(("ForAllValues", rest)) => (Some(Set::AllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(Set::AnyValue), rest),
            Some(_) => return None,
        };
        let (operator, if_exists) = match rest.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (rest, false),
        };
        let string = |comparison, negated| Test::String { comparison, negated };
        let test = match operator {
            "StringEquals" => string(Comparison::Exact, false),
            "StringNotEquals" => string(Comparison::Exact, true),
            "StringEqualsIgnoreCase" => string(Comparison::IgnoreCase, false),
            "StringNotEqualsIgnoreCase" => string(Comparison::IgnoreCase, true),
            "StringLike" => string(Comparison::Pattern, false),
            "StringNotLike" => string(Comparison::Pattern, true),
            "Null" if set.is_none() && !if_exists => Test::Null,
            _ => return None,
        };
        Some(Self { set, test, if_exists })
    }
}

/// Whether the condition holds for the value of its key in the request.
pub(crate) fn holds(condition: &Condition, in_request: InRequest<'_>, variables: bool) -> Truth {
    let Some(operator) = Operator::parse(&condition.operator) else { return Truth::Unknown };
    // The meaning of an empty list is not documented.
    if condition.values.is_empty() {
        return Truth::Unknown;
    }
    match (operator.test, in_request) {
        (_, InRequest::Unknown) => Truth::Unknown,
        (Test::Null, InRequest::Absent) => Truth::any(condition.values.iter().map(is_true)),
        (Test::Null, InRequest::Value(_)) => {
            Truth::any(condition.values.iter().map(|value| is_true(value).not()))
        }
        (Test::String { negated, .. }, InRequest::Absent) => {
            match (operator.set, operator.if_exists) {
                (Some(Set::AllValues), _) | (None, true) => Truth::True,
                (Some(Set::AnyValue), true) => Truth::Unknown,
                (Some(Set::AnyValue), false) => Truth::False,
                (None, false) => negated.into(),
            }
        }
        // The keys that are known here have one value each, so that all values and any value are the same.
        (Test::String { comparison, negated }, InRequest::Value(text)) => {
            let values = || condition.values.iter();
            let any =
                Truth::any(values().map(|one| value::matches(comparison, one, variables, text)));
            let holds = if negated { any.not() } else { any };
            let variable = values().any(|one| value::has_variable(one, variables));
            holds.and(if variable { Truth::Unknown } else { Truth::True })
        }
    }
}

fn is_true(value: &Value) -> Truth {
    match value.text() {
        "true" => Truth::True,
        "false" => Truth::False,
        _ => Truth::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Condition, InRequest as R, Truth as T, Value, holds};

    #[track_caller]
    fn check(operator: &str, values: &[&str], in_request: R<'_>, expected: T) {
        let values = values.iter().map(|text| Value::Text((*text).to_owned())).collect();
        let condition = Condition { operator: operator.to_owned(), key: "k".to_owned(), values };
        assert_eq!(holds(&condition, in_request, true), expected, "{operator} {in_request:?}");
    }

    #[test]
    fn each_operator_is_evaluated_on_a_value_on_another_one_and_on_an_absent_key() {
        for (operator, same, other, absent) in [
            ("StringEquals", T::True, T::False, T::False),
            ("StringNotEquals", T::False, T::True, T::True),
            ("StringEqualsIgnoreCase", T::True, T::False, T::False),
            ("StringNotEqualsIgnoreCase", T::False, T::True, T::True),
            ("StringLike", T::True, T::False, T::False),
            ("StringNotLike", T::False, T::True, T::True),
            ("StringEqualsIfExists", T::True, T::False, T::True),
            ("StringNotEqualsIfExists", T::False, T::True, T::True),
            ("StringLikeIfExists", T::True, T::False, T::True),
            ("StringNotLikeIfExists", T::False, T::True, T::True),
            ("ForAnyValue:StringEquals", T::True, T::False, T::False),
            ("ForAnyValue:StringLike", T::True, T::False, T::False),
            ("ForAnyValue:StringNotEquals", T::False, T::True, T::False),
            ("ForAnyValue:StringEqualsIfExists", T::True, T::False, T::Unknown),
            ("ForAnyValue:StringNotLikeIfExists", T::False, T::True, T::Unknown),
            ("ForAllValues:StringEquals", T::True, T::False, T::True),
            ("ForAllValues:StringLike", T::True, T::False, T::True),
            ("ForAllValues:StringNotLike", T::False, T::True, T::True),
            ("ForAllValues:StringEqualsIfExists", T::True, T::False, T::True),
            ("ArnEquals", T::Unknown, T::Unknown, T::Unknown),
            ("ArnLikeIfExists", T::Unknown, T::Unknown, T::Unknown),
            ("Bool", T::Unknown, T::Unknown, T::Unknown),
            ("IpAddress", T::Unknown, T::Unknown, T::Unknown),
            ("stringequals", T::Unknown, T::Unknown, T::Unknown),
            ("ForSomeValues:StringEquals", T::Unknown, T::Unknown, T::Unknown),
            ("NullIfExists", T::Unknown, T::Unknown, T::Unknown),
        ] {
            check(operator, &["a"], R::Value("a"), same);
            check(operator, &["x", "a"], R::Value("a"), same);
            check(operator, &["a"], R::Value("b"), other);
            check(operator, &["a", "c"], R::Value("b"), other);
            check(operator, &["a"], R::Absent, absent);
            check(operator, &["a"], R::Unknown, T::Unknown);
            check(operator, &[], R::Value("a"), T::Unknown);
        }
    }

    #[test]
    fn null_checks_only_whether_the_key_is_present() {
        check("Null", &["true"], R::Absent, T::True);
        check("Null", &["false"], R::Absent, T::False);
        check("Null", &["true"], R::Value("x"), T::False);
        check("Null", &["false"], R::Value("x"), T::True);
        check("Null", &["true", "false"], R::Value("x"), T::True);
        check("Null", &["yes"], R::Value("x"), T::Unknown);
        check("Null", &["true"], R::Unknown, T::Unknown);
    }

    #[test]
    fn a_condition_with_a_variable_never_certainly_holds() {
        check("StringEquals", &["${aws:x}", "a"], R::Value("a"), T::Unknown);
        check("StringEquals", &["${aws:x}", "a"], R::Value("b"), T::Unknown);
        check("StringNotEquals", &["${aws:x}", "a"], R::Value("a"), T::False);
        check("StringNotEquals", &["${aws:x}"], R::Value("b"), T::Unknown);
    }
}
