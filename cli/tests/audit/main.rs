//! `audit`, as a user runs it, with an API server that answers from a script.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]
#![allow(clippy::needless_pass_by_value, reason = "json! literals are passed")]

mod faults;
mod objects;
mod pages;
mod policies;
mod roles;
mod server;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use server::{Answer, Server, list};

const ROLE: &str = "arn:aws:iam::111122223333:role/api";
const WITHOUT_POLICY: [&str; 2] = ["--settings", "settings.yaml"];

/// The result of the program.
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

    /// Kind and name of each object, in the order of the report.
    fn names(&self) -> Vec<String> {
        let report = self.json();
        let entries = report["entries"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        entries.map(|entry| text(&entry["kind"]) + " " + &text(&entry["name"])).collect()
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

/// Keeps a JSON report for scripts/validate-reports.sh, which validates it with its schema. An audit that cannot continue does not
/// complete its report.
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

fn policy(name: &str, spec: Value) -> Value {
    let mut policy = json!({"metadata": {"name": name}, "spec": spec});
    policy["spec"]["rules"] = json!([{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}]);
    policy
}

const POLICIES: &str = "/apis/policies.kubewarden.io/v1/clusteradmissionpolicies";
