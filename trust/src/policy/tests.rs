//! Reading policies: what is read, and what is refused.

use std::fmt::Write;

use super::{Actions, Policy, Principals, Value};

const ONE: &str = r#"{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow",
    "Principal": {"Federated": "p", "AWS": ["a", "b"]}, "Action": "sts:*",
    "Condition": {"StringEquals": {"k": "v", "l": ["w", true, 1]}, "Null": {"m": false}}}}"#;

#[test]
fn one_statement_and_a_list_read_alike() {
    let policy = Policy::parse(ONE).unwrap();
    assert!(policy.variables);
    let [statement] = &*policy.statements else { panic!("{policy:?}") };
    assert_eq!(statement.sid, None);
    assert_eq!(statement.actions, Actions::Only(vec!["sts:*".to_owned()]));
    let Principals::Only(principals) = &statement.principals else { panic!("{statement:?}") };
    assert_eq!(principals.len(), 3);
    let conditions: Vec<_> = statement
        .conditions
        .iter()
        .map(|c| (&*c.operator, &*c.key, c.values.iter().map(Value::text).collect::<Vec<_>>()))
        .collect();
    assert_eq!(
        conditions,
        [
            ("StringEquals", "k", vec!["v"]),
            ("StringEquals", "l", vec!["w", "true", "1"]),
            ("Null", "m", vec!["false"])
        ]
    );
    let list = ONE.replace("\"Statement\": {", "\"Statement\": [{").replace("}}}}", "}}}]}");
    assert_eq!(Policy::parse(&list).unwrap(), policy);
}

#[test]
fn an_object_and_the_texts_that_hold_it_read_alike() {
    let policy = Policy::parse(ONE);
    let url_encoded = ONE.bytes().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02X}").unwrap();
        text
    });
    for value in [
        ONE.to_owned(),
        serde_json::to_string(ONE).unwrap(),
        serde_json::to_string(&url_encoded).unwrap(),
    ] {
        assert_eq!(Policy::parse_json(&value), policy, "{value}");
    }
}

#[test]
fn what_is_not_a_policy_is_an_error() {
    let statement = |inside: &str| format!(r#"{{"Statement": [{{{inside}}}]}}"#);
    for (text, expected) in [
        (String::new(), "it has no trust policy document"),
        ("[]".into(), "its trust policy is malformed: the policy is a list instead of an object"),
        (
            "\"{}\"".into(),
            "its trust policy is a JSON string that holds a policy; remove one level of JSON encoding",
        ),
        ("{}".into(), "its trust policy is incomplete: the policy has no Statement"),
        (
            r#"{"Version": "2012-10-18", "Statement": []}"#.into(),
            "its trust policy has the version \"2012-10-18\"; IAM knows \"2012-10-17\" and \"2008-10-17\"",
        ),
        (
            r#"{"Statement": ["x"]}"#.into(),
            "its trust policy is malformed: statement 1 is a string instead of an object",
        ),
        (
            statement(r#""Effect": "allow""#),
            "its trust policy is malformed: statement 1 has the effect \"allow\"; IAM knows \"Allow\" and \"Deny\"",
        ),
        (
            statement(r#""Effect": "Allow""#),
            "its trust policy is incomplete: statement 1 has no Action",
        ),
        (
            statement(r#""Effect": "Allow", "Action": [1]"#),
            "its trust policy is malformed: Action of statement 1 is a number instead of a string",
        ),
        (
            statement(r#""Effect": "Allow", "Action": "x", "Principal": "x""#),
            "its trust policy is malformed: Principal of statement 1 is a string instead of an object",
        ),
        (
            statement(r#""Condition": {"StringEquals": {"k": {}}}"#),
            "its trust policy is malformed: the value of k under StringEquals in Condition of statement 1 is an object instead of a string",
        ),
        (
            statement(r#""Condition": {"StringEquals": {}, "StringEquals": {}}"#),
            "its trust policy has the key \"StringEquals\" twice in one object; merge the two",
        ),
    ] {
        assert_eq!(Policy::parse(&text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn elements_that_a_trust_policy_cannot_have_are_kept() {
    let policy = Policy::parse(
        r#"{"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": "x"}, "Action": "a", "NotAction": "b",
            "Resource": "*"}}"#,
    )
    .unwrap();
    assert_eq!(policy.statements[0].unsupported, ["NotAction", "Resource"]);
    assert_eq!(policy.statements[0].principals, Principals::AllBut);
}
