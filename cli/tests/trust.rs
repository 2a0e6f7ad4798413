//! Roles of AWS: `check --roles`, `trust` and `trust export`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use policy_testing::snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

const ISSUER: &str = "--issuer=https://oidc.example.com";

fn role(name: &str, operator: &str, subject: &str) -> Value {
    json!({
        "RoleName": name, "Path": "/", "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example.com"},
            "Condition": {operator: {"oidc.example.com:sub": subject}},
        }]},
    })
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write =
        |name: &str, text: String| std::fs::write(directory.path().join(name), text).unwrap();
    let roles = [
        role("api", "StringEquals", "system:serviceaccount:shop:*"),
        role("web", "StringEquals", "system:serviceaccount:shop:web"),
        role("wide", "StringLike", "system:serviceaccount:shop:*"),
        role("gone", "StringEquals", "system:serviceaccount:shop:gone"),
    ];
    write("one.json", json!({"Roles": &roles[3..]}).to_string());
    write("roles.json", json!({"Roles": roles}).to_string());
    write("settings.yaml", "findings: {role-trust-denied: reject}".to_owned());
    let accounts = ["api", "web"].map(|name| {
        format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  namespace: shop\n  annotations:\n    \
             eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/{name}\n"
        )
    });
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: shop}\nspec:\n  template:\n    \
                      spec: {serviceAccountName: api, containers: [{name: app}]}\n";
    write("manifests.yaml", format!("{}---\n{deployment}", accounts.join("---\n")));
    directory
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let directory = directory();
    let output = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"))
        .args(arguments)
        .current_dir(directory.path())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_role_that_aws_refuses_is_a_finding_with_the_mistake_and_the_state() {
    let (code, out, err) =
        run(&["check", "--roles=roles.json", ISSUER, "--output=json", "manifests.yaml"]);
    assert_eq!(code, Some(0), "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let states = report["entries"].as_array().unwrap().iter().map(|entry| {
        let ids = entry["findings"].as_array().unwrap().iter().map(|finding| &finding["id"]);
        (entry["trust"]["state"].as_str().unwrap(), entry["verdict"].as_str().unwrap(), ids.count())
    });
    let states: Vec<_> = states.collect();
    let denied = ("not-trusted", "warned", 1);
    assert_eq!(states, [denied, ("trusted", "unchanged", 0), denied]);
    let finding = &report["entries"][0]["findings"][0];
    assert_eq!(finding["id"], "role-trust-denied");
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.ends_with(" is under StringEquals, which takes wildcards literally"),
        "{message}"
    );
    assert_eq!(finding["remedy"], "use StringLike instead of StringEquals");
    let reason = report["entries"][0]["trust"]["reason"].as_str().unwrap();
    assert!(
        reason.ends_with("takes wildcards literally. Use StringLike instead of StringEquals."),
        "{reason}"
    );
}

#[test]
fn the_finding_rejects_by_setting() {
    let (code, out, err) =
        run(&["check", "--settings=settings.yaml", "--roles=roles.json", ISSUER, "manifests.yaml"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("2 rejected"), "{out}");
}

#[test]
fn the_table_has_roles_with_wildcards_and_accounts_that_do_not_exist() {
    let (code, out, err) = run(&["trust", "--roles=roles.json", ISSUER, "manifests.yaml"]);
    assert_eq!(code, Some(0), "{err}");
    let expected = "arn:aws:iam::111122223333:role/web\n  shop/web\narn:aws:iam::111122223333:role/wide\n  shop/*\n\
        arn:aws:iam::111122223333:role/gone\n  shop/gone\n\n\
        3 of 4 roles can be assumed with tokens of https://oidc.example.com; 1 cannot.\n\n\
        Roles that trust more than one service account by a wildcard, or without a condition:\n  \
        wide: system:serviceaccount:shop:* (every service account of the namespace shop)\n\n\
        Roles that trust service accounts which are not among the manifests:\n  gone: shop/gone\n";
    assert_eq!(out, expected);
}

#[test]
fn roles_that_trust_too_much_fail_if_the_user_wants_it() {
    const OTHER: &str = "--issuer=https://other.example.com";
    for (arguments, expected) in [
        (&["--roles=roles.json", ISSUER][..], 0),
        (&["--roles=roles.json", ISSUER, "--fail-on=never", "manifests.yaml"], 0),
        (&["--roles=roles.json", ISSUER, "--fail-on=warn"], 1),
        (&["--roles=roles.json", ISSUER, "--fail-on=warn", "manifests.yaml"], 1),
        // A role of an account that is not among the manifests.
        (&["--roles=one.json", ISSUER, "--fail-on=warn"], 0),
        (&["--roles=one.json", ISSUER, "--fail-on=warn", "manifests.yaml"], 1),
        (&["--roles=roles.json", OTHER, "--fail-on=warn", "manifests.yaml"], 0),
    ] {
        let (code, out, err) = run(&[&["trust"], arguments].concat());
        assert_eq!(code, Some(expected), "{arguments:?}: {out}{err}");
    }
}

#[test]
fn the_export_is_the_config_map_of_the_setting() {
    let time = "--time=2026-11-27T06:00:00Z";
    let (code, out, err) = run(&["trust", "export", "--roles=roles.json", ISSUER, time]);
    assert_eq!(code, Some(0), "{err}");
    let manifest: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(manifest["metadata"], json!({"name": "aws-role-trust", "namespace": "kubewarden"}));
    assert_eq!(manifest["data"]["time"], "2026-11-27T06:00:00Z");
    assert_eq!(manifest["data"]["accounts"], "111122223333");
    assert_eq!(
        manifest["data"]["111122223333_web"],
        "arn:aws:iam::111122223333:role/web; allow system:serviceaccount:shop:web"
    );
}

/// The messages and remedies of the findings `role-trust-denied` of a check with these arguments, one per line.
fn denials(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"))
        .args(["check", "--output=json", "account.yaml"])
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| Value::from(&*err));
    let entry = &report["entries"].as_array().unwrap()[0];
    let mut text = String::new();
    for finding in entry["findings"].as_array().unwrap() {
        assert_eq!(finding["id"], "role-trust-denied", "{finding}");
        let part = |key: &str| finding[key].as_str().unwrap();
        writeln!(text, "  {}\n    {}", part("message"), part("remedy")).unwrap();
    }
    text
}

