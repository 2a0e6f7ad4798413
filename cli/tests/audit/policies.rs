//! The policies that an audit uses, and the ConfigMaps that they name.

use serde_json::json;

use super::server::{Answer, Server, list, status};
use super::{POLICIES, ROLE, account, cluster, faulty, healthy, policy, run, run_with};

#[test]
fn the_installed_policy_gives_settings_and_namespaces() {
    let server = Server::start(|path, _, _| {
        Answer::Ok(match path {
            POLICIES => list(&[
                policy(
                    "other",
                    json!({"module": "registry://example.com/other:v1", "settings": {"a": 1}}),
                ),
                policy(
                    "identity",
                    json!({
                        "module": "registry://ghcr.io/example/aws-pod-identity-policy:v0.1.0",
                        "settings": {"findings": {"running-without-identity": "off"}},
                        "namespaceSelector": {"matchExpressions": [
                            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]},
                        ]},
                    }),
                ),
            ]),
            "/api/v1/serviceaccounts" => {
                let mut system = account("api", Some("nonsense"));
                system["metadata"]["namespace"] = "kube-system".into();
                list(&[account("api", Some(ROLE)), account("default", None), system])
            }
            path => cluster(path),
        })
    });
    let run = run(&server, &[]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(run.json()["settings"], "the installed ClusterAdmissionPolicy identity");
    assert_eq!(run.findings("Pod", "web-5d-*"), Vec::<String>::new());
    let entries = run.json()["entries"].as_array().unwrap().clone();
    assert!(entries.iter().all(|entry| entry["namespace"] != "kube-system"), "{}", run.out);
    assert_eq!(run.json()["skipped"]["objects that no policy selects"], 1);
}

#[test]
fn without_an_installed_policy_the_default_settings_are_used_with_a_notice() {
    let server = faulty(POLICIES, |_| Some(Answer::Status(404, vec![], status(404, "not found"))));
    let run = run(&server, &[]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(run.json()["settings"], "the default settings in all namespaces");
    assert!(run.err.contains("Kubewarden is not installed in the cluster"), "{}", run.err);
}

#[test]
fn policies_that_may_not_be_read_are_an_error_with_a_remedy() {
    let server =
        faulty(POLICIES, |_| Some(Answer::Status(403, vec![], status(403, "forbidden: no"))));
    let run = run(&server, &[]);
    assert_eq!(run.code, Some(2));
    let errors = run.errors();
    assert_eq!(
        errors,
        [
            "clusteradmissionpolicies: not read: forbidden: no; the default settings are used; grant the verb \"list\" on \
          resource \"clusteradmissionpolicies\" of API group \"policies.kubewarden.io\" in all namespaces, or set \
          --from-policy or --settings"
        ]
    );
    assert_eq!(run.findings("Pod", "web-5d-*"), ["running-without-identity"]);
}

#[test]
fn a_config_map_of_roles_is_looked_up_in_the_cluster() {
    let config_map = |answer: fn() -> Answer| {
        Server::start(move |path, _, _| match path {
            "/api/v1/namespaces/kube-system/configmaps/roles" => answer(),
            path => Answer::Ok(cluster(path)),
        })
    };
    let settings = "roleMap: {namespace: kube-system, name: roles}";
    let arguments = ["--settings", "settings.yaml", "--output", "json"];
    let server = config_map(|| {
        let config = json!({"shop/default": {"RoleARN": ROLE}}).to_string();
        Answer::Ok(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "roles", "namespace": "kube-system"}, "data": {"config": config}}))
    });
    let mapped = run_with(&server, settings, &arguments);
    assert_eq!(mapped.entry("Pod", "plain")["role"], ROLE);

    let server = config_map(|| Answer::Status(403, vec![], status(403, "forbidden: no")));
    let unknown = run_with(&server, settings, &arguments);
    assert_eq!(unknown.code, Some(2));
    assert_eq!(
        unknown.errors(),
        [
            "configmaps kube-system/roles: not read: forbidden: no; grant the verb \"get\" on resource \"configmaps\" of API \
          group \"\" in namespace \"kube-system\", as docs/audit.md shows"
        ]
    );
    // Pods whose role is not known are not reported.
    assert_eq!(unknown.json()["entries"], json!([]));
}

#[test]
fn the_config_map_of_role_trust_is_looked_up_in_the_cluster() {
    let server = Server::start(|path, _, _| match path {
        "/api/v1/namespaces/kubewarden/configmaps/aws-role-trust" => Answer::Ok(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "aws-role-trust", "namespace": "kubewarden"},
            "data": {"format": "0"},
        })),
        path => Answer::Ok(cluster(path)),
    });
    let settings = "roleTrust: {namespace: kubewarden}";
    let arguments = ["--settings", "settings.yaml", "--output", "json"];
    let run = run_with(&server, settings, &arguments);
    assert!(
        run.out.contains("has a format that this version of the policy does not read"),
        "{}",
        run.out
    );

    // Without it, the roles of pods are known, but not whether AWS gives them.
    let server = Server::start(|path, _, _| match path {
        "/api/v1/namespaces/kubewarden/configmaps/aws-role-trust" => {
            Answer::Status(403, vec![], status(403, "forbidden: no"))
        }
        path => Answer::Ok(cluster(path)),
    });
    let unread = run_with(&server, settings, &arguments);
    assert_eq!(unread.code, Some(2));
    assert_eq!(unread.errors().len(), 1, "{}", unread.out);
    assert_eq!(unread.entry("Pod", "web-5d-*")["role"], ROLE);
}

#[test]
fn policies_of_a_file_replace_the_installed_ones() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.yaml");
    let mut other =
        policy("mine", json!({"settings": {"findings": {"running-without-identity": "reject"}}}));
    other["apiVersion"] = "policies.kubewarden.io/v1".into();
    other["kind"] = "ClusterAdmissionPolicy".into();
    std::fs::write(&file, other.to_string()).unwrap();
    let server = healthy();
    let run = run(&server, &["--from-policy", file.to_str().unwrap()]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.json()["settings"].as_str().unwrap().contains("mine"), "{}", run.out);
    assert_eq!(run.entry("Pod", "web-5d-*")["verdict"], "rejected");
    assert!(!server.paths().iter().any(|path| path.starts_with(POLICIES)));
}
