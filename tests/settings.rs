//! Which settings a policy can be loaded with, and what is said about the others.
//!
//! A bad setting is told when the policy is loaded, all of them at once, and never waits for a pod.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::sync::Arc;

use aws_pod_identity_core as core;
use aws_pod_identity_kubernetes::capabilities::NoCapabilities;
use aws_pod_identity_kubernetes::cluster::Cluster;
use insta::assert_snapshot;
use kubewarden_policy_sdk::metadata::ProtocolVersion;
use kubewarden_policy_sdk::settings::SettingsValidationResponse;
use serde_json::{Value, json};
use support::{POLICY, ask_both, payload, request};

/// What both the library and the module say of these bytes.
#[track_caller]
fn validated(settings: &[u8]) -> SettingsValidationResponse {
    let library = core::validate_settings(settings);
    let module = POLICY.call("validate_settings", settings, Arc::new(NoCapabilities));
    let module = module.expect("an answer of the module");
    assert_eq!(String::from_utf8_lossy(&module), String::from_utf8_lossy(&library));
    let response: SettingsValidationResponse =
        serde_json::from_slice(&library).expect("an answer of the SDK");
    assert_eq!(response.valid, response.message.is_none(), "a message is for what is not valid");
    response
}

#[track_caller]
fn valid(settings: &Value) {
    let response = validated(settings.to_string().as_bytes());
    assert!(response.valid, "{settings}: {:?}", response.message);
}

/// What is said about settings that are not valid.
#[track_caller]
fn problem(settings: &Value) -> String {
    let response = validated(settings.to_string().as_bytes());
    response.message.unwrap_or_else(|| panic!("valid: {settings}"))
}

#[track_caller]
fn unreadable(settings: impl AsRef<[u8]>) -> String {
    let response = validated(settings.as_ref());
    response.message.expect("a message")
}

#[test]
fn the_protocol_is_version_1() {
    assert_eq!(POLICY.protocol_version().unwrap(), ProtocolVersion::V1);
    let library = ProtocolVersion::try_from(core::PROTOCOL_VERSION.to_vec()).unwrap();
    assert_eq!(library, ProtocolVersion::V1);
}

#[test]
fn no_setting_is_required() {
    valid(&json!({}));
    valid(&json!(null));
}

#[test]
fn null_is_a_setting_that_is_not_set() {
    for key in [
        "annotationPrefix",
        "audience",
        "tokenExpirationSeconds",
        "mountPath",
        "region",
        "regionWithEnvFrom",
        "stsRegionalEndpoints",
        "sessionName",
        "disableInstanceMetadata",
        "composeRoleArn",
        "roleMappings",
        "roleMap",
        "containerCredentials",
        "allowedRoles",
        "serviceAccountLookup",
        "lookupFailure",
        "findings",
        "defaultSeverity",
    ] {
        valid(&json!({key: null}));
    }
    valid(&json!({"findings": {"role-arn-empty": null}}));
}

#[test]
fn the_rancher_user_interface_sends_a_description_of_null() {
    valid(&json!({"description": null}));
    assert!(
        problem(&json!({"description": "what it is for"}))
            .starts_with("there is no setting description")
    );
}

// One key after the other, with the bounds of what it takes.

