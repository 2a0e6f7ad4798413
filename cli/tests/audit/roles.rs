//! `audit --roles`: whether AWS gives the roles of the cluster to the accounts that have them.

use std::time::Duration;

use aws_pod_identity_cluster::{Connection, Options};
use serde_json::{Value, json};

use super::server::{Answer, Server, list, status};
use super::{POLICIES, ROLE, Run, account, cluster, command, faulty, pod, policy};

const DISCOVERY: &str = "/.well-known/openid-configuration";

fn issuer() -> Answer {
    Answer::Ok(json!({"issuer": "https://oidc.example.com/id/A"}))
}

/// The cluster of the other tests, with an issuer.
fn with_issuer() -> Server {
    faulty(DISCOVERY, |_| Some(issuer()))
}

/// A role that trusts one service account of the cluster.
fn role(name: &str, account: &str) -> Value {
    json!({
        "RoleName": name, "Path": "/", "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A"},
            "Condition": {"StringEquals": {
                "oidc.example.com/id/A:sub": format!("system:serviceaccount:{account}"),
                "oidc.example.com/id/A:aud": "sts.amazonaws.com",
            }},
        }]},
    })
}

/// Runs an audit with a listing of these roles.
fn run_with(server: &Server, roles: &[Value], settings: &str, arguments: &[&str]) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let write = |name, text: String| std::fs::write(directory.path().join(name), text).unwrap();
    write("settings.yaml", settings.to_owned());
    write("roles.json", json!({"Roles": roles}).to_string());
    let arguments = [&["--roles", "roles.json"], arguments].concat();
    let output = command(server, directory.path(), &arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

const JSON: [&str; 4] = ["--settings", "settings.yaml", "--output", "json"];

#[test]
fn accounts_and_workloads_whose_role_does_not_trust_them_are_reported() {
    let run = run_with(&with_issuer(), &[role("api", "shop:other")], "", &JSON);
    assert_eq!(run.code, Some(0), "{}", run.err);
    for (kind, name) in [("ServiceAccount", "api"), ("Deployment", "web")] {
        assert_eq!(run.findings(kind, name), ["role-trust-denied"], "{kind}");
        let entry = run.entry(kind, name);
        assert_eq!(
            (&entry["verdict"], &entry["trust"]["state"]),
            (&json!("warned"), &json!("not-trusted"))
        );
        let finding = &entry["findings"][0];
        assert_eq!(
            finding["message"],
            "ServiceAccount shop/api: AWS STS rejects its token for the role arn:aws:iam::111122223333:role/api (subject \
             system:serviceaccount:shop:api, audience sts.amazonaws.com): the trust policy trusts \
             \"system:serviceaccount:shop:other\", not \"system:serviceaccount:shop:api\", which has another name"
        );
        assert_eq!(
            finding["remedy"],
            "use a service account that the role trusts, or add \"system:serviceaccount:shop:api\" to the values of \
             \"oidc.example.com/id/A:sub\""
        );
    }
    // The entry of the workload has the finding, so it is not repeated.
    assert_eq!(run.findings("Pod", "web-5d-*"), ["running-without-identity"]);
    assert_eq!(run.entry("Pod", "web-5d-*")["trust"]["state"], "not-trusted");
    assert_eq!(run.findings("ServiceAccount", "default"), Vec::<String>::new());
    assert_eq!(run.entry("Pod", "plain")["trust"], Value::Null);

    let strict = [&JSON[..], &["--fail-on", "warn"]].concat();
    assert_eq!(run_with(&with_issuer(), &[role("api", "shop:other")], "", &strict).code, Some(1));
    let rejecting = "findings: {role-trust-denied: reject}";
    let run = run_with(&with_issuer(), &[role("api", "shop:other")], rejecting, &JSON);
    assert_eq!(run.code, Some(1));
    let web = run.entry("Deployment", "web");
    assert_eq!((&web["pods"]["verdict"], &web["injected"]), (&json!("rejected"), &Value::Null));
    let off = "findings: {role-trust-denied: \"off\"}";
    let run = run_with(&with_issuer(), &[role("api", "shop:other")], off, &JSON);
    assert_eq!(run.findings("Deployment", "web"), Vec::<String>::new());
    assert_eq!(run.entry("Deployment", "web")["trust"]["state"], "not-trusted");
}

#[test]
fn accounts_that_their_role_trusts_are_not_reported() {
    let run = run_with(&with_issuer(), &[role("api", "shop:api")], "", &JSON);
    assert_eq!(run.code, Some(0), "{}", run.err);
    for (kind, name) in [("ServiceAccount", "api"), ("Deployment", "web")] {
        assert_eq!(run.findings(kind, name), Vec::<String>::new());
        assert_eq!(run.entry(kind, name)["trust"]["state"], "trusted");
    }
}

#[test]
fn roles_of_accounts_that_the_listing_does_not_cover_are_unknown() {
    let mut other = role("web", "shop:web");
    other["Arn"] = "arn:aws:iam::444455556666:role/web".into();
    let run = run_with(&with_issuer(), &[other], "", &JSON);
    assert_eq!(run.findings("Deployment", "web"), Vec::<String>::new());
    let trust = &run.entry("Deployment", "web")["trust"];
    assert_eq!(trust["state"], "unknown");
    assert_eq!(trust["reason"], "the role's account is not covered by the listing");
    let states: Vec<_> =
        trust["chain"].as_array().unwrap().iter().map(|link| &link["state"]).collect();
    assert_eq!(states, ["unknown"; 5]);
}

#[test]
fn a_running_pod_is_checked_with_the_role_that_it_has() {
    let mut old = pod("old", "api");
    old["spec"] = json!({
        "serviceAccountName": "api",
        "containers": [{
            "name": "app",
            "env": [
                {"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::111122223333:role/before"},
                {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"},
            ],
            "volumeMounts": [{"name": "aws-iam-token", "mountPath": "/var/run/secrets/eks.amazonaws.com/serviceaccount"}],
        }],
        "volumes": [{"name": "aws-iam-token", "projected": {"sources": [
            {"serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}},
        ]}}],
    });
    let server = Server::start(move |path, _, _| match path {
        DISCOVERY => issuer(),
        "/api/v1/pods" => Answer::Ok(list(std::slice::from_ref(&old))),
        path => Answer::Ok(cluster(path)),
    });
    // The role that the pod has does not exist any more.
    let run = run_with(&server, &[role("api", "shop:api")], "", &JSON);
    let findings = run.findings("Pod", "old");
    assert!(findings.contains(&"role-trust-denied".to_owned()), "{}", run.out);
    let entry = run.entry("Pod", "old");
    let found = entry["findings"].as_array().unwrap().iter();
    let messages: Vec<_> = found
        .filter(|finding| finding["id"] == "role-trust-denied")
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    assert!(
        messages[0].contains(": the role arn:aws:iam::111122223333:role/before does not exist "),
        "{messages:?}"
    );
}

#[test]
fn every_format_shows_the_mistake() {
    for format in ["text", "json", "sarif", "junit", "github", "html"] {
        let arguments = ["--settings", "settings.yaml", "--output", format];
        let run = run_with(&with_issuer(), &[role("api", "shop:other")], "", &arguments);
        assert_eq!(run.code, Some(0), "{format}: {}", run.err);
        for text in [
            "role-trust-denied",
            "AWS STS rejects its token for the role",
            "system:serviceaccount:shop:other",
        ] {
            assert!(run.out.contains(text), "{format}: {text}: {}", run.out);
        }
    }
}

#[test]
fn roles_of_associations_are_checked_for_accounts_and_for_pods_without_another_role() {
    let service = json!({"Roles": [{
        "RoleName": "plain", "Path": "/", "Arn": "arn:aws:iam::111122223333:role/plain",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": "sts:AssumeRole",
        }]},
    }]});
    let association = |account: &str| {
        json!({"association": {
            "clusterName": "production", "namespace": "shop", "serviceAccount": account,
            "roleArn": "arn:aws:iam::111122223333:role/plain",
        }})
    };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("associations.json");
    let files = [service, association("default"), association("api")].map(|file| file.to_string());
    std::fs::write(&path, files.concat()).unwrap();
    let arguments = [&JSON[..], &["--roles", path.to_str().unwrap()]].concat();
    let run = run_with(&with_issuer(), &[role("api", "shop:api")], "", &arguments);
    assert_eq!(run.code, Some(0), "{}", run.err);
    for (kind, name) in [("ServiceAccount", "default"), ("Pod", "plain"), ("ServiceAccount", "api")]
    {
        assert_eq!(run.findings(kind, name), ["role-trust-denied"], "{kind} {name}");
    }
    // The annotation of its account gives it a role.
    assert_eq!(run.findings("Deployment", "web"), Vec::<String>::new());
    assert_eq!(run.entry("Deployment", "web")["trust"]["state"], "trusted");
}

