//! Writing the compact form, and questions about all roles.

use std::fmt::Write;

use aws_pod_identity_trust::audit::{SubjectScope, broad_trusts, missing_accounts, table};
use aws_pod_identity_trust::export::{Export, ExportError};
use aws_pod_identity_trust::{Certainty, Listing};
use serde_json::{Value, json};

const ISSUER: &str = "https://oidc.example.com";

fn allow(conditions: &Value) -> Value {
    json!({
        "Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example.com"},
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": conditions,
    })
}

fn listing(roles: &[(&str, Vec<Value>)]) -> Listing {
    let roles: Vec<_> = roles
        .iter()
        .map(|(name, statements)| {
            json!({
                "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": statements},
            })
        })
        .collect();
    let mut listing = Listing::default();
    listing.add("roles.json", json!({"Roles": roles}).to_string().as_bytes()).unwrap();
    listing
}

fn sample() -> Listing {
    let sub = |value: &str| json!({"oidc.example.com:sub": value});
    let both = json!({
        "oidc.example.com:sub": ["system:serviceaccount:shop:web", "system:serviceaccount:shop:api"],
        "oidc.example.com:aud": "sts.amazonaws.com",
    });
    let ec2 = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let everyone =
        json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"});
    let mut deny = allow(&json!({"StringLike": sub("system:serviceaccount:dev:*")}));
    deny["Effect"] = json!("Deny");
    listing(&[
        ("exact", vec![allow(&json!({"StringEquals": both}))]),
        (
            "namespace",
            vec![allow(&json!({"StringLike": sub("system:serviceaccount:shop:*")})), deny],
        ),
        ("cluster", vec![allow(&json!({}))]),
        (
            "network",
            vec![allow(&json!({"StringEquals": sub("system:serviceaccount:shop:gone"),
            "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))],
        ),
        ("literal", vec![allow(&json!({"StringEquals": sub("system:serviceaccount:shop:*")}))]),
        ("team/nodes+gpu", vec![ec2]),
        ("public", vec![everyone]),
        ("unreadable", vec![json!(5)]),
    ])
}

#[test]
fn an_export_has_who_may_assume_each_role_and_nothing_else() {
    let export = Export::new(&sample(), ISSUER, "2026-11-27T00:00:00Z").unwrap();
    let manifest = export.to_manifest("kubewarden", "role-trust");
    let expected = r#"{
  "apiVersion": "v1",
  "kind": "ConfigMap",
  "metadata": {"name": "role-trust", "namespace": "kubewarden"},
  "data": {
    "111122223333_cluster": "arn:aws:iam::111122223333:role/cluster; allow *",
    "111122223333_exact": "arn:aws:iam::111122223333:role/exact; allow system:serviceaccount:shop:web,system:serviceaccount:shop:api for sts.amazonaws.com",
    "111122223333_literal": "arn:aws:iam::111122223333:role/literal",
    "111122223333_namespace": "arn:aws:iam::111122223333:role/namespace; allow system:serviceaccount:shop:*; deny system:serviceaccount:dev:*",
    "111122223333_network": "arn:aws:iam::111122223333:role/network; maybe system:serviceaccount:shop:gone",
    "111122223333_nodes_gpu": "arn:aws:iam::111122223333:role/team/nodes+gpu",
    "111122223333_public": "arn:aws:iam::111122223333:role/public",
    "111122223333_unreadable": "arn:aws:iam::111122223333:role/unreadable; maybe *",
    "accounts": "111122223333",
    "format": "1",
    "issuer": "oidc.example.com",
    "time": "2026-11-27T00:00:00Z"
  }
}
"#;
    assert_eq!(manifest, expected);
}

fn many(count: usize, subjects: usize) -> Listing {
    let roles: Vec<_> = (0..count)
        .map(|number| {
            let values: Vec<_> = (0..subjects)
                .map(|subject| format!("system:serviceaccount:namespace-{number}:account-{subject}"))
                .collect();
            let both = json!({"oidc.example.com:sub": values, "oidc.example.com:aud": "sts.amazonaws.com"});
            (format!("role-{number}"), vec![allow(&json!({"StringEquals": both}))])
        })
        .collect();
    let roles: Vec<_> = roles.iter().map(|(name, one)| (&**name, one.clone())).collect();
    listing(&roles)
}

#[test]
fn a_thousand_roles_fit_into_a_config_map() {
    let export = Export::new(&many(1000, 2), ISSUER, "2026-11-27T00:00:00Z").unwrap();
    assert_eq!(export.data().len(), 1004);
    let bytes: usize = export.data().iter().map(|(key, value)| key.len() + value.len()).sum();
    assert!(bytes < 256 * 1024, "{bytes}");
}

/// An API server stores 18,000 roles with names of six characters, and etcd refuses 18,500.
#[test]
fn many_short_entries_do_not_fit_because_of_what_the_api_server_records_of_each() {
    let short = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("r{number:05}")).collect();
        let roles: Vec<_> = names.iter().map(|name| (&**name, Vec::new())).collect();
        Export::new(&listing(&roles), ISSUER, "2026-11-27T00:00:00Z")
    };
    assert!(short(16_000).is_ok());
    let error = short(18_000).unwrap_err();
    assert!(
        matches!(error, ExportError::TooLarge { limit: 1_507_328, roles: 18_000, .. }),
        "{error:?}"
    );
}

#[test]
fn an_export_that_is_too_large_is_an_error() {
    let error = Export::new(&many(1000, 40), ISSUER, "2026-11-27T00:00:00Z").unwrap_err();
    let ExportError::TooLarge { bytes, limit: 1_048_576, roles: 1000 } = error else {
        panic!("{error:?}")
    };
    assert!(error.to_string().starts_with(&format!(
        "1000 roles take {bytes} bytes, and a ConfigMap can have 1048576: list the roles"
    )));
}

#[test]
fn an_entry_that_is_too_long_is_unknown() {
    let export = Export::new(&many(1, 200), ISSUER, "2026-11-27T00:00:00Z").unwrap();
    assert_eq!(
        export.data()["111122223333_role-0"],
        "arn:aws:iam::111122223333:role/role-0; maybe *"
    );
}

#[test]
fn the_table_says_who_may_assume_each_role() {
    let listing = sample();
    let mut text = String::new();
    for row in table(&listing, ISSUER) {
        for rule in &row.rules {
            writeln!(text, "{} {:?} {}", row.role.name, rule.certainty, rule.subjects.join(" "))
                .unwrap();
        }
    }
    let expected = "exact Allow system:serviceaccount:shop:web system:serviceaccount:shop:api\n\
        namespace Allow system:serviceaccount:shop:*\nnamespace Deny system:serviceaccount:dev:*\ncluster Allow *\n\
        network Maybe system:serviceaccount:shop:gone\nunreadable Maybe *\n";
    assert_eq!(text, expected);
    assert!(
        table(&listing, "oidc.example.org")
            .iter()
            .all(|row| { row.rules.iter().all(|rule| rule.certainty == Certainty::Maybe) })
    );
}

#[test]
fn roles_that_trust_a_wildcard_are_found() {
    let listing = sample();
    let found: Vec<_> = broad_trusts(&listing, ISSUER)
        .into_iter()
        .map(|wide| (wide.role.name.clone(), wide.pattern, wide.scope))
        .collect();
    let expected = [
        ("namespace", "system:serviceaccount:shop:*", SubjectScope::Namespace("shop".to_owned())),
        ("cluster", "*", SubjectScope::Cluster),
        ("public", "*", SubjectScope::Everyone),
    ];
    let expected =
        expected.map(|(name, pattern, breadth)| (name.to_owned(), pattern.to_owned(), breadth));
    assert_eq!(found, expected);
}

#[test]
fn roles_that_trust_accounts_which_do_not_exist_are_found() {
    let listing = sample();
    let exists = |namespace: &str, name: &str| (namespace, name) == ("shop", "api");
    let found: Vec<_> = missing_accounts(&listing, ISSUER, exists)
        .into_iter()
        .map(|gone| format!("{} {}/{}", gone.role.name, gone.namespace, gone.name))
        .collect();
    assert_eq!(found, ["exact shop/web", "network shop/gone"]);
}
