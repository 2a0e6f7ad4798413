//! Finds the cause of a denial. Of all statements that could allow the request, it explains the one that is nearest to allowing
//! it.

use super::distance::distance;
use super::{Cause, KeyMistake, provider, subject};
use crate::evaluate::condition::{Operator, Test};
use crate::evaluate::key::{Claim, IssuerMismatch, KeyMeaning, named};
use crate::evaluate::value::Comparison;
use crate::evaluate::{Scope, WEB_IDENTITY, action};
use crate::glob;
use crate::policy::{Actions, Condition, Effect, Statement, Value};
use crate::quoted::Quoted;
use crate::subject::PREFIX;
use crate::truth::Truth;

/// Why a policy does not allow a pod's request; at least one cause.
pub(crate) fn web_identity(scope: &Scope<'_>) -> Vec<Cause> {
    let statements = || scope.policy.statements.iter();
    let allowing: Vec<_> = statements().filter(|one| one.effect == Effect::Allow).collect();
    let mut causes = Vec::new();
    if allowing.iter().all(|statement| scope.covers(statement) == Truth::False) {
        let diagnoses = allowing.iter().map(|statement| of_statement(scope, statement));
        causes = diagnoses
            .min_by_key(|causes| causes.iter().map(distance).sum::<u32>())
            .unwrap_or_else(|| vec![Cause::NoStatement]);
    }
    let denying = statements().enumerate().filter(|(_, one)| one.effect == Effect::Deny);
    causes.extend(
        denying
            .filter(|(_, statement)| scope.covers(statement) == Truth::True)
            .map(|(index, statement)| Cause::Deny { statement: name(index, statement) }),
    );
    causes
}

/// `statement 2`, with its name if it has one.
pub(super) fn name(index: usize, statement: &Statement) -> String {
    let number = index + 1;
    match &statement.sid {
        Some(sid) => format!("statement {number} ({})", Quoted(sid)),
        None => format!("statement {number}"),
    }
}

