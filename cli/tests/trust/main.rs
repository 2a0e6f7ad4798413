//! Roles of AWS: `check --roles`, `trust` and `trust export`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod manifests;
mod messages;
mod pod_identity;
#[path = "../program/mod.rs"]
mod program;

use std::process::Command;

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
        message.ends_with(" is compared by StringEquals, which does not support wildcards"),
        "{message}"
    );
    assert_eq!(finding["remedy"], "use StringLike instead of StringEquals");
    let reason = report["entries"][0]["trust"]["reason"].as_str().unwrap();
    assert!(
        reason.ends_with("does not support wildcards. Use StringLike instead of StringEquals."),
        "{reason}"
    );
}

#[test]
fn a_role_that_aws_refuses_is_rejected_by_setting() {
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
fn only_roles_that_certainly_can_be_assumed_are_counted_as_such() {
    let with_effect = |name: &str, effect: &str| {
        let mut role = role(name, "StringEquals", "system:serviceaccount:shop:web");
        role["AssumeRolePolicyDocument"]["Statement"][0]["Effect"] = effect.into();
        role
    };
    let mut denied = with_effect("denied", "Allow");
    let deny = json!({
        "Effect": "Deny", "Action": "*", "Principal": "*",
    });
    denied["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap().push(deny);
    let mut denied_subject = with_effect("denied-subject", "Allow");
    let mut deny = denied_subject["AssumeRolePolicyDocument"]["Statement"][0].clone();
    deny["Effect"] = "Deny".into();
    denied_subject["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap().push(deny);
    let mut unreadable = with_effect("unreadable", "Allow");
    unreadable["AssumeRolePolicyDocument"] = json!({"Statement": 1});
    let roles = [
        with_effect("allow", "Allow"),
        with_effect("deny", "Deny"),
        denied,
        denied_subject,
        unreadable,
    ];
    let listing = json!({"Roles": roles}).to_string();
    let (code, out, err) =
        program::run_with(&["trust", "--roles=r.json", ISSUER], &[("r.json", listing)], "");
    assert_eq!(code, Some(0), "{err}");
    let expected = "1 of 5 roles can be assumed with tokens of https://oidc.example.com; 1 may, depending on other \
                    conditions; 3 cannot.\n";
    assert!(out.contains(expected), "{out}");
    assert!(!out.contains("role/den"), "{out}");
}

#[test]
fn roles_that_trust_too_much_fail_with_fail_on_warn() {
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

#[test]
fn an_export_larger_than_a_config_map_is_an_error_with_a_remedy() {
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
        (&["trust", "export", "--roles=roles.json", ISSUER, "--time=nonsense"], "--time <TIME>"),
        (&["trust", "export", "--roles=roles.json", ISSUER, "--time=2026-11-27"], "--time <TIME>"),
    ] {
        let (code, _, err) = run(arguments);
        assert!(code == Some(2) && err.contains(expected), "{arguments:?}: {err}");
    }
}
