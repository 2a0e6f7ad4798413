//! Settings at and next to every limit, and the messages about invalid ones.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};

/// The message about settings; none if they are valid.
fn message(settings: &Value) -> Option<String> {
    let answer = aws_pod_identity_core::validate_settings(settings.to_string().as_bytes());
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let message = answer.get("message").map(|message| message.as_str().unwrap().to_owned());
    assert_eq!(answer["valid"], message.is_none());
    message
}

#[track_caller]
fn valid(key: &str, values: &[Value]) {
    for value in values {
        assert_eq!(message(&json!({key: value})), None, "{key}: {value}");
    }
}

#[track_caller]
fn invalid(key: &str, values: &[Value]) {
    for value in values {
        let Some(message) = message(&json!({key: value})) else {
            panic!("{key}: {value} is valid")
        };
        assert!(message.contains(key), "{message}");
    }
}

fn texts<const N: usize>(values: [&str; N]) -> [Value; N] {
    values.map(Value::from)
}

#[test]
fn unknown_keys_are_reported_with_the_nearest_name() {
    assert_eq!(message(&json!({})), None);
    assert_eq!(message(&Value::Null), None);
    assert_eq!(message(&json!({"description": null})), None);
    for (settings, expected) in [
        (json!([]), "settings must be an object, not a list"),
        (json!("x"), "settings must be an object, not a string"),
        (json!(1), "settings must be an object, not a number"),
        (json!(true), "settings must be an object, not a boolean"),
        (json!({"regoin": "x"}), "there is no setting regoin; did you mean region?"),
        (json!({"region": {}}), "region: expected a string, not an object"),
        (
            json!({"roleMap": {"namespace": "a", "nam": "b"}}),
            "there is no setting roleMap.nam; did you mean roleMap.name?",
        ),
        (
            json!({"findings": {"host-netwrk": "off"}}),
            "findings.host-netwrk: there is no such finding; did you mean host-network?",
        ),
        (
            json!({"findings": {"nothing": "off"}}),
            "findings.nothing: there is no such finding; docs/findings.md lists all findings",
        ),
        (
            json!({"region": 1, "sessionName": "x"}),
            "2 problems:\n- region: expected a string, not a number; put the value in quotes\n- sessionName: \"x\" is not valid; use none or podName",
        ),
    ] {
        assert_eq!(message(&settings).as_deref(), Some(expected), "{settings}");
    }
    // Far from everything: no suggestion. "audience" and five letters more is another word.
    for key in ["description", "audiencevalue", "x"] {
        let message = message(&json!({key: "x"})).unwrap();
        assert!(
            message.starts_with(&format!(
                "there is no setting {key}; the settings are annotationPrefix, "
            )),
            "{message}"
        );
    }
}

#[test]
fn prefixes_are_dns_subdomains() {
    let longest = format!("{}.{}", "a".repeat(126), "b".repeat(126));
    valid("annotationPrefix", &texts(["eks.amazonaws.com", "a", "a-1.b", "1a", &longest]));
    let longer = format!("{longest}c");
    invalid(
        "annotationPrefix",
        &texts(["", "a/", "a/b", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "ä", &longer]),
    );
}

#[test]
fn audiences_are_not_empty_and_have_no_whitespace() {
    valid(
        "audience",
        &texts(["sts.amazonaws.com", "https://x/y?z", "ö".escape_default().to_string().as_str()]),
    );
    invalid("audience", &texts(["", "a b", "a\n", "ö"]));
}

#[test]
fn lifetimes_are_from_600_to_86400_seconds() {
    valid("tokenExpirationSeconds", &[json!(600), json!(86_400)]);
    invalid(
        "tokenExpirationSeconds",
        &[json!(599), json!(86_401), json!(600.5), json!(-600), json!("600"), json!(1e300)],
    );
}

#[test]
fn endpoints_of_sts_are_urls_without_credentials() {
    let urls = ["http://minio:9000", "https://vpce-1-a.sts.eu-west-1.vpce.amazonaws.com", ""];
    valid("stsEndpointUrl", &texts(urls));
    let others =
        ["minio:9000", "ftp://x", "https://", "https://$(HOST)", "https://a b", "https://a:b"];
    invalid("stsEndpointUrl", &texts(others));
    invalid("stsEndpointUrl", &[json!(1)]);
    for (url, expected) in [
        (
            "minio:9000",
            "stsEndpointUrl: \"minio:9000\" is not an http or https URL of a host, a port and a path, without '$'; use a value such as https://minio.example.com:9000",
        ),
        (
            "https://user:secret@minio",
            "stsEndpointUrl: the URL has an '@', which is for credentials; remove them",
        ),
    ] {
        assert_eq!(message(&json!({"stsEndpointUrl": url})).as_deref(), Some(expected));
    }
}