/// `role_trust.txt` has the findings of the policy, which reads the exported ConfigMap, and of the program, which reads the trust
/// policies themselves. `UPDATE_CASES=1` writes it.
#[test]
fn the_policy_and_the_program_report_the_same_roles_with_their_own_texts() {
    const ROLE: &str = "arn:aws:iam::111122223333:role/api";
    let statement = |effect: &str, provider: &str, condition: Value| {
        json!({
            "Effect": effect, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
            "Principal": {"Federated": format!("arn:aws:iam::111122223333:oidc-provider/{provider}")},
        })
    };
    let ours = |effect: &str, key: &str, value: &str| {
        statement(
            effect,
            "oidc.example.com",
            json!({"StringEquals": {format!("oidc.example.com:{key}"): value}}),
        )
    };
    let directory = tempfile::tempdir().unwrap();
    let write =
        |name: &str, text: String| std::fs::write(directory.path().join(name), text).unwrap();
    write("settings.yaml", "roleTrust: {namespace: kubewarden}".to_owned());
    write(
        "account.yaml",
        format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  namespace: shop\n  annotations:\n    \
             eks.amazonaws.com/role-arn: {ROLE}\n"
        ),
    );
    let mut found = String::new();
    for (situation, path, statements) in [
        (
            "the role has another path",
            "/shop/",
            vec![ours("Allow", "sub", "system:serviceaccount:shop:api")],
        ),
        (
            "it trusts another account",
            "/",
            vec![ours("Allow", "sub", "system:serviceaccount:shop:web")],
        ),
        ("it accepts another audience", "/", vec![ours("Allow", "aud", "vault.example.com")]),
        (
            "it trusts another cluster",
            "/",
            vec![statement("Allow", "other.example.com", json!({}))],
        ),
        (
            "it takes a wildcard literally",
            "/",
            vec![ours("Allow", "sub", "system:serviceaccount:shop:*")],
        ),
        (
            "it denies the account",
            "/",
            vec![
                statement("Allow", "oidc.example.com", json!({})),
                ours("Deny", "sub", "system:serviceaccount:shop:api"),
            ],
        ),
        (
            "it trusts another cluster, and denies the account",
            "/",
            vec![
                statement("Allow", "other.example.com", json!({})),
                ours("Deny", "sub", "system:serviceaccount:shop:api"),
            ],
        ),
        (
            "it has a slash after the issuer in the provider and in the condition",
            "/",
            vec![statement(
                "Allow",
                "oidc.example.com/",
                json!({"StringEquals": {"oidc.example.com/:sub": "system:serviceaccount:shop:api"}}),
            )],
        ),
        (
            "it trusts the account",
            "/",
            vec![ours("Allow", "sub", "system:serviceaccount:shop:api")],
        ),
    ] {
        let listed = json!({
            "RoleName": "api", "Path": path, "Arn": format!("arn:aws:iam::111122223333:role{path}api"),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        });
        // A role with the path `/`: otherwise, the listing could be that of a path, and cover no account.
        let other = role("other", "StringEquals", "system:serviceaccount:shop:other");
        write("roles.json", json!({"Roles": [listed, other]}).to_string());
        let export = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"))
            .args(["trust", "export", "--roles=roles.json", ISSUER, "--time=2026-11-27T06:00:00Z"])
            .arg("--file=config-map.json")
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert_eq!(export.status.code(), Some(0), "{}", String::from_utf8_lossy(&export.stderr));
        let policy = denials(directory.path(), &["--settings=settings.yaml", "config-map.json"]);
        let program = denials(directory.path(), &["--roles=roles.json", ISSUER]);
        assert_eq!(policy.is_empty(), program.is_empty(), "{situation}: {policy}{program}");
        let both = ["--settings=settings.yaml", "config-map.json", "--roles=roles.json", ISSUER];
        assert_eq!(denials(directory.path(), &both), program, "{situation}: reported once");
        write!(found, "# {situation}\npolicy\n{policy}program\n{program}\n").unwrap();
    }
    snapshot(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/role_trust.txt"), &found);
}

