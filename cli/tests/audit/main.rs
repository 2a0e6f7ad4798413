//! `audit`, as a user runs it, with an API server that answers from a script.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]
#![allow(clippy::needless_pass_by_value, reason = "json! literals are passed")]

mod roles;
mod server;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aws_pod_identity_cluster::{Connection, Options};
use serde_json::{Value, json};
use server::{Answer, Server, list, status};

const ROLE: &str = "arn:aws:iam::111122223333:role/api";
const WITHOUT_POLICY: [&str; 2] = ["--settings", "settings.yaml"];

/// What the program did.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// The entry of an object.
    fn entry(&self, kind: &str, name: &str) -> Value {
        let report = self.json();
        let entries = report["entries"].as_array().unwrap();
        let found = entries.iter().find(|entry| entry["kind"] == kind && entry["name"] == name);
        found.unwrap_or_else(|| panic!("no {kind} {name}: {}", self.out)).clone()
    }

    /// The IDs of the findings of an object.
    fn findings(&self, kind: &str, name: &str) -> Vec<String> {
        let entry = self.entry(kind, name);
        let ids = entry["findings"].as_array().unwrap().iter();
        ids.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
    }

    fn errors(&self) -> Vec<String> {
        let report = self.json();
        let errors = report["errors"].as_array().unwrap().iter();
        errors.map(|error| error["message"].as_str().unwrap().to_owned()).collect()
    }
}

fn command(server: &Server, directory: &std::path::Path, arguments: &[&str]) -> Command {
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "c", "cluster": {"server": format!("http://{}", server.address)}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [
            {"name": "test", "context": {"cluster": "c", "user": "u"}},
            {"name": "other", "context": {"cluster": "missing", "user": "u"}},
        ],
    });
    std::fs::write(directory.join("kubeconfig"), kubeconfig.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"));
    command
        .current_dir(directory)
        .env("KUBECONFIG", directory.join("kubeconfig"))
        .arg("audit")
        .args(arguments);
    command
}

fn run_with(server: &Server, settings: &str, arguments: &[&str]) -> Run {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("settings.yaml"), settings).unwrap();
    let output = command(server, directory.path(), arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let run =
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    keep(&run.out);
    run
}

/// Keeps a JSON report for scripts/validate-reports.sh, which compares it with its schema. An audit that cannot go on does not
/// end its report.
fn keep(report: &str) {
    if report.starts_with("{\"schemaVersion\"") && report.ends_with("}\n") {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports");
        std::fs::create_dir_all(&directory).unwrap();
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default().replace("::", "-");
        std::fs::write(directory.join(format!("audit-{name}.json")), report).unwrap();
    }
}

fn run(server: &Server, arguments: &[&str]) -> Run {
    run_with(server, "", &[arguments, &["--output", "json"]].concat())
}

fn account(name: &str, role: Option<&str>) -> Value {
    let annotations = role.map(|role| json!({"eks.amazonaws.com/role-arn": role}));
    json!({"metadata": {"name": name, "namespace": "shop", "uid": "1", "annotations": annotations}})
}

fn template(account: &str) -> Value {
    json!({"metadata": {"labels": {"app": "web"}}, "spec": {"serviceAccountName": account, "containers": [{"name": "app"}]}})
}

fn deployment(name: &str, account: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": "2"}, "spec": {"template": template(account)}})
}

fn owned(mut object: Value, api_version: &str, kind: &str, name: &str) -> Value {
    object["metadata"]["ownerReferences"] =
        json!([{"apiVersion": api_version, "kind": kind, "name": name, "controller": true}]);
    object
}

fn pod(name: &str, account: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "uid": "3", "generateName": "web-5d-"},
        "spec": {"serviceAccountName": account, "containers": [{"name": "app"}]}, "status": {"phase": "Running"},
    })
}

