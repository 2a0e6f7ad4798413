//! Requests that fail.

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::server::{Answer, Requests, Server, status};
use super::{ROLE, WITHOUT_POLICY, faulty, healthy, run};

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
