//! Requests that fail.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::server::{Answer, Requests, Server, list, status};
use super::{
    POLICIES, ROLE, WITHOUT_POLICY, account, cluster, deployment, faulty, healthy, policy, run,
    run_with,
};

#[test]
fn a_list_that_may_not_be_read_is_named_and_the_others_are_read() {
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
fn a_list_that_is_not_read_is_no_file_in_any_format() {
    for (format, expected) in [
        ("text", "1 part of the cluster could not be read."),
        ("github", "::error title=cannot be read::deployments: not read: "),
        ("junit", "<testcase name=\"deployments: not read: "),
        ("sarif", "\"locations\": [],"),
        ("json", "\"errors\":[{\"cluster\":\"test\",\"position\":null,"),
    ] {
        let server = faulty("/apis/apps/v1/deployments", |_| {
            Some(Answer::Status(403, vec![], status(403, "forbidden: no")))
        });
        let run = run_with(&server, "", &[&WITHOUT_POLICY[..], &["--output", format]].concat());
        assert_eq!(run.code, Some(2), "{format}");
        assert!(run.out.contains(expected), "{format}: {}", run.out);
    }
}

#[test]
fn without_service_accounts_pods_are_not_reported() {
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
fn a_request_is_repeated_after_the_time_that_an_overloaded_server_names() {
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
fn a_request_to_an_overloaded_server_is_repeated_a_few_times_only() {
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
    // Objects that were read before are reported.
    assert_eq!(run.entry("Deployment", "web")["role"], ROLE);
    assert!(!server.paths().iter().any(|path| path.contains("/pods")));
}

#[test]
fn a_server_that_cannot_be_reached_is_an_error_with_its_reason() {
    let server = Server { address: "127.0.0.1:1".to_owned(), requests: Requests::default() };
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
fn a_page_that_takes_too_long_is_requested_again() {
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
fn a_kubeconfig_that_is_not_valid_is_named_without_its_content() {
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

const NEW_ACCOUNT: &str = "/api/v1/namespaces/shop/serviceaccounts/api";

/// A cluster whose list of service accounts does not have the one that the workload names.
fn with_new_account(fault: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |path, _, earlier| match path {
        "/api/v1/serviceaccounts" => Answer::Ok(list(&[account("default", None)])),
        NEW_ACCOUNT => fault(earlier),
        path => Answer::Ok(cluster(path)),
    })
}

#[test]
fn a_service_account_that_cannot_be_read_is_not_missing() {
    let busy = |_| {
        let headers = vec![("retry-after", "0".to_owned())];
        Answer::Status(429, headers, status(429, "too many requests"))
    };
    let other = |_| Answer::Ok(account("other", Some(ROLE)));
    let no_json =
        |_| Answer::Text(r#"{"metadata": {"name": "api", "generation": 1e400}}"#.to_owned());
    let cases: [(Server, &str); 3] = [
        (
            with_new_account(busy),
            "the API server answered 429 (5 attempts): too many requests; run the audit again",
        ),
        (
            with_new_account(other),
            "the answer of the API server cannot be read: it is not the object that was asked for",
        ),
        (
            with_new_account(no_json),
            "the answer of the API server cannot be read: number out of range at line 1 column 48",
        ),
    ];
    for (server, expected) in cases {
        let run = run(&server, &WITHOUT_POLICY);
        assert_eq!(run.code, Some(2), "{}", run.err);
        assert_eq!(run.errors(), [format!("serviceaccounts shop/api: not read: {expected}")]);
        // The workload and its pods are not evaluated. The other objects are.
        assert_eq!(run.names(), ["ServiceAccount default", "Pod plain"], "{expected}");
        let skipped = run.json()["skipped"]["objects whose service account was not read"].clone();
        assert_eq!(skipped, 3, "{}", run.out);
    }
}

#[test]
fn a_connection_that_breaks_at_a_service_account_ends_the_audit() {
    let server = with_new_account(|_| Answer::Cut);
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(2));
    let [error] = &run.errors()[..] else { panic!("{:?}", run.errors()) };
    let start =
        "serviceaccounts shop/api: not read: no connection to the API server (5 attempts): ";
    assert!(error.starts_with(start), "{error}");
    assert_eq!(run.names(), ["ServiceAccount default"]);
    assert_eq!(server.paths().iter().filter(|path| *path == NEW_ACCOUNT).count(), 5);
}

#[test]
fn without_permission_for_single_service_accounts_the_list_is_used_with_a_notice() {
    let forbidden = || Answer::Status(403, vec![], status(403, "forbidden: no"));
    let server = Server::start(move |path, _, _| match path {
        "/api/v1/serviceaccounts" => Answer::Ok(list(&[account("default", None)])),
        "/apis/apps/v1/deployments" => {
            Answer::Ok(list(&[deployment("web", "api"), deployment("shop", "shop")]))
        }
        path if path.contains("/serviceaccounts/") => forbidden(),
        path => Answer::Ok(cluster(path)),
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.findings("Deployment", "web"), ["service-account-missing"]);
    let notice = "service accounts that are created during the audit are reported as missing: serviceaccounts shop/api: not \
                  read: forbidden: no; grant the verb \"get\" on resource \"serviceaccounts\" of API group \"\" in namespace \
                  \"shop\", as docs/audit.md shows\n";
    assert_eq!(run.err.matches(notice).count(), 1, "{}", run.err);
    assert_eq!(run.err.matches("created during the audit").count(), 1, "{}", run.err);
    assert_eq!(run.errors(), Vec::<String>::new());
}

/// A list with an item in which `null` is a number that the program cannot read.
fn with_large_number(items: &[Value]) -> Answer {
    Answer::Text(list(items).to_string().replace("null", "1e400"))
}

#[test]
fn an_object_that_cannot_be_read_is_an_error_and_the_others_are_evaluated() {
    let unreadable = |mut object: Value| {
        object["spec"]["large"] = Value::Null;
        object
    };
    let server = Server::start(move |path, _, _| match path {
        "/api/v1/namespaces" => with_large_number(&[
            unreadable(json!({"metadata": {"name": "broken"}})),
            json!({"metadata": {"name": "shop"}}),
        ]),
        "/apis/apps/v1/deployments" => with_large_number(&[
            unreadable(deployment("broken", "api")),
            json!({"metadata": null}),
            deployment("web", "api"),
        ]),
        path => Answer::Ok(cluster(path)),
    });
    let run = run(&server, &WITHOUT_POLICY);
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert_eq!(
        run.errors(),
        [
            "namespaces broken: not read: number out of range",
            "deployments shop/broken: not read: number out of range",
            "an object of the list of deployments: not read: number out of range",
        ]
    );
    assert_eq!(run.entry("Deployment", "web")["role"], ROLE);
}

#[test]
fn an_installed_policy_that_cannot_be_read_is_an_error() {
    let of = |module: &str, settings: Value| {
        policy("identity", json!({"module": module, "settings": settings}))
    };
    let ours = "registry://example.com/aws-pod-identity-policy:v1";
    let remedy =
        "its settings are not used; correct the policy, or set --from-policy or --settings";
    for (policies, expected) in [
        (vec![of(ours, json!([]))], vec!["its spec.settings are not a mapping of names to values"]),
        (vec![of(ours, json!({"a": null}))], vec!["number out of range"]),
        (vec![of("registry://example.com/other:v1", json!({"a": null}))], vec![]),
        (vec![of("registry://example.com/other:v1", json!([]))], vec![]),
    ] {
        let server = Server::start(move |path, _, _| match path {
            POLICIES => with_large_number(&policies),
            path => Answer::Ok(cluster(path)),
        });
        let run = run(&server, &[]);
        let expected: Vec<_> = expected
            .iter()
            .map(|why| format!("clusteradmissionpolicies identity: not read: {why}; {remedy}"))
            .collect();
        assert_eq!(run.errors(), expected, "{}", run.err);
        assert_eq!(run.code, Some(if expected.is_empty() { 0 } else { 2 }));
        assert_eq!(run.json()["settings"], "the default settings in all namespaces");
        let said = run.err.contains("cannot be read, so the default settings are used");
        assert_eq!(said, !expected.is_empty(), "{}", run.err);
    }
}

#[test]
fn a_config_map_or_namespace_that_cannot_be_read_is_an_error() {
    let server = Server::start(move |path, _, _| match path {
        "/api/v1/namespaces/kube-system/configmaps/roles" | "/api/v1/namespaces/shop" => {
            Answer::Text("{\"a\": 1e400}".to_owned())
        }
        "/api/v1/namespaces/shop/serviceaccounts" => Answer::Ok(cluster("/api/v1/serviceaccounts")),
        _ => Answer::Ok(list(&[])),
    });
    let settings = "roleMap: {namespace: kube-system, name: roles}";
    let arguments = ["--settings", "settings.yaml", "--output", "json", "--namespace", "shop"];
    let run = run_with(&server, settings, &arguments);
    let why = "not read: the answer of the API server cannot be read: number out of range at line 1 column 11";
    assert_eq!(
        run.errors(),
        [format!("namespaces shop: {why}"), format!("configmaps kube-system/roles: {why}")]
    );
    assert_eq!(run.code, Some(2));
}