#[test]
fn an_annotation_prefix_is_a_dns_subdomain() {
    let longest = format!("{}.{}", "a".repeat(63), "b".repeat(189));
    for prefix in ["eks.amazonaws.com", "irsa.example.com", "x", "0-0.a", &longest] {
        valid(&json!({"annotationPrefix": prefix}));
    }
    let too_long = format!("{longest}c");
    for prefix in [
        "eks.amazonaws.com/",
        "/",
        "EKS.amazonaws.com",
        ".a",
        "a.",
        "a..b",
        "-a",
        "a-",
        "a_b",
        "a b",
        "ü",
        &too_long,
    ] {
        problem(&json!({"annotationPrefix": prefix}));
    }
    assert_snapshot!(problem(&json!({"annotationPrefix": "eks.amazonaws.com/"})), @r#"annotationPrefix: "eks.amazonaws.com/" is not a DNS subdomain; use lowercase letters, digits, '-' and '.', without a slash, such as eks.amazonaws.com"#);
    assert_snapshot!(problem(&json!({"annotationPrefix": ""})), @r#"annotationPrefix: "" is not a DNS subdomain; use lowercase letters, digits, '-' and '.', without a slash, such as eks.amazonaws.com"#);
}

#[test]
fn an_audience_is_a_text_without_blanks() {
    for audience in
        ["sts.amazonaws.com", "sts.amazonaws.com.cn", "https://issuer.example.com/a?b", "x"]
    {
        valid(&json!({"audience": audience}));
    }
    for audience in [" ", "a b", "a\n", "ü"] {
        problem(&json!({"audience": audience}));
    }
    assert_snapshot!(problem(&json!({"audience": ""})), @r#"audience: "" is not a valid audience; use ASCII characters without whitespace, such as sts.amazonaws.com"#);
    assert_snapshot!(problem(&json!({"audience": "sts.amazonaws.com "})), @r#"audience: "sts.amazonaws.com " is not a valid audience; use ASCII characters without whitespace, such as sts.amazonaws.com"#);
}

#[test]
fn a_token_lives_from_ten_minutes_to_a_day() {
    for seconds in [600, 601, 3600, 86_399, 86_400] {
        valid(&json!({"tokenExpirationSeconds": seconds}));
    }
    for seconds in [
        json!(0),
        json!(-600),
        json!(600.5),
        json!(4_294_967_896_u64),
        json!(u64::MAX),
        json!(1e300),
    ] {
        problem(&json!({"tokenExpirationSeconds": seconds}));
    }
    assert_snapshot!(problem(&json!({"tokenExpirationSeconds": 599})), @"tokenExpirationSeconds: 599 is not a whole number of seconds from 600 to 86400");
    assert_snapshot!(problem(&json!({"tokenExpirationSeconds": 86_401})), @"tokenExpirationSeconds: 86401 is not a whole number of seconds from 600 to 86400");
    assert_snapshot!(problem(&json!({"tokenExpirationSeconds": 3600.0})), @"tokenExpirationSeconds: 3600.0 is not a whole number of seconds from 600 to 86400");
    assert_snapshot!(problem(&json!({"tokenExpirationSeconds": "3600"})), @"tokenExpirationSeconds: expected a number, not a string");
}

#[test]
fn a_token_is_mounted_at_an_absolute_path() {
    for path in
        ["/var/run/secrets/eks.amazonaws.com/serviceaccount", "/a", "/a.b/..c/...", "/a-b_c@d"]
    {
        valid(&json!({"mountPath": path}));
    }
    for path in [
        "", "/", "//", "a", "./a", "/a/", "//a", "/a//b", "/a/./b", "/a/../b", "/a/..", "/a:b",
        "/a b", "/a\n", "/ü", "C:\\a",
    ] {
        problem(&json!({"mountPath": path}));
    }
    assert_snapshot!(problem(&json!({"mountPath": "var/run/secrets"})), @r#"mountPath: "var/run/secrets" is not a valid mount path; use an absolute path without whitespace, colons, '$(', '//', '.', '..' or a slash at the end, such as /var/run/secrets/eks.amazonaws.com/serviceaccount"#);
}

#[test]
fn a_region_looks_like_one_of_aws() {
    for region in [
        "eu-west-1",
        "us-gov-east-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "ap-southeast-7",
        "cn-north-1",
        "eusc-de-east-1",
        "mx-central-1",
        "us-east-10",
    ] {
        valid(&json!({"region": region}));
    }
    for region in [
        "eu",
        "eu-west",
        "eu-west-",
        "eu-west-1a",
        "EU-WEST-1",
        "eu_west_1",
        "eu-1",
        "e-west-1",
        "europe-west-1",
        "eu-west-123",
        "eu--1",
        " eu-west-1",
        "$(REGION)",
    ] {
        problem(&json!({"region": region}));
    }
    // The Rancher UI sends an empty text for a field that was cleared.
    valid(&json!({"region": ""}));
    assert_snapshot!(problem(&json!({"region": "eu-west-1a"})), @r#"region: "eu-west-1a" is not an AWS region; use a name such as eu-west-1"#);
}

#[test]
fn switches_are_true_or_false() {
    for key in ["regionWithEnvFrom", "stsRegionalEndpoints", "disableInstanceMetadata"] {
        valid(&json!({key: true}));
        valid(&json!({key: false}));
        for value in [json!("true"), json!(1), json!([]), json!({})] {
            problem(&json!({key: value}));
        }
    }
    assert_snapshot!(problem(&json!({"stsRegionalEndpoints": "true"})), @"stsRegionalEndpoints: expected a boolean, not a string");
}

#[test]
fn a_session_is_named_after_the_pod_or_not_at_all() {
    valid(&json!({"sessionName": "none"}));
    valid(&json!({"sessionName": "podName"}));
    assert_snapshot!(problem(&json!({"sessionName": "podname"})), @r#"sessionName: "podname" is not valid; use none or podName"#);
}

#[test]
fn bare_role_names_belong_to_an_account_a_partition_and_a_path() {
    let with = |key: &str, value: Value| {
        let mut compose = json!({"accountId": "111122223333"});
        compose[key] = value;
        json!({"composeRoleArn": compose})
    };
    let longest = format!("/{}/", "p".repeat(510));
    for path in ["/", "/teams/", "/a/b/", &longest] {
        valid(&with("path", path.into()));
    }
    let too_long = format!("/{}/", "p".repeat(511));
    for path in ["", "teams", "/teams", "teams/", "//", "/a//b/", "/a b/", "/ü/", &too_long] {
        problem(&with("path", path.into()));
    }
    for partition in [
        "aws",
        "aws-cn",
        "aws-us-gov",
        "aws-iso",
        "aws-iso-b",
        "aws-iso-e",
        "aws-iso-f",
        "aws-eusc",
    ] {
        valid(&with("partition", partition.into()));
    }
    for account in ["", "11112222333", "1111222233334", "1111-2222-3333", "11112222333a"] {
        problem(&with("accountId", account.into()));
    }
    assert_snapshot!(problem(&json!({"composeRoleArn": {}})), @"composeRoleArn: accountId is required, the 12-digit ID of the roles' AWS account in quotes");
    assert_snapshot!(problem(&with("accountId", 111_122_223_333_u64.into())), @"composeRoleArn.accountId: expected a string, not a number; put the value in quotes");
    assert_snapshot!(problem(&with("accountId", "11112222333".into())), @r#"composeRoleArn.accountId: "11112222333" is not an AWS account ID; use 12 digits in quotes"#);
    assert_snapshot!(problem(&with("partition", "aws-gov".into())), @r#"composeRoleArn.partition: "aws-gov" is not an AWS partition; use a name such as aws, aws-cn or aws-us-gov"#);
    assert_snapshot!(problem(&with("path", "/teams".into())), @r#"composeRoleArn.path: "/teams" is not the path of a role; use a path with a slash at both ends and without '$(', such as /teams/"#);
    assert_snapshot!(problem(&with("accountID", "111122223333".into())), @"there is no setting composeRoleArn.accountID; did you mean composeRoleArn.accountId?");
}

const ROLE: &str = "arn:aws:iam::111122223333:role/payments/api";

#[test]
fn a_mapping_needs_a_namespace_an_account_and_a_role() {
    let with = |key: &str, value: Value| {
        let mut mapping = json!({"namespace": "team-*", "serviceAccount": "a?i", "roleArn": ROLE});
        mapping[key] = value;
        json!({"roleMappings": [mapping]})
    };
    valid(&json!({"roleMappings": []}));
    valid(&with("audience", "vault".into()));
    valid(&with("stsRegionalEndpoints", true.into()));
    for seconds in [600, 86_400] {
        valid(&with("tokenExpirationSeconds", seconds.into()));
    }
    for seconds in [599, 86_401] {
        problem(&with("tokenExpirationSeconds", seconds.into()));
    }
    for key in ["namespace", "serviceAccount", "roleArn"] {
        for value in [json!(null), json!(""), json!("A b"), json!([])] {
            problem(&with(key, value));
        }
    }
    assert_snapshot!(problem(&json!({"roleMappings": [{}]})), @"roleMappings[0]: namespace, serviceAccount and roleArn are required");
    assert_snapshot!(problem(&json!({"roleMappings": {}})), @"roleMappings: expected a list, not an object");
    assert_snapshot!(problem(&json!({"roleMappings": ["x"]})), @"roleMappings[0]: expected an object, not a string");
    assert_snapshot!(problem(&with("roleArn", "arn:aws:iam::1:role/x".into())), @r#"roleMappings[0].roleArn: "arn:aws:iam::1:role/x" is not an IAM role ARN: the account ID has 1 digit, not 12; expected arn:<partition>:iam::<12-digit account>:role/[path/]name"#);
    assert_snapshot!(problem(&with("roleArn", "arn:aws:iam::111122223333:role/$(TEAM)/api".into())), @r#"roleMappings[0].roleArn: "arn:aws:iam::111122223333:role/$(TEAM)/api" contains the placeholder "$(TEAM)"; expected arn:<partition>:iam::<12-digit account>:role/[path/]name"#);
    assert_snapshot!(problem(&with("namespace", "Team".into())), @r#"roleMappings[0].namespace: "Team" is not a name or a pattern of names; use a value such as "payments" or "team-*""#);
    assert_snapshot!(problem(&with("tokenExpirationSeconds", 60.into())), @"roleMappings[0].tokenExpirationSeconds: 60 is not a whole number of seconds from 600 to 86400");
    assert_snapshot!(problem(&with("rolearn", ROLE.into())), @"there is no setting roleMappings[0].rolearn; did you mean roleMappings[0].roleArn?");
}

#[test]
fn a_role_map_is_a_config_map_in_a_namespace() {
    valid(&json!({"roleMap": {"namespace": "kube-system"}}));
    valid(&json!({"roleMap": {"namespace": "kube-system", "name": "pod-identity-webhook"}}));
    for value in [json!({"name": "x"}), json!({"namespace": ""}), json!("kube-system"), json!([])] {
        problem(&json!({"roleMap": value}));
    }
    assert_snapshot!(problem(&json!({"roleMap": {}})), @"roleMap: namespace is required, the namespace of the ConfigMap");
    assert_snapshot!(problem(&json!({"roleMap": {"namespace": "kube-system", "configMap": "x"}})), @"there is no setting roleMap.configMap; the settings are namespace, name");
}

#[test]
fn container_credentials_are_for_identities() {
    let with = |key: &str, value: Value| {
        let mut credentials = json!({"identities": [{"namespace": "*", "serviceAccount": "api"}]});
        credentials[key] = value;
        json!({"containerCredentials": credentials})
    };
    for uri in [
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials",
        "https://agent.example.com",
    ] {
        valid(&with("fullUri", uri.into()));
    }
    for uri in ["", "169.254.170.23", "ftp://169.254.170.23", "http://", "http:///v1", "http://a b"]
    {
        problem(&with("fullUri", uri.into()));
    }
    let longest = "v".repeat(63);
    valid(&with("volumeName", longest.as_str().into()));
    for name in ["", "A", "a.b", "a_b", "-a", &"v".repeat(64)] {
        problem(&with("volumeName", name.into()));
    }
    for path in ["token", "a/b"] {
        valid(&with("tokenPath", path.into()));
    }
    for path in ["", "/token", "token/", "a//b", "../token", "a/./b"] {
        problem(&with("tokenPath", path.into()));
    }
    problem(&with("mountPath", "a".into()));
    problem(&with("audience", "".into()));
    assert_snapshot!(problem(&json!({"containerCredentials": {}})), @"containerCredentials: identities is required, a list of {namespace, serviceAccount}");
    assert_snapshot!(problem(&json!({"containerCredentials": {"identities": [{"namespace": "a"}]}})), @"containerCredentials.identities[0]: namespace and serviceAccount are required");
    assert_snapshot!(problem(&with("fullUri", "169.254.170.23".into())), @r#"containerCredentials.fullUri: "169.254.170.23" is not an http or https URI without '$('; use a value such as http://169.254.170.23/v1/credentials"#);
    assert_snapshot!(problem(&with("volumeName", "a.b".into())), @r#"containerCredentials.volumeName: "a.b" is not a valid volume name; use up to 63 lowercase letters, digits and '-'"#);
    assert_snapshot!(problem(&with("tokenPath", "/token".into())), @r#"containerCredentials.tokenPath: "/token" is not the path of a file below the mount path; use a relative path without '$(', such as eks-pod-identity-token"#);
    assert_snapshot!(problem(&with("fullURL", "x".into())), @"there is no setting containerCredentials.fullURL; did you mean containerCredentials.fullUri?");
}

#[test]
fn allowed_roles_are_patterns_of_role_arns() {
    let allow = |namespaces: Value, roles: Value| json!({"allowedRoles": [{"namespaces": namespaces, "roleArns": roles}]});
    for role in [
        ROLE,
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::111122223333:role/{namespace}/{serviceAccount}-?",
        "*:*:*:*:*:*",
    ] {
        valid(&allow(json!(["*"]), json!([role])));
    }
    for role in [
        "",
        "*",
        "role/x",
        "arn:aws:iam::role/x",
        "aws:iam:::role/x:y:z",
        "arn:aws:iam::1:role/{name}",
        "arn:aws:iam::1:role/{namespace",
    ] {
        problem(&allow(json!(["*"]), json!([role])));
    }
    for namespaces in
        [json!([]), json!(null), json!("payments"), json!([""]), json!(["A"]), json!([1])]
    {
        problem(&allow(namespaces, json!([ROLE])));
    }
    valid(&json!({"allowedRoles": []}));
    assert_snapshot!(problem(&json!({"allowedRoles": [{}]})), @"allowedRoles[0]: namespaces and roleArns are required, each a list of at least one pattern");
    assert_snapshot!(problem(&allow(json!(["*"]), json!(["*"]))), @r#"allowedRoles[0].roleArns[0]: "*" cannot match a role ARN, because '*' does not match colons; use the form arn:<partition>:iam::<account>:role/<path and name>"#);
    assert_snapshot!(problem(&allow(json!(["*"]), json!(["arn:aws:iam::1:role/{name}"]))), @r#"allowedRoles[0].roleArns[0]: "arn:aws:iam::1:role/{name}" has braces around something else than namespace or serviceAccount"#);
    assert_snapshot!(problem(&allow(json!(["A"]), json!([ROLE]))), @r#"allowedRoles[0].namespaces[0]: "A" is not a name or a pattern of names; use a value such as "payments" or "team-*""#);
    assert_snapshot!(problem(&json!({"allowedRoles": [{"namespace": ["*"], "roleArns": [ROLE]}]})), @"there is no setting allowedRoles[0].namespace; did you mean allowedRoles[0].namespaces?");
}

#[test]
fn a_lookup_is_fresh_or_cached() {
    valid(&json!({"serviceAccountLookup": "fresh"}));
    valid(&json!({"serviceAccountLookup": "cached"}));
    for value in [json!(""), json!("Fresh"), json!("cache"), json!(true)] {
        problem(&json!({"serviceAccountLookup": value}));
    }
    assert_snapshot!(problem(&json!({"serviceAccountLookup": "stale"})), @r#"serviceAccountLookup: "stale" is not valid; use fresh or cached"#);
}

#[test]
fn a_failed_lookup_rejects_or_admits() {
    valid(&json!({"lookupFailure": "reject"}));
    valid(&json!({"lookupFailure": "admit"}));
    for value in [json!(""), json!("Admit"), json!("warn"), json!(true)] {
        problem(&json!({"lookupFailure": value}));
    }
    assert_snapshot!(problem(&json!({"lookupFailure": "ignore"})), @r#"lookupFailure: "ignore" is not valid; use reject or admit"#);
}

#[test]
fn a_default_severity_of_warn_is_for_the_first_day() {
    valid(&json!({"defaultSeverity": "warn"}));
    for value in [json!("off"), json!(""), json!("Warn"), json!(["warn"])] {
        problem(&json!({"defaultSeverity": value}));
    }
    assert_snapshot!(problem(&json!({"defaultSeverity": "off"})), @r#"defaultSeverity: "off" is not valid; use warn"#);
}

#[test]
fn every_finding_can_have_every_severity() {
    for rule in core::FindingKind::ALL {
        for severity in ["reject", "warn", "off"] {
            valid(&json!({"findings": {rule.id(): severity}}));
        }
        problem(&json!({"findings": {rule.id(): "ignore"}}));
    }
    assert_snapshot!(problem(&json!({"findings": {"role-arn-empty": "error"}})), @r#"findings.role-arn-empty: "error" is not valid; use reject or warn or off"#);
    // What YAML makes of `off` without quotes.
    valid(&json!({"findings": {"role-arn-empty": false}}));
    assert_snapshot!(problem(&json!({"findings": {"role-arn-empty": true}})), @"findings.role-arn-empty: expected a string, not a boolean; put the value in quotes");
    assert_snapshot!(problem(&json!({"findings": ["role-arn-empty"]})), @"findings: expected an object, not a list");
}

#[test]
fn findings_that_do_not_exist_are_refused_by_name() {
    assert_snapshot!(problem(&json!({"findings": {"role-arn-emty": "warn"}})), @"findings.role-arn-emty: there is no such finding; did you mean role-arn-empty?");
    assert_snapshot!(problem(&json!({"findings": {"roleArnEmpty": "warn"}})), @"findings.roleArnEmpty: there is no such finding; did you mean role-arn-empty?");
    assert_snapshot!(problem(&json!({"findings": {"privileged": "warn"}})), @"findings.privileged: there is no such finding; docs/findings.md lists all findings");
    assert_snapshot!(problem(&json!({"findings": {"": "warn"}})), @"findings.: there is no such finding; docs/findings.md lists all findings");
}

// What is no setting.

#[test]
fn settings_that_do_not_exist_are_refused_with_the_nearest_that_does() {
    assert_snapshot!(problem(&json!({"audiance": "x"})), @"there is no setting audiance; did you mean audience?");
    assert_snapshot!(problem(&json!({"sts_regional_endpoints": true})), @"there is no setting sts_regional_endpoints; did you mean stsRegionalEndpoints?");
    assert_snapshot!(problem(&json!({"Region": "eu-west-1"})), @"there is no setting Region; did you mean region?");
    assert_snapshot!(problem(&json!({"tokenExpirationSecond": 600})), @"there is no setting tokenExpirationSecond; did you mean tokenExpirationSeconds?");
    assert_snapshot!(problem(&json!({"finding": {}})), @"there is no setting finding; did you mean findings?");
}

#[test]
fn settings_that_resemble_none_are_refused_with_a_list_of_those_there_are() {
    for key in ["clusterName", "", "x", &"audience".repeat(1000)] {
        let problem = problem(&json!({key: 1}));
        assert!(problem.starts_with("there is no setting "), "{problem}");
        assert!(problem.contains("the settings are annotationPrefix, audience, "), "{problem}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
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
    - findings.role-arn-empty: "fatal" is not valid; use reject or warn or off
    - findings.rolearn-malformed: there is no such finding; did you mean role-arn-malformed?
    "#);
}

#[test]
fn a_type_that_is_not_expected_is_named() {
    assert_snapshot!(problem(&json!({"audience": 1})), @"audience: expected a string, not a number; put the value in quotes");
    assert_snapshot!(problem(&json!({"mountPath": true})), @"mountPath: expected a string, not a boolean; put the value in quotes");
    assert_snapshot!(problem(&json!({"region": {}})), @"region: expected a string, not an object");
    assert_snapshot!(problem(&json!([])), @"settings must be an object, not a list");
    assert_snapshot!(problem(&json!("audience: x")), @"settings must be an object, not a string");
    assert_snapshot!(problem(&json!(1)), @"settings must be an object, not a number");
}

#[test]
fn what_cannot_be_read_is_told_with_the_position() {
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
fn keys_and_values_may_be_written_with_escapes() {
    assert!(
        validated(br#" { "\u0061udience" : "s\u0074s" , "r\u0065gion":"eu-west-\u0031"} "#).valid
    );
}

// Settings that were never validated.

#[test]
fn a_policy_with_settings_that_are_not_valid_judges_nothing() {
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "api-0", "namespace": "payments"},
        "spec": {"containers": [{"name": "app"}]},
    });
    for settings in [json!({"tokenExpirationSeconds": 60}), json!({"audiance": "x"}), json!([])] {
        let request = request("CREATE", &pod, None);
        let answer = ask_both(&payload(&request, &settings), Cluster::new());
        let response = answer.response();
        assert_eq!((response.accepted, response.code), (false, Some(500)));
        let expected = format!("the settings of this policy are not valid: {}", problem(&settings));
        assert_eq!(response.message, Some(expected));
        assert_eq!(answer.queries, Vec::<String>::new());
    }
}

#[test]
fn a_request_without_settings_is_judged_by_the_defaults() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api"}});
    let request = request("CREATE", &service, None);
    let answer = ask_both(json!({"request": request}).to_string().as_bytes(), Cluster::new());
    assert!(answer.response().accepted);
    assert!(ask_both(&payload(&request, &Value::Null), Cluster::new()).response().accepted);
}
