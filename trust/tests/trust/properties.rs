//! Properties of the evaluator, and that the exported form never contradicts it.

use aws_pod_identity_json::Reader;
use aws_pod_identity_trust::export::Export;
use aws_pod_identity_trust::exported::{Decision, Exported, Question, key};
use aws_pod_identity_trust::policy::TrustPolicy;
use aws_pod_identity_trust::{
    LinkState, ListedRoleArn, Listing, Outcome, WebIdentity, explain, web_identity,
};
use policy_testing::cases;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const ARN: &str = "arn:aws:iam::111122223333:role/api";
const ISSUER: &str = "oidc.example.com/id/A1";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A1";

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn decide(policy: &Value, request: &WebIdentity) -> Outcome {
    let role = ListedRoleArn::parse(ARN).unwrap();
    web_identity(&TrustPolicy::parse(&policy.to_string()).unwrap(), Some(&role), request)
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Kind {
    Yes,
    No,
    Unknown,
}

fn kind(outcome: &Outcome) -> Kind {
    match outcome {
        Outcome::Yes => Kind::Yes,
        Outcome::No(causes) => {
            assert!(!causes.is_empty());
            Kind::No
        }
        Outcome::Unknown(_) => Kind::Unknown,
    }
}

fn exported(policy: &Value, request: &WebIdentity) -> Decision {
    let roles = json!({"Roles": [{"Arn": ARN, "AssumeRolePolicyDocument": policy}]});
    let mut listing = Listing::default();
    listing.add("roles.json", roles.to_string().as_bytes()).unwrap();
    let export = Export::new(&listing, ISSUER, "2026-11-27T00:00:00Z").unwrap();
    let manifest: Value = serde_json::from_str(&export.to_manifest("kubewarden", "roles")).unwrap();
    let data = manifest["data"].to_string();
    let keys = [key(ARN).unwrap()];
    let read = Exported::read(&mut Reader::new(data.as_bytes()), &keys).unwrap();
    let (subject, audience) = (request.subject(), request.audience());
    read.decide(&Question { role_arn: ARN, subject, audience }).unwrap()
}

fn names() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "ab", "a-b", "a.b", "b1"]).prop_map(str::to_owned)
}

fn requests() -> impl Strategy<Value = WebIdentity> {
    let audiences = select(vec!["sts.amazonaws.com", "vault", "a*", "é", "a,b"]);
    (names(), names(), audiences).prop_map(|(namespace, name, audience)| {
        WebIdentity::new(ISSUER, &namespace, &name, audience)
    })
}

fn operators() -> impl Strategy<Value = String> {
    let bases = select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringLike",
        "StringNotLike",
        "Null",
        "Bool",
    ]);
    let sets = select(vec!["", "", "", "ForAnyValue:", "ForAllValues:"]);
    (sets, bases, select(vec!["", "", "", "IfExists"]))
        .prop_map(|(set, base, suffix)| format!("{set}{base}{suffix}"))
}

fn keys() -> impl Strategy<Value = String> {
    select(vec![
        "oidc.example.com/id/A1:sub",
        "oidc.example.com/id/A1:sub",
        "oidc.example.com/id/A1:aud",
        "OIDC.example.com/id/a1:AUD",
        "oidc.example.com/id/A1:amr",
        "oidc.example.com/id/A1:email",
        "oidc.example.com/id/B2:sub",
        "https://oidc.example.com/id/A1:sub",
        "aws:SourceIp",
    ])
    .prop_map(str::to_owned)
}