#[test]
fn the_listing_replaces_the_setting() {
    let server = with_issuer();
    let settings = "roleTrust: {namespace: kubewarden}";
    let run = run_with(&server, &[role("api", "shop:api")], settings, &JSON);
    assert_eq!(run.code, Some(0), "{}", run.out);
    assert!(!server.paths().iter().any(|path| path.contains("configmaps")), "{:?}", server.paths());
}

#[test]
fn without_roles_the_installed_config_map_is_used() {
    let config_map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-role-trust", "namespace": "kubewarden"},
        "data": {
            "format": "1", "issuer": "oidc.example.com/id/A", "time": "2026-11-27T06:00:00Z", "accounts": "111122223333",
            "111122223333_api": format!("{ROLE}; allow system:serviceaccount:shop:other"),
        },
    });
    let server = Server::start(move |path, _, _| match path {
        POLICIES => Answer::Ok(list(&[policy(
            "identity",
            json!({
                "module": "registry://ghcr.io/example/aws-pod-identity-policy:v0.1.0",
                "settings": {"roleTrust": {"namespace": "kubewarden"}},
            }),
        )])),
        "/api/v1/namespaces/kubewarden/configmaps/aws-role-trust" => Answer::Ok(config_map.clone()),
        path => Answer::Ok(cluster(path)),
    });
    let run = super::run(&server, &[]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(run.findings("ServiceAccount", "api"), ["role-trust-denied"]);
    let message = run.entry("ServiceAccount", "api")["findings"][0]["message"].to_string();
    assert!(message.contains("(roles as of 2026-11-27T06:00:00Z)"), "{message}");
    // The issuer is not read.
    assert!(!server.paths().iter().any(|path| path == DISCOVERY));
}

