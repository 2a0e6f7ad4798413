//! Roles of associations of EKS Pod Identity.

use std::process::Command;

use serde_json::{Value, json};

use super::{ISSUER, role};

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
