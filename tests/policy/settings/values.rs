//! Settings with one value, and the limits of that value.

use aws_pod_identity_core as core;
use insta::assert_snapshot;
use serde_json::json;

use super::{problem, valid};

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
fn an_audience_has_no_whitespace() {
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
fn a_token_expires_after_600_to_86400_seconds() {
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
fn a_region_has_the_form_of_an_aws_region() {
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
fn boolean_settings_are_true_or_false() {
    for key in
        ["regionWithEnvFrom", "stsRegionalEndpoints", "disableInstanceMetadata", "roleArnFromEnv"]
    {
        valid(&json!({key: true}));
        valid(&json!({key: false}));
        for value in [json!("true"), json!(1), json!([]), json!({})] {
            problem(&json!({key: value}));
        }
    }
    assert_snapshot!(problem(&json!({"stsRegionalEndpoints": "true"})), @"stsRegionalEndpoints: expected a boolean, not a string");
}

#[test]
fn an_endpoint_of_sts_is_a_url() {
    valid(&json!({"stsEndpointUrl": "https://minio.example.com:9000"}));
    valid(&json!({"stsEndpointUrl": ""}));
    assert_snapshot!(problem(&json!({"stsEndpointUrl": "minio"})), @r#"stsEndpointUrl: "minio" is not an http or https URL of a host, a port and a path, without '$'; use a value such as https://minio.example.com:9000"#);
    assert_snapshot!(problem(&json!({"stsEndpointUrl": "https://user:secret@minio"})), @"stsEndpointUrl: the URL has an '@', which is for credentials; remove them");
}

#[test]
fn a_session_name_is_none_or_pod_name() {
    valid(&json!({"sessionName": "none"}));
    valid(&json!({"sessionName": "podName"}));
    assert_snapshot!(problem(&json!({"sessionName": "podname"})), @r#"sessionName: "podname" is not valid; use none or podName"#);
}

#[test]
fn service_account_lookup_is_fresh_or_cached() {
    valid(&json!({"serviceAccountLookup": "fresh"}));
    valid(&json!({"serviceAccountLookup": "cached"}));
    for value in [json!(""), json!("Fresh"), json!("cache"), json!(true)] {
        problem(&json!({"serviceAccountLookup": value}));
    }
    assert_snapshot!(problem(&json!({"serviceAccountLookup": "stale"})), @r#"serviceAccountLookup: "stale" is not valid; use fresh or cached"#);
}

#[test]
fn lookup_failure_is_reject_or_admit() {
    valid(&json!({"lookupFailure": "reject"}));
    valid(&json!({"lookupFailure": "admit"}));
    for value in [json!(""), json!("Admit"), json!("warn"), json!(true)] {
        problem(&json!({"lookupFailure": value}));
    }
    assert_snapshot!(problem(&json!({"lookupFailure": "ignore"})), @r#"lookupFailure: "ignore" is not valid; use reject or admit"#);
}

#[test]
fn default_severity_can_only_be_warn() {
    valid(&json!({"defaultSeverity": "warn"}));
    for value in [json!("off"), json!(""), json!("Warn"), json!(["warn"])] {
        problem(&json!({"defaultSeverity": value}));
    }
    assert_snapshot!(problem(&json!({"defaultSeverity": "off"})), @r#"defaultSeverity: "off" is not valid; use warn"#);
}

#[test]
fn every_finding_can_have_every_severity() {
    for kind in core::FindingKind::ALL {
        for severity in ["reject", "warn", "off"] {
            valid(&json!({"findings": {kind.id(): severity}}));
        }
        problem(&json!({"findings": {kind.id(): "ignore"}}));
    }
    assert_snapshot!(problem(&json!({"findings": {"role-arn-empty": "error"}})), @r#"findings.role-arn-empty: "error" is not valid; use reject or warn or off"#);
    // YAML reads `off` without quotes as false.
    valid(&json!({"findings": {"role-arn-empty": false}}));
    assert_snapshot!(problem(&json!({"findings": {"role-arn-empty": true}})), @"findings.role-arn-empty: expected a string, not a boolean; put the value in quotes");
    assert_snapshot!(problem(&json!({"findings": ["role-arn-empty"]})), @"findings: expected an object, not a list");
}

#[test]
fn unknown_findings_are_reported_with_the_nearest_id() {
    assert_snapshot!(problem(&json!({"findings": {"role-arn-emty": "warn"}})), @"findings.role-arn-emty: there is no such finding; did you mean role-arn-empty?");
    assert_snapshot!(problem(&json!({"findings": {"roleArnEmpty": "warn"}})), @"findings.roleArnEmpty: there is no such finding; did you mean role-arn-empty?");
    assert_snapshot!(problem(&json!({"findings": {"privileged": "warn"}})), @"findings.privileged: there is no such finding; docs/findings.md lists all findings");
    assert_snapshot!(problem(&json!({"findings": {"": "warn"}})), @"findings.: there is no such finding; docs/findings.md lists all findings");
}