#[test]
fn the_policy_of_an_object_gives_the_severity() {
    let installed = |name: &str, operator: &str, severity: &str| {
        policy(
            name,
            json!({
                "module": "registry://ghcr.io/example/aws-pod-identity-policy:v0.1.0",
                "settings": {"findings": {"role-trust-denied": severity}},
                "namespaceSelector": {"matchExpressions": [
                    {"key": "kubernetes.io/metadata.name", "operator": operator, "values": ["kube-system"]},
                ]},
            }),
        )
    };
    let policies = [installed("a", "In", "warn"), installed("b", "NotIn", "reject")];
    let server = Server::start(move |path, _, _| match path {
        DISCOVERY => issuer(),
        POLICIES => Answer::Ok(list(&policies)),
        "/api/v1/serviceaccounts" => {
            let mut system = account("api", Some(ROLE));
            system["metadata"]["namespace"] = "kube-system".into();
            system["metadata"]["name"] = "system".into();
            Answer::Ok(list(&[account("api", Some(ROLE)), account("default", None), system]))
        }
        path => Answer::Ok(cluster(path)),
    });
    let run = run_with(&server, &[role("api", "shop:other")], "", &["--output", "json"]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert_eq!(run.entry("ServiceAccount", "api")["verdict"], "rejected");
    assert_eq!(run.entry("ServiceAccount", "system")["verdict"], "warned");
}

#[test]
fn the_issuer_is_read_from_the_discovery_document() {
    let server = Server::start(|path, _, _| match path {
        DISCOVERY => Answer::Ok(json!({"issuer": "https://issuer.example.com/id/A"})),
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

#[test]
fn an_issuer_in_the_arguments_is_used_without_discovery() {
    let server = with_issuer();
    let arguments = [&JSON[..], &["--issuer", "https://oidc.example.com/id/B"]].concat();
    let run = run_with(&server, &[role("api", "shop:api")], "", &arguments);
    assert_eq!(run.findings("ServiceAccount", "api"), ["role-trust-denied"], "{}", run.err);
    assert!(!server.paths().iter().any(|path| path == DISCOVERY));
}

#[test]
fn an_issuer_that_cannot_be_read_is_an_error_with_a_remedy() {
    let forbidden =
        || Answer::Status(403, vec![], status(403, "forbidden: User \"u\" cannot get path"));
    let missing = || Answer::Status(404, vec![], status(404, "the server could not find it"));
    for (answer, expected) in [
        (
            forbidden as fn() -> Answer,
            "the issuer of the cluster cannot be read: forbidden: User \"u\" cannot get path; set --issuer, or bind the \
             ClusterRole system:service-account-issuer-discovery",
        ),
        (
            missing,
            "the issuer of the cluster cannot be read: not found: the server could not find it; set --issuer",
        ),
        (
            || Answer::Ok(json!({"issuer": "spiffe://example.com"})),
            "the API server gives the issuer \"spiffe://example.com\", which is not the URL of an OIDC provider; set --issuer",
        ),
        (
            || Answer::Ok(json!({"paths": []})),
            "is not an OpenID Connect discovery document: missing field `issuer`",
        ),
    ] {
        let server = faulty(DISCOVERY, move |_| Some(answer()));
        let run = run_with(&server, &[role("api", "shop:api")], "", &JSON);
        assert_eq!((run.code, &*run.out), (Some(2), ""), "{}", run.err);
        assert!(run.err.contains(expected), "{}", run.err);
    }
}

#[test]
fn files_of_roles_that_cannot_be_read_end_the_audit_before_the_first_request() {
    let server = with_issuer();
    let arguments = [&JSON[..], &["--roles", "missing.json"]].concat();
    let run = run_with(&server, &[], "", &arguments);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("cannot read missing.json"), "{}", run.err);
    assert_eq!(server.paths(), Vec::<String>::new());
}
