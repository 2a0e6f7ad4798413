//! Lists of many pages.

use std::process::Command;

use serde_json::{Value, json};

use super::server::{Answer, Server, list, status};
use super::{WITHOUT_POLICY, cluster, command, faulty, owned, pod, run};

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