fn of_statement(scope: &Scope<'_>, statement: &Statement) -> Vec<Cause> {
    let mut causes = Vec::new();
    if scope.principal(statement) == Truth::False {
        let cause = provider::of_principals(scope, statement);
        let hopeless = distance(&cause) > 10;
        causes.push(cause);
        // Its action and conditions are for other callers.
        if hopeless {
            return causes;
        }
    }
    if action::covers(&statement.actions, WEB_IDENTITY) == Truth::False {
        let (Actions::Only(found) | Actions::AllBut(found)) = &statement.actions;
        causes.push(Cause::Action { found: found.clone() });
    }
    for condition in &statement.conditions {
        if scope.condition(condition) == Truth::False {
            let cause = of_condition(scope, statement, condition);
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
    }
    if causes.is_empty() { vec![Cause::NoStatement] } else { causes }
}

fn texts(condition: &Condition) -> Vec<String> {
    condition.values.iter().map(|value| value.text().to_owned()).collect()
}

fn of_condition(scope: &Scope<'_>, statement: &Statement, condition: &Condition) -> Cause {
    let request = scope.request;
    let Condition { operator, key, .. } = condition;
    let claim = match named(key, request.issuer()) {
        KeyMeaning::Claim(claim) => claim,
        KeyMeaning::OtherIssuer(elsewhere) => {
            let claim = key.rsplit(':').next().unwrap_or_default();
            return Cause::Key {
                key: key.clone(),
                mistake: match elsewhere {
                    IssuerMismatch::Scheme => KeyMistake::Scheme,
                    IssuerMismatch::Arn => KeyMistake::Arn,
                    IssuerMismatch::TrailingSlash => KeyMistake::TrailingSlash,
                    IssuerMismatch::AnotherIssuer => KeyMistake::AnotherIssuer,
                },
                expected: format!("{}:{}", request.issuer(), claim.to_ascii_lowercase()),
            };
        }
        KeyMeaning::Other => return other(condition),
    };
    let (comparison, in_request) = match (Operator::parse(operator).map(|one| one.test), claim) {
        (Some(Test::String { negated: true, .. }), _) => {
            let (operator, key) = (operator.clone(), key.clone());
            return Cause::Excluded { operator, key, values: texts(condition) };
        }
        (Some(Test::String { comparison, .. }), Claim::Subject) => (comparison, request.subject()),
        (Some(Test::String { comparison, .. }), Claim::Audience) => {
            (comparison, request.audience())
        }
        _ => return other(condition),
    };
    let values = || condition.values.iter().map(Value::text);
    if comparison != Comparison::Pattern
        && let Some(value) = values().find(|value| glob::matches(value, in_request))
    {
        return Cause::Wildcard {
            operator: operator.clone(),
            key: key.clone(),
            value: value.to_owned(),
        };
    }
    match claim {
        Claim::Audience => audience(scope, condition),
        _ => subject_cause(scope, statement, condition),
    }
}

pub(super) fn other(condition: &Condition) -> Cause {
    let Condition { operator, key, .. } = condition;
    Cause::Condition { operator: operator.clone(), key: key.clone(), values: texts(condition) }
}

fn swapped(scope: &Scope<'_>, condition: &Condition, value: &str, claim: &str) -> Cause {
    Cause::Claims {
        key: condition.key.clone(),
        value: value.to_owned(),
        expected: format!("{}:{claim}", scope.request.issuer()),
    }
}

fn audience(scope: &Scope<'_>, condition: &Condition) -> Cause {
    let mut values = condition.values.iter().map(Value::text);
    if let Some(value) = values.find(|value| value.starts_with(PREFIX.trim_end_matches(':'))) {
        return swapped(scope, condition, value, "sub");
    }
    Cause::Audience {
        found: texts(condition),
        expected: scope.request.audience().to_owned(),
        key: condition.key.clone(),
    }
}

fn subject_cause(scope: &Scope<'_>, statement: &Statement, condition: &Condition) -> Cause {
    let request = scope.request;
    let values = || condition.values.iter().map(Value::text);
    let is_audience = |value: &&str| *value == request.audience() || *value == "sts.amazonaws.com";
    if let Some(value) = values().find(is_audience) {
        return swapped(scope, condition, value, "aud");
    }
    let mistake = |value| subject::mistake(value, request).map(|mistake| (value, mistake));
    if let Some((value, mistake)) = values().find_map(mistake) {
        let expected = request.subject().to_owned();
        return Cause::Subject { value: value.to_owned(), mistake, expected };
    }
    let on_subject: Vec<_> =
        statement.conditions.iter().filter(|one| is_positive_on_subject(scope, one)).collect();
    if on_subject.iter().any(|one| scope.condition(one) == Truth::True) {
        let operators = on_subject.into_iter().map(|one| one.operator.clone()).collect();
        return Cause::Combined { operators, key: condition.key.clone() };
    }
    subject::another(trusted(scope), request, &condition.key)
}

fn is_positive_on_subject(scope: &Scope<'_>, condition: &Condition) -> bool {
    let test = Operator::parse(&condition.operator).map(|operator| operator.test);
    matches!(test, Some(Test::String { negated: false, .. }))
        && named(&condition.key, scope.request.issuer()) == KeyMeaning::Claim(Claim::Subject)
}

/// The subjects that the policy trusts in this cluster, as it writes them.
fn trusted(scope: &Scope<'_>) -> Vec<String> {
    let mut trusted = Vec::new();
    for statement in &scope.policy.statements {
        let relevant = statement.effect == Effect::Allow
            && action::covers(&statement.actions, WEB_IDENTITY) != Truth::False
            && scope.principal(statement) != Truth::False;
        let conditions = statement.conditions.iter().filter(|_| relevant);
        for value in conditions.filter(|one| is_positive_on_subject(scope, one)).flat_map(texts) {
            if !trusted.contains(&value) {
                trusted.push(value);
            }
        }
    }
    trusted
}
