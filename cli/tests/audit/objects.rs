//! The objects that an audit reads and reports.

use serde_json::{Value, json};

use super::server::{Answer, Server, list, status};
use super::{
    ROLE, WITHOUT_POLICY, account, cluster, deployment, healthy, owned, pod, run, run_with,
    template,
};

#[test]
fn workloads_and_pods_without_their_identity_are_reported_together() {
    let run = run(&healthy(), &WITHOUT_POLICY);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let deployment = run.entry("Deployment", "web");
    assert_eq!(deployment["source"]["cluster"], "test");
    assert_eq!(deployment["role"], ROLE);
    assert_eq!(deployment["injected"]["containers"], json!(["app"]));
    assert_eq!(deployment["injected"]["identity"], "web identity");
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
fn the_finding_about_an_account_is_shown_in_full_once() {
    let server = Server::start(|path, _, _| {
        Answer::Ok(match path {
            "/api/v1/serviceaccounts" => list(&[account("api", Some("arn:aws:iam::1:role/api"))]),
            "/apis/apps/v1/deployments" => {
                list(&[deployment("one", "api"), deployment("two", "api")])
            }
            "/apis/apps/v1/replicasets" | "/api/v1/pods" => list(&[]),
            _ => cluster(path),
        })
    });
    let run = run_with(&server, "", &["--settings", "settings.yaml"]);
    assert_eq!(run.out.matches("error[role-arn-malformed]").count(), 3, "{}", run.out);
    let repeated = "error[role-arn-malformed]: ServiceAccount shop/api: as above\n";
    assert_eq!(run.out.matches(repeated).count(), 2, "{}", run.out);
    assert_eq!(run.out.matches("arn:aws:iam::1:role/api").count(), 1, "{}", run.out);
}

#[test]
fn warnings_fail_with_fail_on_warn() {
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
    let pods = run.names().into_iter().filter(|name| name.starts_with("Pod "));
    assert_eq!(pods.collect::<Vec<_>>(), ["Pod plain"], "the findings are those of the Deployment");
    let skipped = &run.json()["skipped"];
    assert_eq!(*skipped, json!({"pods with the findings of their workload": 2}));
}

#[test]
fn the_same_mistake_in_a_container_that_only_the_pods_have_is_reported_for_the_pods() {
    let with_profile = |names: &[&str]| {
        let container =
            |name| json!({"name": name, "env": [{"name": "AWS_PROFILE", "value": "batch"}]});
        names.iter().map(container).collect::<Value>()
    };
    let server = Server::start(move |path, _, _| {
        Answer::Ok(match path {
            "/apis/apps/v1/deployments" => {
                let mut web = deployment("web", "api");
                web["spec"]["template"]["spec"]["containers"] = with_profile(&["app"]);
                list(&[web])
            }
            "/api/v1/pods" => {
                let mut of_web = owned(pod("web-5d-a", "api"), "apps/v1", "ReplicaSet", "web-5d");
                of_web["spec"]["containers"] = with_profile(&["app", "sidecar"]);
                list(&[of_web])
            }
            path => cluster(path),
        })
    });
    let run = run(&server, &WITHOUT_POLICY);
    let containers = |kind: &str, name: &str| -> Vec<String> {
        let entry = run.entry(kind, name);
        let findings = entry["findings"].as_array().unwrap().iter();
        let shadowed = findings.filter(|finding| finding["id"] == "profile-shadows-role");
        let message = |finding: &Value| finding["message"].as_str().unwrap().to_owned();
        shadowed.map(|finding| message(finding).split(": ").nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(containers("Deployment", "web"), ["container \"app\""]);
    assert_eq!(containers("Pod", "web-5d-a"), ["container \"sidecar\""]);
}

#[test]
fn cron_jobs_of_old_clusters_are_read_in_their_version() {
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
