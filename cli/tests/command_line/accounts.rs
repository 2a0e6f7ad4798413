//! The service account of a pod, among the manifests or in the state of the cluster.

use serde_json::Value;

use super::program::run_with;
use super::{ACCOUNT, USES_API, run};

#[test]
fn an_account_that_is_not_among_the_manifests_is_a_warning() {
    let (code, out, err) = run(&["check", "-"], "", USES_API);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains(
        "warning[service-account-missing]: Pod default/a: its service account \"api\" is not among the manifests"
    ), "{out}");
    assert!(out.contains("help: add its manifest, or set --cluster-state"), "{out}");
}

#[test]
fn an_account_that_is_not_in_the_state_of_the_cluster_is_a_rejection() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::111122223333:role/api");
    let other = account.replace("name: api", "name: other");
    let arguments = ["check", "--cluster-state", "cluster.yaml", "-"];
    let (code, out, _) = run_with(&arguments, &[("cluster.yaml", &other)], USES_API);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("does not exist in namespace default"), "{out}");
    let (code, out, _) = run_with(&arguments, &[("cluster.yaml", &account)], USES_API);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("arn:aws:iam::111122223333:role/api in c"), "{out}");
}

#[test]
fn an_account_that_cannot_be_read_is_not_reported_as_missing() {
    let mistyped = ACCOUNT.replace("1234", "x\n    eks.amazonaws.com/token-expiration: 3600");
    let variable = "{name: AWS_ROLE_ARN, value: 'arn:aws:iam::111122223333:role/api'}";
    let pod = USES_API.replace("name: c}", &format!("name: c, env: [{variable}]}}"));
    let of_default = ACCOUNT.replace("name: api", "name: default").replace("1234", "true");
    let uses_default = pod.replace("serviceAccountName: api, ", "");
    for (account, pod, name, line) in
        [(&mistyped, &pod, "api", 7), (&of_default, &uses_default, "default", 6)]
    {
        let readable = ACCOUNT.replace("1234", "arn:aws:iam::111122223333:role/api");
        for state in [readable.replace("name: api", "name: other"), String::new()] {
            let files = [("account.yaml", account.as_str()), ("cluster.yaml", &state)];
            let arguments = ["check", "account.yaml", "--cluster-state", "cluster.yaml", "-"];
            let (code, out, err) = run_with(&arguments, &files, pod);
            assert_eq!(code, Some(2), "{out}{err}");
            assert!(
                out.contains(&format!("error: ServiceAccount default/{name}: metadata.")),
                "{out}"
            );
            assert!(
                out.contains(&format!(
                    "warning[service-account-missing]: Pod default/a: its service account \"{name}\" could not be \
                     read, at account.yaml:{line}\n"
                )),
                "{out}"
            );
            assert!(out.contains("help: correct the manifest of the account"), "{out}");
            assert!(out.contains("1 object checked: 0 rejected, 1 warned"), "{out}");
            assert!(!out.contains("web-identity-incomplete"), "{out}");
        }
    }
}

#[test]
fn a_state_of_the_cluster_without_service_accounts_does_not_show_which_exist() {
    let map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\ndata: {}\n";
    let arguments = ["check", "--cluster-state", "cluster.yaml", "-"];
    let (code, out, _) = run_with(&arguments, &[("cluster.yaml", map)], USES_API);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("its service account \"api\" is not among the manifests"), "{out}");
}

#[test]
fn of_accounts_with_the_same_name_the_nearest_one_is_used() {
    let account =
        |role: &str| ACCOUNT.replace("1234", &format!("arn:aws:iam::111122223333:role/{role}"));
    let files = [
        ("dev/account.yaml", account("dev")),
        ("dev/app/pod.yaml", USES_API.to_owned()),
        ("prod/account.yaml", account("prod")),
        ("prod/app/pod.yaml", USES_API.to_owned()),
        ("test/all.yaml", format!("{}---\n{USES_API}", account("test"))),
        ("cluster.yaml", account("cluster")),
    ];
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let arguments =
        ["check", "dev", "prod", "test", "--cluster-state", "cluster.yaml", "--output", "json"];
    let (code, out, err) = run_with(&arguments, &files, "");
    assert_eq!(code, Some(0), "{out}{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let entries = report["entries"].as_array().unwrap();
    let roles: Vec<_> = entries.iter().filter_map(|entry| entry["role"].as_str()).collect();
    assert_eq!(
        roles,
        ["dev", "prod", "test"].map(|role| format!("arn:aws:iam::111122223333:role/{role}"))
    );
}