#[test]
fn mappings_name_roles_of_the_sts_of_the_settings() {
    let with = |url: &str| {
        let role = "arn:minio:iam:::role/api";
        let mapping = json!([{"namespace": "a", "serviceAccount": "b", "roleArn": role}]);
        message(&json!({"roleMappings": mapping, "stsEndpointUrl": url}))
    };
    assert_eq!(with("https://minio.example.com"), None);
    for url in ["", "https://sts.eu-west-1.amazonaws.com"] {
        assert!(with(url).unwrap().starts_with("roleMappings[0].roleArn: "), "{url}");
    }
}

#[test]
fn mount_paths_are_absolute_and_in_their_shortest_form() {
    valid("mountPath", &texts(["/a", "/var/run/x.y", "/a...b/..c", "/a$b(c)"]));
    invalid(
        "mountPath",
        &texts([
            "",
            "/",
            "a",
            "/a/",
            "//a",
            "/a//b",
            "/a/./b",
            "/a/../b",
            "/..",
            "/a:b",
            "C:\\a",
            "/a b",
            "/ä",
            "/a$(NAME)",
        ]),
    );
}

#[test]
fn regions_look_like_regions() {
    valid(
        "region",
        &texts(["", "eu-west-1", "us-gov-east-1", "eusc-de-east-1", "us-isob-east-10"]),
    );
    invalid(
        "region",
        &texts([
            "x",
            "eu-west",
            "eu--1",
            "eu-1",
            "e-west-1",
            "europ-west-1",
            "EU-west-1",
            "eu-West-1",
            "eu-west-100",
            "eu-west-",
            "eu-west-a",
            "eu-west1-1",
            "eu west-1",
            "1u-west-1",
        ]),
    );
}

#[test]
fn words_and_flags_have_a_fixed_set_of_values() {
    // YAML takes `off` without quotes for false.
    valid("findings", &[json!({"host-network": false}), json!({"host-network": null})]);
    invalid("findings", &[json!({"host-network": true}), json!({"host-network": "on"})]);
    valid("sessionName", &texts(["none", "podName"]));
    invalid("sessionName", &[json!(""), json!("podname"), json!(true)]);
    valid("serviceAccountLookup", &texts(["fresh", "cached"]));
    invalid("serviceAccountLookup", &texts(["", "stale"]));
    valid("lookupFailure", &texts(["reject", "admit"]));
    invalid("lookupFailure", &texts(["", "warn", "Admit"]));
    valid("defaultSeverity", &[json!("warn"), json!(null)]);
    invalid("defaultSeverity", &texts(["reject", "off"]));
    for key in ["regionWithEnvFrom", "stsRegionalEndpoints", "disableInstanceMetadata"] {
        valid(key, &[json!(true), json!(false), json!(null)]);
        invalid(key, &[json!("true"), json!(1)]);
    }
}

#[test]
fn composed_arns_have_an_account_a_partition_and_a_path() {
    let compose = |partition: &str, path: &str| json!({"accountId": "123456789012", "partition": partition, "path": path});
    valid(
        "composeRoleArn",
        &[
            compose("aws-cn", "/"),
            compose("aws", "/a/"),
            compose("aws", "/a/b/"),
            compose("aws", "/ab/"),
            compose("aws", &format!("/{}/", "a".repeat(510))),
        ],
    );
    invalid(
        "composeRoleArn",
        &[
            json!({}),
            json!({"accountId": "12345678901"}),
            json!({"accountId": "12345678901x"}),
            json!({"accountId": "1234567890123"}),
            json!({"accountId": 123_456_789_012_u64}),
            compose("aws-x", "/"),
            compose("aws", ""),
            compose("aws", "//"),
            compose("aws", "/a"),
            compose("aws", "a/"),
            compose("aws", "/a//b/"),
            compose("aws", "/a b/"),
            compose("aws", &format!("/{}/", "a".repeat(511))),
        ],
    );
}

#[test]
fn mappings_name_an_account_and_a_role() {
    let role = "arn:aws:iam::123456789012:role/x";
    let mapping = |namespace: &str, account: &str, role: &str| json!([{"namespace": namespace, "serviceAccount": account, "roleArn": role}]);
    valid("roleMappings", &[json!([]), mapping("*", "a?b-1.c", role)]);
    invalid(
        "roleMappings",
        &[
            json!([{}]),
            json!({}),
            mapping("", "a", role),
            mapping("a", "", role),
            mapping("a", "b", "arn:aws:iam::12:role/x"),
            mapping("A", "b", role),
            mapping("a_", "b", role),
            json!([{"namespace": "a", "serviceAccount": "b"}]),
            json!([{"namespace": "a", "roleArn": role}]),
            json!([{"namespace": "a", "serviceAccount": "b", "roleArn": role, "audience": ""}]),
            json!([{"namespace": "a", "serviceAccount": "b", "roleArn": role, "tokenExpirationSeconds": 1}]),
        ],
    );
}

