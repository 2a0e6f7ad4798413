//! Evaluates the match conditions of `deploy/` against the requests of `match_conditions/requests.yaml`, as API servers
//! do before they call a webhook: all conditions must be true. An error in a condition would skip the check, because
//! the policy's `failurePolicy` is `Ignore`, so the test fails on any error.

use cel::{Context, Program, Value as CelValue, to_value};
use serde_json::{Value, json};

use super::document;

/// The name of the first condition that is false, if there is one.
fn first_false(conditions: &[Value], request: &Value) -> Option<String> {
    let object = &request["object"];
    let mut context = Context::default();
    let attributes =
        json!({"operation": request["operation"], "kind": {"kind": object["kind"].clone()}});
    for (name, value) in
        [("object", object), ("oldObject", &request["oldObject"]), ("request", &attributes)]
    {
        context.add_variable_from_value(name, to_value(value).unwrap());
    }
    for condition in conditions {
        let (name, expression) = (&condition["name"], condition["expression"].as_str().unwrap());
        let program =
            Program::compile(expression).unwrap_or_else(|error| panic!("{name}: {error}"));
        match program.execute(&context) {
            Ok(CelValue::Bool(true)) => {}
            Ok(CelValue::Bool(false)) => return name.as_str().map(str::to_owned),
            other => panic!("{}, {name}: {other:?}", request["name"]),
        }
    }
    None
}

#[test]
fn requests_reach_the_policy_server_only_if_they_change_checked_members() {
    check_requests("deploy/policy/aws-pod-identity-checks.yaml", "requests");
}

#[test]
fn custom_resources_reach_the_policy_server_only_if_they_change() {
    check_requests(super::pod_templates::POLICY, "custom-resources");
}

#[track_caller]
fn check_requests(policy: &str, requests: &str) {
    let policy = document(policy);
    let conditions = policy["spec"]["matchConditions"].as_array().unwrap();
    let requests = document(&format!("tests/repository/match_conditions/{requests}.yaml"));
    let mut failures = Vec::new();
    for request in requests.as_array().unwrap() {
        assert_eq!(request["operation"] == "CREATE", request["oldObject"].is_null(), "{request}");
        let unmet = first_false(conditions, request);
        if unmet.is_none() != request["sent"].as_bool().unwrap() {
            failures.push(format!("{}: {unmet:?}", request["name"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_requests_include_every_kind_of_the_rules() {
    let policy = document("deploy/policy/aws-pod-identity-checks.yaml");
    let requests = document("tests/repository/match_conditions/requests.yaml");
    let kinds: Vec<String> = requests.as_array().unwrap().iter().map(resource).collect();
    for rule in policy["spec"]["rules"].as_array().unwrap() {
        for name in rule["resources"].as_array().unwrap() {
            assert!(kinds.iter().any(|kind| name == kind), "{name}");
        }
    }
}

/// The resource of a request's object: the plural of its kind.
fn resource(request: &Value) -> String {
    format!("{}s", request["object"]["kind"].as_str().unwrap().to_lowercase())
}