/// The state of each object of a check with these files of roles: kind, state, reason and findings.
fn pod_identity(files: &[Value]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let service = |name: &str, actions: Value| {
        json!({
            "RoleName": name, "Path": "/", "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": actions,
            }]},
        })
    };
    let roles = [
        service("both", json!(["sts:AssumeRole", "sts:TagSession"])),
        service("half", json!("sts:AssumeRole")),
        role("irsa", "StringEquals", "system:serviceaccount:shop:api"),
    ];
    let mut arguments = vec!["check".to_owned(), ISSUER.to_owned(), "--output=json".to_owned()];
    for (number, file) in [json!({"Roles": roles})].iter().chain(files).enumerate() {
        std::fs::write(directory.path().join(format!("{number}.json")), file.to_string()).unwrap();
        arguments.push(format!("--roles={number}.json"));
    }
    let manifests = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "api", "namespace": "shop"}},
        {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "shop"},
            "spec": {"template": {"spec": {"serviceAccountName": "api", "containers": [{"name": "app"}]}}},
        },
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "shop"}},
    ]});
    std::fs::write(directory.path().join("manifests.json"), manifests.to_string()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"))
        .args(arguments)
        .arg("manifests.json")
        .current_dir(directory.path())
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| Value::from(&*err));
    let entries = report["entries"].as_array().unwrap().iter().map(|entry| {
        let trust = &entry["trust"];
        let broken = trust["chain"].as_array().and_then(|chain| chain.last());
        let broken = broken.map_or("", |link| link["step"].as_str().unwrap());
        let findings = entry["findings"].as_array().unwrap().iter();
        let findings: Vec<_> = findings
            .map(|finding| {
                format!(
                    "{}: {}",
                    finding["id"].as_str().unwrap(),
                    finding["message"].as_str().unwrap()
                )
            })
            .collect();
        let state = trust["state"].as_str().unwrap_or("-");
        let reason = trust["reason"].as_str().unwrap_or_default();
        format!(
            "{} {state} {broken} | {reason} | {}",
            entry["kind"].as_str().unwrap(),
            findings.join("; ")
        )
    });
    entries.collect()
}

/// `aws eks list-pod-identity-associations`, which has no roles.
fn associations(cluster: &str) -> Value {
    json!({"associations": [{
        "clusterName": cluster, "namespace": "shop", "serviceAccount": "api", "associationId": "a-1",
        "associationArn": format!("arn:aws:eks:eu-west-1:111122223333:podidentityassociation/{cluster}/a-1"),
    }]})
}

/// `aws eks describe-pod-identity-association`
fn association(cluster: &str, role: &str) -> Value {
    json!({"association": {
        "clusterName": cluster, "namespace": "shop", "serviceAccount": "api", "associationId": "a-1",
        "roleArn": format!("arn:aws:iam::111122223333:role/{role}"), "disableSessionTags": false,
    }})
}