fn namespaces(names: &[&str]) -> Value {
    let object = |name: &&str| json!({"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}});
    list(&names.iter().map(object).collect::<Vec<_>>())
}

/// A cluster with a Deployment, whose account has a role, and pods from before the annotation.
fn cluster(path: &str) -> Value {
    match path {
        "/api/v1/namespaces" => namespaces(&["shop", "kube-system"]),
        "/api/v1/serviceaccounts" => list(&[account("api", Some(ROLE)), account("default", None)]),
        "/apis/apps/v1/deployments" => list(&[deployment("web", "api")]),
        "/apis/apps/v1/replicasets" => {
            list(&[owned(deployment("web-5d", "api"), "apps/v1", "Deployment", "web")])
        }
        "/api/v1/pods" => list(&[
            owned(pod("web-5d-a", "api"), "apps/v1", "ReplicaSet", "web-5d"),
            owned(pod("web-5d-b", "api"), "apps/v1", "ReplicaSet", "web-5d"),
            pod("plain", "default"),
        ]),
        _ => list(&[]),
    }
}

fn healthy() -> Server {
    Server::start(|path, _, _| Answer::Ok(cluster(path)))
}

/// A server with one fault.
fn faulty(
    at: &'static str,
    fault: impl Fn(usize) -> Option<Answer> + Send + Sync + 'static,
) -> Server {
    Server::start(move |path, _, earlier| {
        let fault = if path == at { fault(earlier) } else { None };
        fault.unwrap_or_else(|| Answer::Ok(cluster(path)))
    })
}

#[test]
fn workloads_and_pods_without_their_identity_are_reported_together() {
    let run = run(&healthy(), &WITHOUT_POLICY);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let deployment = run.entry("Deployment", "web");
    assert_eq!(deployment["source"]["cluster"], "test");
    assert_eq!(deployment["role"], ROLE);
    assert_eq!(deployment["injected"]["containers"], json!(["app"]));
    let pods = run.entry("Pod", "web-5d-*");
    assert_eq!(pods["verdict"], "warned");
    assert_eq!(run.findings("Pod", "web-5d-*"), ["running-without-identity"]);
    let message = pods["findings"][0]["message"].as_str().unwrap();
    assert!(
        message.ends_with("(the same for 1 other pod of Deployment shop/web: web-5d-b)"),
        "{message}"
    );
    assert_eq!(run.entry("Pod", "plain")["verdict"], "unchanged");
    // The ReplicaSet belongs to the Deployment.
    assert!(
        run.json()["entries"].as_array().unwrap().iter().all(|entry| entry["kind"] != "ReplicaSet")
    );
}

#[test]
fn warnings_fail_if_the_user_wants_it() {
    let arguments = [&WITHOUT_POLICY[..], &["--fail-on", "warn"]].concat();
    assert_eq!(run(&healthy(), &arguments).code, Some(1));
}

#[test]
fn the_severity_of_running_without_identity_can_be_set() {
    let arguments = ["--settings", "settings.yaml", "--output", "json"];
    let settings = |severity: &str| format!("findings: {{running-without-identity: {severity}}}");
    assert_eq!(run_with(&healthy(), &settings("reject"), &arguments).code, Some(1));
    let off = run_with(&healthy(), &settings("\"off\""), &arguments);
    assert_eq!(off.findings("Pod", "web-5d-*"), Vec::<String>::new());
}

#[test]
fn only_get_is_sent_and_only_what_is_needed_is_read() {
    let server = healthy();
    run(&server, &WITHOUT_POLICY);
    let mut paths = server.paths();
    paths.sort();
    assert_eq!(
        paths,
        [
            "/api/v1/namespaces?limit=500",
            "/api/v1/pods?limit=500",
            "/api/v1/replicationcontrollers?limit=500",
            "/api/v1/serviceaccounts?limit=500",
            "/apis/apps/v1/daemonsets?limit=500",
            "/apis/apps/v1/deployments?limit=500",
            "/apis/apps/v1/replicasets?limit=500",
            "/apis/apps/v1/statefulsets?limit=500",
            "/apis/batch/v1/cronjobs?limit=500",
            "/apis/batch/v1/jobs?limit=500",
        ]
    );
}

#[test]
fn one_namespace_is_read_with_rights_in_that_namespace() {
    let server = Server::start(|path, _, _| {
        Answer::Ok(match path {
            "/api/v1/namespaces/shop" => json!({"metadata": {"name": "shop"}}),
            "/api/v1/namespaces/shop/serviceaccounts" => cluster("/api/v1/serviceaccounts"),
            "/api/v1/namespaces/shop/pods" => cluster("/api/v1/pods"),
            _ => list(&[]),
        })
    });
    let run = run(&server, &["--settings", "settings.yaml", "--namespace", "shop"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(run.findings("Pod", "web-5d-*"), ["running-without-identity"]);
    assert!(
        server.paths().iter().all(|path| path.contains("/namespaces/shop")),
        "{:?}",
        server.paths()
    );
}

#[test]
fn a_namespace_that_does_not_exist_is_an_error() {
    let server = Server::start(|_, _, _| Answer::Status(404, vec![], status(404, "not found")));
    let run = run(&server, &["--settings", "settings.yaml", "-n", "nowhere"]);
    assert_eq!(
        (run.code, run.err.contains("the namespace nowhere does not exist")),
        (Some(2), true),
        "{}",
        run.err
    );
}

#[test]
fn an_account_that_is_created_during_the_audit_is_not_missing() {
    let server = Server::start(|path, _, _| match path {
        "/api/v1/serviceaccounts" => Answer::Ok(list(&[account("default", None)])),
        "/api/v1/namespaces/shop/serviceaccounts/api" => Answer::Ok(account("api", Some(ROLE))),
        path => Answer::Ok(cluster(path)),
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(0), "{}", run.out);
    assert_eq!(run.entry("Deployment", "web")["role"], ROLE);
    let asked = server.paths().iter().filter(|path| path.ends_with("/serviceaccounts/api")).count();
    assert_eq!(asked, 1);
}

#[test]
fn an_account_that_does_not_exist_is_reported() {
    let server = Server::start(|path, _, _| match path {
        "/api/v1/serviceaccounts" => Answer::Ok(list(&[account("default", None)])),
        "/api/v1/namespaces/shop/serviceaccounts/api" => {
            Answer::Status(404, vec![], status(404, "not found"))
        }
        path => Answer::Ok(cluster(path)),
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert_eq!(run.findings("Deployment", "web"), ["service-account-missing"]);
}

#[test]
fn old_clusters_have_cron_jobs_in_another_version() {
    let server = Server::start(|path, _, _| match path {
        "/apis/batch/v1/cronjobs" => {
            Answer::Status(404, vec![], status(404, "the server could not find it"))
        }
        "/apis/batch/v1beta1/cronjobs" => Answer::Ok(list(&[json!({
            "metadata": {"name": "nightly", "namespace": "shop"},
            "spec": {"jobTemplate": {"spec": {"template": template("api")}}},
        })])),
        _ => Answer::Ok(cluster(path)),
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.entry("CronJob", "nightly")["role"], ROLE);
}

// Which policies are used.

fn policy(name: &str, spec: Value) -> Value {
    let mut policy = json!({"metadata": {"name": name}, "spec": spec});
    policy["spec"]["rules"] = json!([{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}]);
    policy
}

const POLICIES: &str = "/apis/policies.kubewarden.io/v1/clusteradmissionpolicies";

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
    assert_eq!(
        run.json()["skipped"]["in namespaces that no policy selects, or with labels that none selects"],
        1
    );
}

#[test]
fn without_an_installed_policy_the_default_settings_are_used_and_it_is_said() {
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
    // Nothing is reported of pods whose role is not known.
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
fn policies_of_a_file_take_the_place_of_the_installed_ones() {
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

#[test]
fn the_issuer_is_read_from_the_discovery_document() {
    let server = Server::start(|path, _, _| match path {
        "/.well-known/openid-configuration" => {
            Answer::Ok(json!({"issuer": "https://issuer.example.com/id/A"}))
        }
        _ => Answer::Status(404, vec![], status(404, "not found")),
    });
    let directory = tempfile::tempdir().unwrap();
    command(&server, directory.path(), &[]);
    let options = Options {
        kubeconfig: Some(directory.path().join("kubeconfig")),
        context: None,
        request_timeout: Duration::from_secs(10),
    };
    let connection = Connection::open(&options, |_| {}).unwrap();
    assert_eq!(connection.issuer().unwrap(), "https://issuer.example.com/id/A");
}

// Faults.

#[test]
fn a_list_that_may_not_be_read_is_named_and_the_rest_is_read() {
    let server = faulty("/apis/apps/v1/deployments", |_| {
        Some(Answer::Status(
            403,
            vec![],
            status(403, "deployments.apps is forbidden: User \"u\" cannot list"),
        ))
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(2));
    assert_eq!(
        run.errors(),
        [
            "deployments: not read: deployments.apps is forbidden: User \"u\" cannot list; grant the verb \"list\" on resource \
          \"deployments\" of API group \"apps\" in all namespaces, as docs/audit.md shows"
        ]
    );
    assert_eq!(run.findings("Pod", "web-5d-*"), ["running-without-identity"]);
}

#[test]
fn without_service_accounts_nothing_is_said_about_pods() {
    let server = faulty("/api/v1/serviceaccounts", |_| {
        Some(Answer::Status(403, vec![], status(403, "forbidden: no")))
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(2));
    assert_eq!(run.json()["entries"], json!([]));
    assert!(
        run.err.contains(
            "workloads and pods are not evaluated, because service accounts are not known"
        )
    );
}

#[test]
fn an_overloaded_server_is_asked_again_when_it_says() {
    let server = faulty("/api/v1/pods", |earlier| {
        let busy = || {
            Answer::Status(
                429,
                vec![("retry-after", "1".to_owned())],
                status(429, "too many requests"),
            )
        };
        (earlier < 2).then(busy)
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(
        run.err.contains("the API server answered 429 (2 attempts): too many requests; the next attempt is in 1 s"),
        "{}",
        run.err
    );
    assert_eq!(run.findings("Pod", "web-5d-*"), ["running-without-identity"]);
}

#[test]
fn an_overloaded_server_is_not_asked_for_ever() {
    let server = faulty("/api/v1/pods", |_| {
        Some(Answer::Status(
            429,
            vec![("retry-after", "0".to_owned())],
            status(429, "too many requests"),
        ))
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(2));
    let message = "pods: not read: the API server answered 429 (5 attempts): too many requests; run the audit again";
    assert_eq!(run.errors(), [message]);
}

#[test]
fn a_connection_that_breaks_is_opened_again() {
    let run = run(
        &faulty("/api/v1/pods", |earlier| (earlier < 2).then_some(Answer::Cut)),
        &WITHOUT_POLICY,
    );
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("no connection to the API server (2 attempts): "), "{}", run.err);
    assert_eq!(run.findings("Pod", "web-5d-*"), ["running-without-identity"]);
}

#[test]
fn a_connection_that_always_breaks_ends_the_audit() {
    let server = faulty("/apis/apps/v1/statefulsets", |_| Some(Answer::Cut));
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(2));
    let [error] = &run.errors()[..] else { panic!("{:?}", run.errors()) };
    assert!(
        error.starts_with("statefulsets: not read: no connection to the API server (5 attempts): "),
        "{error}"
    );
    assert!(error.ends_with("; nothing more was read; run the audit again"), "{error}");
    // What was read before is reported.
    assert_eq!(run.entry("Deployment", "web")["role"], ROLE);
    assert!(!server.paths().iter().any(|path| path.contains("/pods")));
}

#[test]
fn a_server_that_is_not_there_is_an_error_with_its_reason() {
    let server =
        Server { address: "127.0.0.1:1".to_owned(), requests: server::Requests::default() };
    let run = run(&server, &[]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.err.contains("Error: no connection to the API server (5 attempts): "),
        "{}",
        run.err
    );
    assert!(run.err.contains("onnection refused"), "{}", run.err);
}

#[test]
fn a_page_that_takes_too_long_is_asked_for_again() {
    let silence = || Answer::Silence(Duration::from_secs(4));
    let server = faulty("/api/v1/pods", move |earlier| (earlier < 1).then(silence));
    let run = run(&server, &["--settings", "settings.yaml", "--request-timeout", "1"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("the API server sent nothing for 1 s (1 attempt)"), "{}", run.err);
    assert_eq!(run.findings("Pod", "web-5d-*"), ["running-without-identity"]);
}

#[test]
fn credentials_that_are_not_accepted_end_the_audit() {
    let server = Server::start(|_, _, _| Answer::Status(401, vec![], status(401, "Unauthorized")));
    let run = run(&server, &[]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.err.contains("does not accept the credentials of the kubeconfig (401)"),
        "{}",
        run.err
    );
    assert_eq!(server.paths().len(), 1);
}

#[test]
fn a_context_that_cannot_be_used_is_an_error() {
    for context in ["other", "nowhere"] {
        let run = run(&healthy(), &["--context", context]);
        assert_eq!(run.code, Some(2));
        assert!(run.err.contains("cannot use the kubeconfig: "), "{}", run.err);
    }
}

#[test]
fn a_kubeconfig_that_is_not_valid_is_named_without_what_is_in_it() {
    const SECRET: &str = "eyJhbGciOiJSUzI1NiJ9";
    for text in [
        format!("users:\n- name: u\n  user: {SECRET}\n"),
        format!("users:\n- name: u\n  user: {{token: {SECRET}\ncontexts:\n"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let kubeconfig = directory.path().join("kubeconfig");
        std::fs::write(&kubeconfig, text).unwrap();
        let program = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"))
            .arg("audit")
            .env("KUBECONFIG", &kubeconfig)
            .output();
        let program = program.unwrap();
        let err = String::from_utf8(program.stderr).unwrap();
        assert_eq!(program.status.code(), Some(2), "{err}");
        assert!(!err.contains(SECRET), "{err}");
        assert!(err.contains("it is not valid at line "), "{err}");
    }
}

// Pages.

/// Serves 500 pods a page. The continue token is the number of the first pod.
fn many_pods(path: &str, query: &str, count: usize, padding: &str) -> Answer {
    if path != "/api/v1/pods" {
        return Answer::Ok(cluster(path));
    }
    let start: usize = query
        .split('&')
        .find_map(|part| part.strip_prefix("continue="))
        .map_or(0, |at| at.parse().unwrap());
    let end = (start + 500).min(count);
    let pods: Vec<Value> = (start..end)
        .map(|number| {
            let mut pod =
                owned(pod(&format!("web-5d-{number}"), "api"), "apps/v1", "ReplicaSet", "web-5d");
            pod["status"]["padding"] = padding.into();
            pod
        })
        .collect();
    let mut page = list(&pods);
    if end < count {
        page["metadata"] = json!({"continue": end.to_string(), "remainingItemCount": count - end});
    }
    Answer::Ok(page)
}

#[test]
fn a_list_that_expires_continues_without_reading_a_pod_twice() {
    let server = Server::start(|path, query, _| match query {
        "limit=500&continue=500" => {
            let mut gone = status(410, "The provided continue parameter is too old");
            gone["metadata"] = json!({"continue": "1000"});
            Answer::Status(410, vec![], gone)
        }
        query => many_pods(path, query, 1500, ""),
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let message =
        run.entry("Pod", "web-5d-*")["findings"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("(the same for 999 other pods of Deployment shop/web: "), "{message}");
}

#[test]
fn a_list_that_always_expires_is_an_error() {
    let server = faulty("/api/v1/pods", |_| {
        let mut gone = status(410, "too old");
        gone["metadata"] = json!({"continue": "1"});
        Some(Answer::Status(410, vec![], gone))
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(2));
    let message = "pods: not read: the list expired while it was read, 3 times in succession (410): too old; run the audit again";
    assert_eq!(run.errors(), [message]);
}

/// The pods of all pages together are larger than the address space that the program gets.
#[test]
#[cfg(target_os = "linux")]
fn twenty_thousand_pods_need_the_memory_of_one_page() {
    const PODS: usize = 20_000;
    const LIMIT_KB: usize = 112 * 1024;
    let padding = "x".repeat(6 * 1024);
    let server = Server::start(move |path, query, _| many_pods(path, query, PODS, &padding));
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("settings.yaml"), "").unwrap();
    let arguments = ["--settings", "settings.yaml", "--output", "json"];
    let program = command(&server, directory.path(), &arguments);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", &format!("ulimit -v {LIMIT_KB}; exec \"$0\" \"$@\"")])
        .arg(program.get_program())
        .args(program.get_args())
        .env("KUBECONFIG", directory.path().join("kubeconfig"))
        .current_dir(directory.path());
    let output = limited.output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let entries = report["entries"].as_array().unwrap();
    let pods = entries.iter().find(|entry| entry["kind"] == "Pod").unwrap();
    let message = pods["findings"][0]["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("(the same for {} other pods of Deployment shop/web", PODS - 1)),
        "{message}"
    );
    assert_eq!(
        server.paths().iter().filter(|path| path.starts_with("/api/v1/pods?")).count(),
        PODS / 500
    );
}
