//! The manifests with service accounts that `trust` compares with the roles.

use serde_json::json;

use super::{ISSUER, role};
use crate::program::run_with;

const TYPED_LIST: &str = r#"{"apiVersion": "v1", "kind": "ServiceAccountList", "items": [{"metadata": {"name": "web", "namespace": "shop"}}]}"#;
const OTHER_FILES: &str = "Skipped: 1 file without Kubernetes objects, 1 kustomization.\n";

fn trust(arguments: &[&str], files: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let roles = [role("web", "StringEquals", "system:serviceaccount:shop:web")];
    let roles = json!({"Roles": roles}).to_string();
    let files = [&[("roles.json", roles.as_str())], files].concat();
    run_with(&[&["trust", "--roles=roles.json", ISSUER], arguments].concat(), &files, "")
}

#[test]
fn directories_and_lists_are_read_as_by_check() {
    let others = [("dir/values.yaml", "x: 1\n"), ("dir/kustomization.yaml", "resources: [a]\n")];
    for (file, text) in [
        ("dir/accounts.json", TYPED_LIST),
        (
            "dir/accounts.yaml",
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n",
        ),
    ] {
        let (code, out, err) = trust(&["dir"], &[&[(file, text)], &others[..]].concat());
        assert_eq!(code, Some(0), "{err}");
        assert!(!out.contains("not among the manifests"), "{out}");
        assert!(out.ends_with(OTHER_FILES), "{out}");
    }
    let (code, _, err) = trust(&["dir/values.yaml"], &others);
    assert_eq!(code, Some(2));
    assert!(
        err.starts_with("Error: dir/values.yaml, document 1, line 1: the object has no apiVersion"),
        "{err}"
    );
}

#[test]
fn accounts_are_put_into_the_namespace_of_the_option() {
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n";
    for (arguments, is_found) in [(&["a.yaml"][..], false), (&["-n", "shop", "a.yaml"], true)] {
        let (code, out, err) = trust(arguments, &[("a.yaml", account)]);
        assert_eq!(code, Some(0), "{err}");
        assert_eq!(!out.contains("not among the manifests"), is_found, "{out}");
    }
}