#[test]
fn roles_of_associations_must_trust_eks_pod_identity() {
    let nothing = "ServiceAccount -  |  | ";
    let found = |state: &str, reason: &str, finding: &str| {
        [
            format!("ServiceAccount {state} | {reason} | {finding}"),
            format!("Deployment {state} | {reason} | {finding}"),
            nothing.to_owned(),
        ]
    };
    let denied = |role: &str, problem: &str| {
        format!(
            "role-trust-denied: ServiceAccount shop/api: EKS Pod Identity cannot assume the role \
             arn:aws:iam::111122223333:role/{role} of its association in the cluster production: {problem}"
        )
    };
    for (files, expected) in [
        (vec![], found("- ", "", "")),
        (
            vec![associations("production"), association("production", "both")],
            found("trusted conditions", "", ""),
        ),
        (
            vec![associations("production"), association("production", "half")],
            found(
                "not-trusted actions",
                "The trust policy does not allow pods.eks.amazonaws.com \"sts:TagSession\". Add \"sts:TagSession\" to \
                 the actions: EKS Pod Identity needs both \"sts:AssumeRole\" and \"sts:TagSession\".",
                &denied(
                    "half",
                    "the trust policy does not allow pods.eks.amazonaws.com \"sts:TagSession\"",
                ),
            ),
        ),
        (
            vec![association("production", "irsa")],
            found(
                "not-trusted service",
                "The trust policy trusts \"arn:aws:iam::111122223333:oidc-provider/oidc.example.com\", not \
                 pods.eks.amazonaws.com, the service of EKS Pod Identity. Add this statement to the trust policy: { \
                 \"Effect\": \"Allow\", \"Principal\": {\"Service\": \"pods.eks.amazonaws.com\"}, \"Action\": [\"sts:AssumeRole\", \"sts:TagSession\"] }",
                &denied(
                    "irsa",
                    "the trust policy trusts \"arn:aws:iam::111122223333:oidc-provider/oidc.example.com\", not \
                     pods.eks.amazonaws.com, the service of EKS Pod Identity",
                ),
            ),
        ),
        (
            vec![association("production", "gone")],
            found(
                "not-trusted role",
                "The role arn:aws:iam::111122223333:role/gone does not exist (the listing covers its account and does not \
                 have it). Create the role, or correct the ARN.",
                &denied(
                    "gone",
                    "the role arn:aws:iam::111122223333:role/gone does not exist (the listing covers its account and does \
                     not have it)",
                ),
            ),
        ),
        // The role is not known.
        (
            vec![associations("production")],
            found(
                "unknown ",
                "the files do not have the role of its association of EKS Pod Identity; add the output of `aws eks \
                 describe-pod-identity-association`",
                "",
            ),
        ),
        (
            vec![association("production", "half"), association("staging", "both")],
            found(
                "unknown ",
                "the files have associations of several clusters: production, staging",
                "",
            ),
        ),
    ] {
        assert_eq!(pod_identity(&files), expected, "{files:?}");
    }
}

#[test]
fn an_export_that_no_config_map_can_have_is_an_error_with_a_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let export = |roles: usize| {
        let roles = (0..roles).map(|number| {
            let name = format!("{}-{number}", "name".repeat(14));
            role(&name, "StringEquals", &format!("system:serviceaccount:shop:{name}"))
        });
        let listing = json!({"Roles": roles.collect::<Vec<_>>()}).to_string();
        std::fs::write(directory.path().join("roles.json"), listing).unwrap();
        Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"))
            .args(["trust", "export", "--roles=roles.json", ISSUER, "--file=config-map.json"])
            .current_dir(directory.path())
            .output()
            .unwrap()
    };
    let large = export(5000);
    let err = String::from_utf8(large.stderr).unwrap();
    assert_eq!(large.status.code(), Some(2), "{err}");
    assert!(err.starts_with("Error: 5000 roles take ") && err.contains("--path-prefix"), "{err}");
    assert!(!directory.path().join("config-map.json").exists());

    let most = export(3500);
    assert_eq!(most.status.code(), Some(0), "{}", String::from_utf8_lossy(&most.stderr));
    let size = std::fs::metadata(directory.path().join("config-map.json")).unwrap().len();
    assert!(size > 700 * 1024, "{size}");
}

#[test]
fn a_table_without_roles_starts_with_their_number() {
    let (code, out, err) =
        run(&["trust", "--roles=roles.json", "--issuer=https://other.example.com"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("0 of 4 roles can be assumed"), "{out}");
}

#[test]
fn missing_arguments_and_files_are_named() {
    for (arguments, expected) in [
        (&["trust", "--roles=roles.json"][..], "--issuer is missing"),
        (&["check", "--roles=roles.json", "manifests.yaml"], "--issuer is missing"),
        (&["trust", "--roles=no.json", ISSUER], "cannot read no.json"),
        (&["trust", "--roles=settings.yaml", ISSUER], "settings.yaml"),
        (&["check", "--roles=roles.json", "--issuer=ftp://x", "manifests.yaml"], "--issuer"),
    ] {
        let (code, _, err) = run(arguments);
        assert!(code == Some(2) && err.contains(expected), "{arguments:?}: {err}");
    }
}
