//! Answers of the host that are not the service account.

use insta::assert_snapshot;
use policy_testing::ask_library;
use policy_testing::host::answers;
use serde_json::json;

use super::{ROLE, account, creation, failed, pod};
use crate::engine::ask_both;

#[test]
fn an_answer_that_is_not_a_service_account_is_a_failure() {
    for answer in [
        json!(null),
        json!([]),
        json!("ServiceAccount"),
        json!(1),
        json!({}),
        json!({"metadata": null}),
        json!({"metadata": []}),
        json!({"metadata": {}}),
        json!({"metadata": {"name": null}}),
        json!({"metadata": {"name": 1}}),
        json!({"metadata": {"name": "api", "namespace": {}}}),
        json!({"metadata": {"name": "api", "annotations": []}}),
        json!({"metadata": {"name": "api", "annotations": "none"}}),
        json!({"metadata": {"name": "api", "annotations": {"eks.amazonaws.com/role-arn": 1}}}),
        json!({"metadata": {"name": "api", "annotations": {"eks.amazonaws.com/role-arn": [ROLE]}}}),
    ] {
        let message = failed(answers(answer.to_string()));
        assert!(
            message.starts_with("cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used"),
            "{answer}: {message}"
        );
    }
}

#[test]
fn another_service_account_is_a_failure() {
    for (name, namespace) in
        [("other", "payments"), ("api", "other"), ("", "payments"), ("API", "payments")]
    {
        let mut account = account();
        account["metadata"]["name"] = name.into();
        account["metadata"]["namespace"] = namespace.into();
        let message = failed(answers(account.to_string()));
        assert_eq!(
            message,
            "cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used: it is \
             another resource; retry the request (controllers retry automatically)",
        );
    }
}

#[test]
fn an_answer_that_is_not_json_is_a_failure() {
    assert_snapshot!(failed(answers("")), @"cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used: it is not a service account; retry the request (controllers retry automatically)");
    assert_snapshot!(failed(answers("<html>502 Bad Gateway</html>")), @"cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used: it is not a service account; retry the request (controllers retry automatically)");
    let text = account().to_string();
    assert_eq!(failed(answers(format!("{text}{text}"))), failed(answers("")));
}

#[test]
fn an_answer_that_is_not_utf_8_is_a_failure() {
    let mut bytes = account().to_string().into_bytes();
    let at = bytes.len() / 2;
    bytes.insert(at, 0xff);
    assert_snapshot!(failed(answers(bytes)), @"cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used: it is not a service account; retry the request (controllers retry automatically)");
}

#[test]
fn a_truncated_answer_is_a_failure_at_every_length() {
    let text = account().to_string();
    let payload = creation(&pod());
    for (end, _) in text.char_indices() {
        let (start, _) = text.split_at(end);
        let response = ask_library(&payload, &answers(start)).response();
        assert_eq!((response.accepted, response.code), (false, Some(500)), "{start}");
    }
    assert!(ask_library(&payload, &answers(text)).response().accepted);
}

#[test]
fn additional_members_in_the_answer_are_ignored() {
    let mut account = account();
    account["secrets"] = json!([{"name": "x"}]);
    account["metadata"]["managedFields"] = json!([{"fieldsV1": {"f:metadata": {}}}]);
    account["metadata"]["future"] = json!(null);
    let response = ask_both(&creation(&pod()), answers(account.to_string())).response();
    assert!(response.accepted && response.mutated_object.is_some());
}
