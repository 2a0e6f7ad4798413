//! The messages of the finding `role-trust-denied`, of the policy and of the program.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use policy_testing::snapshot;
use serde_json::{Value, json};

use super::{ISSUER, role};

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