#[test]
fn a_missing_member_is_reported_unless_another_member_is_invalid() {
    const NEEDS: &str = "namespace, serviceAccount and roleArn are required";
    for (settings, expected) in [
        (json!({"roleMappings": [{"namespace": "A"}]}), vec!["roleMappings[0].namespace: "]),
        (
            json!({"roleMappings": [{"namespace": "a"}]}),
            vec![&*format!("roleMappings[0]: {NEEDS}")],
        ),
        (
            json!({"region": 1, "roleMappings": [{"namespace": "a"}, {"namespace": "B"}]}),
            vec!["region: ", &*format!("roleMappings[0]: {NEEDS}"), "roleMappings[1].namespace: "],
        ),
    ] {
        let message = message(&settings).unwrap();
        let problems: Vec<&str> = message
            .lines()
            .filter(|line| !line.ends_with("problems:"))
            .map(|line| line.trim_start_matches("- "))
            .collect();
        assert_eq!(problems.len(), expected.len(), "{message}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.starts_with(expected), "{problem}, not {expected}");
        }
    }
}

#[test]
fn container_credentials_need_identities_and_complete_members() {
    let with = |key: &str, value: &str| json!({"identities": [{"namespace": "*", "serviceAccount": "a"}], key: value});
    let longest = "a".repeat(63);
    valid(
        "containerCredentials",
        &[
            with("fullUri", "https://x"),
            with("fullUri", "http://[fd00:ec2::23]/v1"),
            with("volumeName", &longest),
            with("tokenPath", "a/b"),
            with("mountPath", "/a"),
        ],
    );
    invalid(
        "containerCredentials",
        &[
            json!({}),
            json!({"identities": []}),
            json!({"identities": [{"namespace": "a"}]}),
            json!({"identities": [{"serviceAccount": "a"}]}),
            json!({"identities": [{"namespace": "a", "serviceAccount": ""}]}),
            with("fullUri", "ftp://x"),
            with("fullUri", "http://"),
            with("fullUri", "http:///x"),
            with("fullUri", "http://a b"),
            with("volumeName", &format!("{longest}a")),
            with("volumeName", "a.b"),
            with("volumeName", ""),
            with("tokenPath", "/a"),
            with("tokenPath", "a/../b"),
            with("tokenPath", "a\\b"),
            with("tokenPath", ""),
            with("audience", ""),
            with("mountPath", "a"),
            with("mountPath", "/a$(NAME)"),
            with("tokenPath", "a$(NAME)"),
            with("fullUri", "http://a/$(NAME)"),
        ],
    );
}

#[test]
fn allowed_roles_are_patterns_that_can_cover_a_role() {
    let entry =
        |namespace: &str, role: &str| json!([{"namespaces": [namespace], "roleArns": [role]}]);
    valid(
        "allowedRoles",
        &[
            json!([]),
            entry("*", "arn:aws:iam::*:role/*"),
            entry("a", "*:*:iam::123456789012:role/{namespace}/{serviceAccount}"),
            entry("a", "arn:aws:iam::123456789012:role/a:b"),
        ],
    );
    invalid(
        "allowedRoles",
        &[
            json!([{}]),
            json!([{"namespaces": ["a"]}]),
            json!([{"roleArns": ["arn:aws:iam::*:role/*"]}]),
            json!([{"namespaces": [], "roleArns": ["arn:aws:iam::*:role/*"]}]),
            entry("A", "arn:aws:iam::*:role/*"),
            entry("a", "*"),
            entry("a", "arn:aws:iam::role/*"),
            entry("a", "urn:aws:iam::123456789012:role/x"),
            entry("a", "arn:aws:iam::123456789012:role/{name}"),
            entry("a", "arn:aws:iam::123456789012:role/{namespace"),
            json!([{"namespaces": ["a"], "roleArns": ["arn:aws:iam::*:role/*"], "x": 1}]),
        ],
    );
    let template = |group: &str, kind: &str, path: &str| json!([{"group": group, "kind": kind, "paths": [path]}]);
    valid(
        "podTemplates",
        &[
            json!([]),
            template("a.b", "C", "d"),
            template("argoproj.io", "Rollout", "spec.template"),
            template("ray.io", "RayCluster", "spec.workerGroupSpecs[*].template"),
            template("kubeflow.org", "TFJob", "spec.tfReplicaSpecs.*.template"),
        ],
    );
    invalid(
        "podTemplates",
        &[
            json!([{}]),
            json!([{"group": "a.b", "kind": "C"}]),
            json!([{"group": "a.b", "kind": "C", "paths": []}]),
            template("", "Pod", "spec"),
            template("apps", "Deployment", "spec.template"),
            template("a.b", "", "spec"),
            template("a.b", "c.d", "spec"),
            template("a.b", "*", "spec"),
            template("a.b", "C", ""),
            template("a.b", "C", "spec..template"),
            template("a.b", "C", "spec.[*]"),
            template("a.b", "C", "spec[*][*]"),
            template("a.b", "C", "spec[0]"),
            template("a.b", "C", "spec.x*"),
        ],
    );
    for key in ["roleMap", "roleTrust"] {
        valid(key, &[json!({"namespace": "a"}), json!({"namespace": "a", "name": "b.c"})]);
        let upper_case = json!({"namespace": "a", "name": "B"});
        invalid(key, &[json!({}), json!({"namespace": ""}), upper_case, json!("a")]);
    }
}
