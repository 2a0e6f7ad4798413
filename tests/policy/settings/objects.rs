//! Settings that are objects or lists.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{problem, valid};

const ROLE: &str = "arn:aws:iam::111122223333:role/payments/api";

#[test]
fn compose_role_arn_needs_an_account_and_may_have_a_partition_and_a_path() {
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

#[test]
fn a_role_mapping_needs_a_namespace_a_service_account_and_a_role() {
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
    assert_snapshot!(problem(&with("roleArn", "arn:aws:iam::1:role/x".into())), @r#"roleMappings[0].roleArn: "arn:aws:iam::1:role/x" is not an IAM role ARN: the account ID has 1 digit, not 12; use the form arn:<partition>:iam::<12-digit account>:role/[path/]name"#);
    assert_snapshot!(problem(&with("roleArn", "arn:aws:iam::111122223333:role/$(TEAM)/api".into())), @r#"roleMappings[0].roleArn: "arn:aws:iam::111122223333:role/$(TEAM)/api" contains the placeholder "$(TEAM)"; use the form arn:<partition>:iam::<12-digit account>:role/[path/]name"#);
    assert_snapshot!(problem(&with("namespace", "Team".into())), @r#"roleMappings[0].namespace: "Team" is not a name or a pattern of names; use a value such as "payments" or "team-*""#);
    assert_snapshot!(problem(&with("tokenExpirationSeconds", 60.into())), @"roleMappings[0].tokenExpirationSeconds: 60 is not a whole number of seconds from 600 to 86400");
    assert_snapshot!(problem(&with("rolearn", ROLE.into())), @"there is no setting roleMappings[0].rolearn; did you mean roleMappings[0].roleArn?");
}

#[test]
fn a_role_map_needs_the_namespace_of_a_config_map() {
    valid(&json!({"roleMap": {"namespace": "kube-system"}}));
    valid(&json!({"roleMap": {"namespace": "kube-system", "name": "pod-identity-webhook"}}));
    for value in [json!({"name": "x"}), json!({"namespace": ""}), json!("kube-system"), json!([])] {
        problem(&json!({"roleMap": value}));
    }
    assert_snapshot!(problem(&json!({"roleMap": {}})), @"roleMap: namespace is required, the namespace of the ConfigMap");
    assert_snapshot!(problem(&json!({"roleMap": {"namespace": "kube-system", "configMap": "x"}})), @"there is no setting roleMap.configMap; the settings are namespace, name");
}

#[test]
fn container_credentials_need_identities() {
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
    assert_snapshot!(problem(&allow(json!(["*"]), json!(["arn:aws:iam::1:role/{name}"]))), @r#"allowedRoles[0].roleArns[0]: "arn:aws:iam::1:role/{name}" has an unknown variable in braces; use {namespace} or {serviceAccount}"#);
    assert_snapshot!(problem(&allow(json!(["A"]), json!([ROLE]))), @r#"allowedRoles[0].namespaces[0]: "A" is not a name or a pattern of names; use a value such as "payments" or "team-*""#);
    assert_snapshot!(problem(&json!({"allowedRoles": [{"namespace": ["*"], "roleArns": [ROLE]}]})), @"there is no setting allowedRoles[0].namespace; did you mean allowedRoles[0].namespaces?");
}

#[test]
fn pod_templates_are_paths_in_objects_of_a_kind() {
    let with = |key: &str, value: Value| {
        let mut entry =
            json!({"group": "argoproj.io", "kind": "Rollout", "paths": ["spec.template"]});
        entry[key] = value;
        json!({"podTemplates": [entry]})
    };
    valid(&json!({"podTemplates": []}));
    for path in [
        "template",
        "spec.workerGroupSpecs[*].template",
        "spec.tfReplicaSpecs.*.template",
        "spec.a_b-c[*].template",
    ] {
        valid(&with("paths", json!([path])));
    }
    for path in [
        "",
        ".",
        ".spec.template",
        "spec.template.",
        "spec..template",
        "spec.groups[0].template",
        "spec.groups[].template",
        "spec.[*].template",
        "spec.a*.template",
        "/spec/template",
        "$.spec.template",
        "spec template",
    ] {
        problem(&with("paths", json!([path])));
    }
    for paths in [json!([]), json!(null), json!("spec.template"), json!([1])] {
        problem(&with("paths", paths));
    }
    for group in ["", "apps", "batch", "Argoproj.io", "argoproj.io/v1alpha1", "a..b"] {
        problem(&with("group", group.into()));
    }
    for kind in ["", "rollouts.argoproj.io", "Roll out", "*"] {
        problem(&with("kind", kind.into()));
    }
    assert_snapshot!(problem(&json!({"podTemplates": [{}]})), @"podTemplates[0]: group, kind and paths are required");
    assert_snapshot!(problem(&with("group", "apps".into())), @r#"podTemplates[0].group: "apps" is not the API group of a custom resource; use a name such as argoproj.io"#);
    assert_snapshot!(problem(&with("kind", "argoproj.io/Rollout".into())), @r#"podTemplates[0].kind: "argoproj.io/Rollout" is not a kind; use a name such as Rollout"#);
    assert_snapshot!(problem(&with("paths", json!(["/spec/template"]))), @r#"podTemplates[0].paths[0]: "/spec/template" is not the path of a pod template; use a path such as spec.template or spec.workerGroupSpecs[*].template"#);
    assert_snapshot!(problem(&with("path", "spec.template".into())), @"there is no setting podTemplates[0].path; did you mean podTemplates[0].paths?");
}