fn values() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        (names(), names())
            .prop_map(|(namespace, name)| format!("system:serviceaccount:{namespace}:{name}")),
        select(vec![
            "system:serviceaccount:*",
            "system:serviceaccount:a*:?",
            "system:serviceaccount:*:b",
            "SYSTEM:serviceaccount:a:b",
            "*",
            "",
            "sts.amazonaws.com",
            "sts.*",
            "vault",
            "a${*}",
            "a*",
            "é",
            "?",
            "a,b",
            "${aws:username}",
            "true",
            "false",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(value, 0..4).prop_map(|values| json!(values))
}

fn patterns() -> impl Strategy<Value = Value> {
    let part = || select(vec!["a", "b", "ab", "a*", "*b", "?", "*"]);
    let pattern = (part(), part())
        .prop_map(|(namespace, name)| format!("system:serviceaccount:{namespace}:{name}"));
    prop::collection::vec(pattern, 1..3).prop_map(|values| json!(values))
}

fn statements() -> impl Strategy<Value = Value> {
    let effects = select(vec!["Allow", "Allow", "Allow", "Deny"]);
    let actions = select(vec![
        json!({"Action": "sts:AssumeRoleWithWebIdentity"}),
        json!({"Action": ["sts:TagSession", "STS:assume*"]}),
        json!({"Action": "sts:AssumeRole"}),
        json!({"NotAction": "sts:AssumeRole"}),
    ]);
    let principals = select(vec![
        json!({"Federated": PROVIDER}),
        json!({"Federated": PROVIDER}),
        json!({"Federated": [PROVIDER, "arn:aws:iam::111122223333:oidc-provider/other.example.com"]}),
        json!({"Federated": "arn:aws:iam::444455556666:oidc-provider/oidc.example.com/id/A1"}),
        json!({"Service": "ec2.amazonaws.com"}),
        json!("*"),
    ]);
    let conditions = prop::collection::btree_map(
        operators(),
        prop::collection::btree_map(keys(), values(), 1..3),
        0..3,
    );
    (effects, actions, principals, conditions).prop_map(
        |(effect, action, principal, conditions)| {
            let mut statement = action;
            statement["Effect"] = json!(effect);
            statement["Principal"] = principal;
            statement["Condition"] = json!(conditions);
            statement
        },
    )
}

fn policies() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statements(), 0..4)
}

