//! Unknown settings, wrong types and unreadable text.

use insta::assert_snapshot;
use serde_json::json;

use super::{problem, unreadable, validated};

#[test]
fn unknown_settings_are_reported_with_the_nearest_name() {
    assert_snapshot!(problem(&json!({"audiance": "x"})), @"there is no setting audiance; did you mean audience?");
    assert_snapshot!(problem(&json!({"sts_regional_endpoints": true})), @"there is no setting sts_regional_endpoints; did you mean stsRegionalEndpoints?");
    assert_snapshot!(problem(&json!({"Region": "eu-west-1"})), @"there is no setting Region; did you mean region?");
    assert_snapshot!(problem(&json!({"tokenExpirationSecond": 600})), @"there is no setting tokenExpirationSecond; did you mean tokenExpirationSeconds?");
    assert_snapshot!(problem(&json!({"finding": {}})), @"there is no setting finding; did you mean findings?");
}

#[test]
fn unknown_settings_without_a_similar_name_are_reported_with_the_list() {
    for key in ["clusterName", "", "x", &"audience".repeat(1000)] {
        let problem = problem(&json!({key: 1}));
        assert!(problem.starts_with("there is no setting "), "{problem}");
        assert!(problem.contains("the settings are annotationPrefix, audience, "), "{problem}");
    }
}

#[test]
fn all_problems_are_in_one_message() {
    let settings = json!({
        "annotationPrefix": "eks.amazonaws.com/",
        "audiense": "x",
        "tokenExpirationSeconds": 60,
        "region": ["eu-west-1"],
        "findings": {"role-arn-empty": "fatal", "rolearn-malformed": "off"},
        "stsRegionalEndpoints": true,
    });
    assert_snapshot!(problem(&settings), @r#"
    6 problems:
    - annotationPrefix: "eks.amazonaws.com/" is not a DNS subdomain; use lowercase letters, digits, '-' and '.', without a slash, such as eks.amazonaws.com
    - there is no setting audiense; did you mean audience?
    - tokenExpirationSeconds: 60 is not a whole number of seconds from 600 to 86400
    - region: expected a string, not a list
    - findings.role-arn-empty: "fatal" is not reject or warn or off
    - findings.rolearn-malformed: there is no such finding; did you mean role-arn-malformed?
    "#);
}

#[test]
fn an_unexpected_type_is_reported_by_name() {
    assert_snapshot!(problem(&json!({"audience": 1})), @"audience: expected a string, not a number; put the value in quotes");
    assert_snapshot!(problem(&json!({"mountPath": true})), @"mountPath: expected a string, not a boolean; put the value in quotes");
    assert_snapshot!(problem(&json!({"region": {}})), @"region: expected a string, not an object");
    assert_snapshot!(problem(&json!([])), @"settings must be an object, not a list");
    assert_snapshot!(problem(&json!("audience: x")), @"settings must be an object, not a string");
    assert_snapshot!(problem(&json!(1)), @"settings must be an object, not a number");
}

#[test]
fn unreadable_settings_are_reported_with_the_position() {
    assert_snapshot!(unreadable(""), @"settings cannot be read: it ends too early at byte 0");
    assert_snapshot!(unreadable("{\"audience\":"), @"settings cannot be read: it ends too early at byte 12");
    assert_snapshot!(unreadable("{\"audience\":\"x\",}"), @"settings cannot be read: expected a string at byte 16");
    assert_snapshot!(unreadable("{} {}"), @"settings cannot be read: expected the end at byte 3");
    assert_snapshot!(unreadable(b"{\"audience\":\"\xff\"}"), @"settings cannot be read: it is not UTF-8 at byte 13");
    assert_snapshot!(unreadable("audience: x"), @"settings cannot be read: expected a value at byte 0");
    unreadable("[".repeat(100_000));
    unreadable(format!("{{\"a\":{}", "{\"a\":".repeat(100_000)));
}

#[test]
fn keys_and_values_may_have_escapes() {
    assert!(
        validated(br#" { "\u0061udience" : "s\u0074s" , "r\u0065gion":"eu-west-\u0031"} "#).valid
    );
}
