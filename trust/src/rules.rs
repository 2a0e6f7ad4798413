//! Who may assume a role in a cluster, as patterns of subjects and audiences.
//!
//! A rule is wider than the policy if patterns cannot express the policy: such a rule is *maybe*. So what no rule covers is
//! certainly not allowed.

use crate::evaluate::condition::{self, Operator, Test};
use crate::evaluate::key::{Claim, InRequest, KeyMeaning, named};
use crate::evaluate::value::{Comparison, tokens};
use crate::evaluate::{Scope, WEB_IDENTITY, action};
use crate::glob::{self, Token};
use crate::inputs::{Role, Trust};
use crate::policy::{Condition, Effect, Statement, TrustPolicy, Value};
use crate::request::WebIdentity;
use crate::truth::Truth;

/// Who may assume a role: a subject that one of the patterns covers, with an audience that one of them covers. In a
/// pattern, `*` and `?` are wildcards and every other character is itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The answer if it covers a token.
    pub certainty: Certainty,
    /// Patterns of subjects.
    pub subjects: Vec<String>,
    /// Patterns of audiences.
    pub audiences: Vec<String>,
}

/// The answer if a rule covers a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The role may be assumed, unless a rule denies it.
    Allow,
    /// It depends on something that patterns cannot express.
    Maybe,
    /// The role may not be assumed.
    Deny,
}

impl Rule {
    fn any(certainty: Certainty) -> Self {
        Self { certainty, subjects: any(), audiences: any() }
    }
}

fn any() -> Vec<String> {
    vec!["*".to_owned()]
}

/// Who may assume the role with tokens of that issuer.
pub(crate) fn of_role(listed: &Role, issuer: &str) -> Vec<Rule> {
    let Trust::Policy(policy) = &listed.trust else { return vec![Rule::any(Certainty::Maybe)] };
    let request = WebIdentity::new(issuer, "", "", "");
    let scope = Scope { policy, role: listed.arn.as_ref(), request: &request };
    let mut rules = Vec::new();
    let mut doubt = false;
    for statement in &policy.statements {
        let Some(rule) = of_statement(&scope, statement) else { continue };
        match (statement.effect, rule.certainty) {
            // It is not certain which tokens it denies, so it is not certain which ones the other statements allow.
            (Effect::Deny, Certainty::Maybe) => doubt = true,
            (Effect::Deny, _) => rules.push(Rule { certainty: Certainty::Deny, ..rule }),
            (Effect::Allow, _) => rules.push(rule),
        }
    }
    if doubt {
        for rule in rules.iter_mut().filter(|rule| rule.certainty == Certainty::Allow) {
            rule.certainty = Certainty::Maybe;
        }
    }
    rules
}

/// The tokens that the statement covers; none if it covers no token of the issuer.
fn of_statement(scope: &Scope<'_>, statement: &Statement) -> Option<Rule> {
    let mut certain = Truth::all([
        scope.principal(statement),
        action::covers(&statement.actions, WEB_IDENTITY),
        Truth::from(statement.unsupported.is_empty()).or(Truth::Unknown),
    ]);
    let mut rule = Rule::any(Certainty::Allow);
    for condition in &statement.conditions {
        let (patterns, claim) = match named(&condition.key, scope.request.issuer()) {
            KeyMeaning::Claim(Claim::Subject) => (&mut rule.subjects, Claim::Subject),
            KeyMeaning::Claim(Claim::Audience) => (&mut rule.audiences, Claim::Audience),
            _ => {
                certain = certain.and(scope.condition(condition));
                continue;
            }
        };
        match narrow(scope.policy, condition, claim) {
            Narrow::To(values, exact) => {
                let exact = intersect(patterns, values) && exact;
                certain = certain.and(Truth::from(exact).or(Truth::Unknown));
            }
            Narrow::By(holds) => certain = certain.and(holds),
        }
    }
    match certain {
        _ if rule.subjects.is_empty() || rule.audiences.is_empty() => None,
        Truth::False => None,
        Truth::Unknown => Some(Rule { certainty: Certainty::Maybe, ..rule }),
        Truth::True => Some(rule),
    }
}

/// The effect of a condition on a claim on a rule.
enum Narrow {
    /// Only these patterns are left; whether that is exact.
    To(Vec<String>, bool),
    /// Whether it holds does not depend on the value, or patterns cannot express for which.
    By(Truth),
}