fn for_one(namespace: &str, name: &str) -> Value {
    json!({
        "Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            "oidc.example.com/id/A1:sub": format!("system:serviceaccount:{namespace}:{name}"),
        }},
    })
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn the_exported_form_agrees_or_is_unknown(statements in policies(), request in requests()) {
        let policy = policy(&statements);
        let full = kind(&decide(&policy, &request));
        let decision = exported(&policy, &request);
        let compact = match decision {
            Decision::Allowed => Kind::Yes,
            Decision::Unknown => Kind::Unknown,
            Decision::NoTrust
            | Decision::Denied
            | Decision::AnotherSubject { .. }
            | Decision::AnotherAudience { .. } => Kind::No,
            Decision::NotCovered | Decision::RoleMissing { .. } => {
                panic!("{decision:?}")
            }
        };
        prop_assert!(compact == full || compact == Kind::Unknown, "{full:?} {compact:?} {policy}");
    }

    #[test]
    fn two_patterns_on_one_claim_are_combined(
        one in patterns(), other in patterns(), request in requests()
    ) {
        let mut statement = for_one("a", "b");
        statement["Condition"] = json!({
            "StringLike": {"oidc.example.com/id/A1:sub": one},
            "ForAnyValue:StringLike": {"oidc.example.com/id/A1:sub": other},
        });
        let policy = policy(&[statement]);
        let full = kind(&decide(&policy, &request));
        match exported(&policy, &request) {
            Decision::Allowed => prop_assert_eq!(full, Kind::Yes),
            Decision::Unknown => {}
            _ => prop_assert_eq!(full, Kind::No),
        }
    }

    #[test]
    fn a_role_that_trusts_one_subject_denies_every_other(
        namespace in names(), name in names(), request in requests()
    ) {
        let same = (request.namespace(), request.service_account()) == (&*namespace, &*name);
        let policy = policy(&[for_one(&namespace, &name)]);
        prop_assert_eq!(kind(&decide(&policy, &request)), if same { Kind::Yes } else { Kind::No });
        // Commas separate patterns, and `?` is a byte: such audiences widen nothing here, where none is named.
        let allowed = matches!(exported(&policy, &request), Decision::Allowed);
        prop_assert_eq!(allowed, same);
    }

    #[test]
    fn one_more_deny_never_allows(statements in policies(), more in statements(), request in requests()) {
        let before = kind(&decide(&policy(&statements), &request));
        let mut more = more;
        more["Effect"] = json!("Deny");
        let after = kind(&decide(&policy(&[statements, vec![more]].concat()), &request));
        prop_assert!(after == before || after == Kind::No || (before == Kind::Yes && after == Kind::Unknown));
    }

    #[test]
    fn one_more_allow_never_denies(statements in policies(), more in statements(), request in requests()) {
        let before = kind(&decide(&policy(&statements), &request));
        let mut more = more;
        more["Effect"] = json!("Allow");
        let after = kind(&decide(&policy(&[statements, vec![more]].concat()), &request));
        prop_assert!(after == before || after == Kind::Yes || (before == Kind::No && after == Kind::Unknown));
    }

    #[test]
    fn the_order_of_statements_does_not_matter(statements in policies(), request in requests()) {
        let mut reversed = statements.clone();
        reversed.reverse();
        let (one, other) = (decide(&policy(&statements), &request), decide(&policy(&reversed), &request));
        prop_assert_eq!(kind(&one), kind(&other));
    }

    #[test]
    fn a_deny_for_the_provider_denies_everything(statements in policies(), request in requests()) {
        let deny = json!({"Effect": "Deny", "Principal": {"Federated": PROVIDER}, "Action": "sts:*"});
        let policy = policy(&[statements, vec![deny]].concat());
        prop_assert_eq!(kind(&decide(&policy, &request)), Kind::No);
    }

    #[test]
    fn a_chain_ends_as_the_answer_does(statements in policies(), request in requests()) {
        let policy = policy(&statements);
        let roles = json!({"Roles": [{"Arn": ARN, "AssumeRolePolicyDocument": policy}]});
        let mut listing = Listing::default();
        listing.add("roles.json", roles.to_string().as_bytes()).unwrap();
        let states: Vec<_> = listing.chain(ARN, &request).iter().map(|link| link.state).collect();
        let of_chain = if states.contains(&LinkState::Differs) {
            Kind::No
        } else if states.contains(&LinkState::Unknown) {
            Kind::Unknown
        } else {
            Kind::Yes
        };
        prop_assert_eq!(of_chain, kind(&decide(&policy, &request)), "{:?}", states);
        prop_assert_eq!(states[0], LinkState::Matches);
    }

    /// Following the advice makes the answer *yes*.
    #[test]
    fn the_statement_of_an_explanation_is_right(statements in policies(), request in requests()) {
        let outcome = decide(&policy(&statements), &request);
        let role = ListedRoleArn::parse(ARN).unwrap();
        let Outcome::No(causes) = outcome else { return Ok(()) };
        let text = explain(&causes, Some(&role), &request).to_string();
        let Some((_, advice)) = text.split_once(":\n{") else { return Ok(()) };
        let advice: Value = serde_json::from_str(&format!("{{{advice}")).unwrap();
        let after = kind(&decide(&policy(&[statements, vec![advice]].concat()), &request));
        let denied = causes.iter().any(|cause| cause.id() == "denied");
        let expected = if denied { Kind::No } else { Kind::Yes };
        prop_assert!(after == expected || after == Kind::Unknown, "{text}");
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}|[{}\\[\\]\",:a-zA-Z%0-9 ]{0,200}") {
        if let Ok(policy) = TrustPolicy::parse(&text) {
            let request = WebIdentity::new(ISSUER, "a", "b", "sts.amazonaws.com");
            let _ = web_identity(&policy, None, &request);
        }
        let _ = Listing::default().add("x", text.as_bytes());
    }
}