fn narrow(policy: &TrustPolicy, condition: &Condition, claim: Claim) -> Narrow {
    let parsed = Operator::parse(&condition.operator).map(|operator| operator.test);
    let Some(Test::String { comparison, negated: false }) = parsed else {
        return Narrow::By(match parsed {
            // Its value does not matter.
            Some(Test::Null) => condition::holds(condition, InRequest::Value(""), policy.variables),
            _ => Truth::Unknown,
        });
    };
    if condition.values.is_empty() {
        return Narrow::By(Truth::Unknown);
    }
    let mut patterns = Vec::new();
    for value in &condition.values {
        match pattern(comparison, value, policy.variables, claim) {
            Pattern::Some(text) if patterns.contains(&text) => {}
            Pattern::Some(text) => patterns.push(text),
            Pattern::Nothing => {}
            Pattern::Unclear => return Narrow::By(Truth::Unknown),
        }
    }
    Narrow::To(patterns, true)
}

enum Pattern {
    Some(String),
    /// No token has such a claim.
    Nothing,
    /// A pattern cannot express it.
    Unclear,
}

fn pattern(comparison: Comparison, value: &Value, variables: bool, claim: Claim) -> Pattern {
    let Some(tokens) = tokens(comparison, value, variables) else { return Pattern::Unclear };
    let ignore_case = comparison == Comparison::IgnoreCase;
    if ignore_case && (claim != Claim::Subject || !tokens.iter().copied().all(is_ascii)) {
        return Pattern::Unclear;
    }
    let mut text = String::with_capacity(tokens.len());
    for token in tokens {
        match token {
            Token::Any => text.push('*'),
            Token::One => text.push('?'),
            Token::Byte(byte) if claim == Claim::Subject => {
                let byte = if ignore_case { byte.to_ascii_lowercase() } else { byte };
                // Names in Kubernetes have no other characters ("Object Names and IDs").
                match byte {
                    b'a'..=b'z' | b'0'..=b'9' | b'.' | b':' | b'-' => text.push(char::from(byte)),
                    _ => return Pattern::Nothing,
                }
            }
            // What separates patterns, what JSON escapes, and wildcards.
            Token::Byte(b',' | b';' | b'|' | b'"' | b'\\' | b'*' | b'?') => {
                return Pattern::Unclear;
            }
            Token::Byte(byte) if byte.is_ascii_graphic() => text.push(char::from(byte)),
            Token::Byte(_) => return Pattern::Unclear,
        }
    }
    // The empty text covers no claim that a token can have.
    if text.is_empty() { Pattern::Nothing } else { Pattern::Some(text) }
}

fn is_ascii(token: Token) -> bool {
    !matches!(token, Token::Byte(0x80..))
}

fn is_literal(pattern: &str) -> bool {
    !pattern.contains(['*', '?'])
}

/// Leaves only patterns that both lists cover. Returns whether the result is exact.
fn intersect(patterns: &mut Vec<String>, others: Vec<String>) -> bool {
    if *patterns == any() {
        *patterns = others;
        return true;
    }
    if others == any() {
        return true;
    }
    let covered = |text: &str, by: &[String]| by.iter().any(|one| glob::matches(one, text));
    let mut both: Vec<String> =
        patterns.iter().filter(|one| is_literal(one) && covered(one, &others)).cloned().collect();
    for other in &others {
        if is_literal(other) && covered(other, patterns) && !both.contains(other) {
            both.push(other.clone());
        }
    }
    // Two patterns can have texts in common; the first of them is wider than that.
    let mut exact = true;
    if others.iter().any(|other| !is_literal(other)) {
        for pattern in patterns.iter().filter(|one| !is_literal(one)) {
            both.push(pattern.clone());
            exact = false;
        }
    }
    *patterns = both;
    exact
}

#[cfg(test)]
mod tests {
    use super::{any, intersect};

    #[test]
    fn two_lists_of_patterns_become_their_intersection() {
        for (a, b, expected, exact) in [
            (vec!["*"], vec!["a"], vec!["a"], true),
            (vec!["a"], vec!["*"], vec!["a"], true),
            (vec!["a", "b"], vec!["b", "c"], vec!["b"], true),
            (vec!["a*"], vec!["ab", "b"], vec!["ab"], true),
            (vec!["ab", "b"], vec!["a*"], vec!["ab"], true),
            (vec!["a*"], vec!["*b"], vec!["a*"], false),
            (vec!["a"], vec!["b"], vec![], true),
        ] {
            let owned = |texts: Vec<&str>| -> Vec<String> {
                texts.into_iter().map(str::to_owned).collect()
            };
            let mut patterns = owned(a.clone());
            assert_eq!(intersect(&mut patterns, owned(b.clone())), exact, "{a:?} {b:?}");
            assert_eq!(patterns, owned(expected), "{a:?} {b:?}");
        }
        assert_eq!(any(), ["*"]);
    }
}
