//! Properties that hold for every pod, in any form and with any content.
//!
//! `PROPTEST_CASES` sets how many situations each property is tried in.

mod documents;
mod reference;
mod situations;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use k8s_openapi::api::core::v1::Pod;
use policy_testing::additions;
use policy_testing::{Answer, ask_library};
use proptest::prelude::*;
use proptest::sample::select;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::engine::ask_both;
pub(crate) use reference::injected;
pub(crate) use situations::Situation;

fn situations(count: u32) -> ProptestConfig {
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    let cases = if set { default.cases } else { count };
    ProptestConfig { cases, failure_persistence: None, ..default }
}

/// A response, with the object as it is written in the answer.
#[derive(Debug, Deserialize)]
struct Response<'a> {
    accepted: bool,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    code: Option<u16>,
    #[serde(borrow)]
    mutated_object: Option<&'a RawValue>,
    warnings: Option<Vec<String>>,
    audit_annotations: Option<HashMap<String, String>>,
}

impl<'a> Response<'a> {
    fn of(answer: &'a Answer) -> Self {
        serde_json::from_slice(&answer.body).expect("a response")
    }

    /// The ids of the findings in the warnings.
    fn findings(&self) -> Vec<&str> {
        let warnings = self.warnings.iter().flatten();
        warnings.map(|warning| warning.rsplit('[').next().unwrap_or_default()).collect()
    }

    /// The injected pod.
    fn pod(&self) -> Option<&'a str> {
        self.mutated_object.map(RawValue::get)
    }
}

/// The request to create the pod, with the members in the order of the policy server.
fn creation(situation: &Situation) -> Vec<u8> {
    payload(&request_members("CREATE", "Pod", &situation.pod), &situation.settings)
}

fn request_members(operation: &str, kind: &str, object: &str) -> Vec<String> {
    let kind = format!(r#""kind":{{"group":"","kind":"{kind}","version":"v1"}}"#);
    let mut members =
        vec![r#""dryRun":false"#.to_owned(), kind, r#""namespace":"payments""#.to_owned()];
    members.push(format!(r#""object":{object}"#));
    members.push(format!(r#""operation":"{operation}""#));
    members.push(r#""uid":"1299d386-525b-4032-98ae-1949f69f9cfc""#.to_owned());
    members
}

fn payload(request: &[String], settings: &str) -> Vec<u8> {
    format!(r#"{{"request":{{{}}},"settings":{settings}}}"#, request.join(",")).into_bytes()
}

fn evaluate(situation: &Situation) -> Answer {
    ask_library(&creation(situation), situation)
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

proptest! {
    #![proptest_config(situations(1500))]

    #[test]
    fn the_injected_pod_is_unchanged_when_admitted_again(situation in Situation::any()) {
        let answer = evaluate(&situation);
        let response = Response::of(&answer);
        if let Some(pod) = response.pod() {
            // The audit scanner sends the same pod in another request.
            let mut request = request_members("CREATE", "Pod", pod);
            request.retain(|member| !member.starts_with(r#""uid""#));
            request.push(r#""uid":"70a9a2c5-3a14-4d3e-a8f6-4cf4e9d1e6a3""#.to_owned());
            let answer = ask_library(&payload(&request, &situation.settings), &situation);
            let again = Response::of(&answer);
            prop_assert!(again.accepted, "rejected: {:?}", again.message);
            prop_assert_eq!(again.pod(), None);
            // Without an identity in the first request, with one in the second.
            let mut findings = response.findings();
            findings.retain(|id| *id != "running-without-identity]");
            prop_assert_eq!(again.findings(), findings);
            prop_assert_eq!(answer.log, Vec::<String>::new());
        }
    }

    #[test]
    fn the_injected_pod_without_its_additions_is_the_pod_byte_for_byte(situation in Situation::any()) {
        let answer = evaluate(&situation);
        if let Some(pod) = Response::of(&answer).pod() {
            additions::check(&situation.pod, pod);
        }
    }

    #[test]
    fn no_existing_variable_mount_or_volume_is_added_again(situation in Situation::any()) {
        let answer = evaluate(&situation);
        if let Some(pod) = Response::of(&answer).pod() {
            let (before, after) = (value(&situation.pod), value(pod));
            no_more_duplicates(&before, &after, "/spec/volumes", "name");
            for list in ["containers", "initContainers"] {
                for index in 0..3 {
                    let container = format!("/spec/{list}/{index}");
                    no_more_duplicates(&before, &after, &format!("{container}/env"), "name");
                    no_more_duplicates(&before, &after, &format!("{container}/volumeMounts"), "mountPath");
                }
            }
        }
    }

    #[test]
    fn an_injected_pod_is_a_valid_pod(situation in Situation::any()) {
        let answer = evaluate(&situation);
        if let Some(pod) = Response::of(&answer).pod()
            && serde_json::from_str::<Pod>(&situation.pod).is_ok()
        {
            prop_assert!(serde_json::from_str::<Pod>(pod).is_ok(), "{}", pod);
        }
    }

    #[test]
    fn a_response_is_complete(situation in Situation::any()) {
        let answer = evaluate(&situation);
        let response = Response::of(&answer);
        prop_assert_eq!(response.accepted, response.message.is_none());
        // Findings, never a failure: the cluster of a situation answers.
        prop_assert_eq!(response.code, (!response.accepted).then_some(403));
        if !response.accepted {
            prop_assert_eq!(response.pod(), None);
            prop_assert_eq!(&response.warnings, &None);
        }
        let mut characters = 0;
        for (index, warning) in response.warnings.iter().flatten().enumerate() {
            characters += warning.chars().count();
            let counts = index == 0 && warning.contains(" more finding");
            prop_assert!(counts || warning.ends_with(']'), "without the id of a finding: {}", warning);
        }
        prop_assert!(characters <= 4096, "API servers would cut {} characters", characters);
        let changed = response.pod().is_some_and(|pod| value(pod) != value(&situation.pod));
        prop_assert_eq!(changed, response.pod().is_some());
        // Every decision is in the audit log, and every change and rejection in the log of the policy server.
        prop_assert!(!response.audit_annotations.unwrap_or_default().is_empty());
        prop_assert_eq!(answer.log.len(), usize::from(changed || !response.accepted));
        prop_assert!(answer.queries.len() <= 2);
    }

    #[test]
    fn a_pod_that_is_accepted_without_a_warning_has_the_identity(
        situation in Situation::any(),
        settings in select(vec!["{}", r#"{"region":"eu-west-1"}"#, r#"{"sessionName":"podName","mountPath":"/run/aws"}"#]),
    ) {
        // On Windows a path has several spellings.
        let pod = value(&situation.pod).to_string().replace("windows", "linux");
        let situation = Situation { settings: settings.to_owned(), ..situation.about(pod) };
        let answer = evaluate(&situation);
        let response = Response::of(&answer);
        let audit = response.audit_annotations.as_ref().unwrap();
        if let (true, None, Some(role), Some(containers)) =
            (response.accepted, &response.warnings, audit.get("role-arn"), audit.get("containers"))
        {
            let pod = value(response.pod().unwrap_or(&situation.pod));
            for name in containers.split(',') {
                has_identity(&pod, name, role);
            }
        }
    }

    #[test]
    fn findings_that_are_off_are_not_reported(situation in Situation::any()) {
        let off: Vec<_> = aws_pod_identity_core::FindingKind::ALL.iter().map(|kind| format!(r#""{}":"off""#, kind.id())).collect();
        let settings = format!(r#"{{"findings":{{{}}}}}"#, off.join(","));
        let answer = evaluate(&Situation { settings, ..situation });
        let response = Response::of(&answer);
        prop_assert!(response.accepted);
        prop_assert_eq!(response.warnings, None);
    }

    #[test]
    fn default_severity_warn_rejects_nothing(situation in Situation::any()) {
        let settings = r#"{"defaultSeverity":"warn"}"#.to_owned();
        let strict = evaluate(&Situation { settings: "{}".to_owned(), ..situation.clone() });
        let answer = evaluate(&Situation { settings, ..situation });
        let (strict, response) = (Response::of(&strict), Response::of(&answer));
        prop_assert!(response.accepted, "{:?}", response.message);
        if !strict.accepted {
            prop_assert!(response.warnings.is_some());
        }
    }

    #[test]
    fn the_order_of_the_members_of_a_request_does_not_matter(
        situation in Situation::any(),
        shuffled in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(),
        settings_first in any::<bool>(),
    ) {
        let sorted = request_members("CREATE", "Pod", &situation.pod);
        let request: Vec<_> = shuffled.into_iter().map(|index| sorted[index].as_str()).collect();
        let request = format!(r#""request":{{{}}}"#, request.join(","));
        let settings = format!(r#""settings":{}"#, situation.settings);
        let (first, second) = if settings_first { (settings, request) } else { (request, settings) };
        let answer = ask_library(format!("{{{first},{second}}}").as_bytes(), &situation);
        prop_assert_eq!(answer, evaluate(&situation));
    }

    #[test]
    fn only_created_pods_are_changed(
        situation in Situation::clean(),
        operation in select(vec!["CREATE", "UPDATE", "DELETE", "CONNECT"]),
        subresource in select(vec!["", "ephemeralcontainers", "status", "binding", "resize", "eviction"]),
        kind in select(vec!["Pod", "PodTemplate", "Service", "Deployment", "ServiceAccount", "pod", ""]),
        old in any::<bool>(),
    ) {
        prop_assume!((operation, subresource, kind) != ("CREATE", "", "Pod"));
        let mut request = request_members(operation, kind, &situation.pod);
        if old {
            request.push(format!(r#""oldObject":{}"#, situation.pod));
        }
        request.push(format!(r#""subResource":"{subresource}""#));
        let answer = ask_library(&payload(&request, &situation.settings), &situation);
        let response = Response::of(&answer);
        prop_assert!(response.accepted, "{:?}", response.message);
        prop_assert_eq!(response.pod(), None);
    }

    #[test]
    fn a_deletion_has_no_object_and_is_accepted(situation in Situation::any(), null in any::<bool>()) {
        let mut request = request_members("DELETE", "Pod", "null");
        if !null {
            request.retain(|member| !member.starts_with(r#""object""#));
        }
        request.push(format!(r#""oldObject":{}"#, situation.pod));
        let answer = ask_library(&payload(&request, &situation.settings), &situation);
        prop_assert_eq!(String::from_utf8(answer.body).unwrap(), r#"{"accepted":true}"#);
    }

    #[test]
    fn a_pod_without_identity_settings_gets_the_additions_of_the_webhook(situation in Situation::clean()) {
        let answer = evaluate(&situation);
        let response = Response::of(&answer);
        prop_assert!(response.accepted, "{:?}", response.message);
        let found = response.pod().unwrap_or(&situation.pod);
        prop_assert_eq!(value(found), reference::injected(&situation));
    }

    #[test]
    fn a_pod_that_the_webhook_injected_is_unchanged(situation in Situation::clean()) {
        let injected = reference::injected(&situation).to_string();
        let answer = evaluate(&situation.about(injected));
        let response = Response::of(&answer);
        prop_assert!(response.accepted, "{:?}", response.message);
        prop_assert_eq!(response.pod(), None);
    }
}

proptest! {
    #![proptest_config(situations(300))]

    #[test]
    fn the_module_answers_what_the_library_answers(situation in Situation::any()) {
        let payload = creation(&situation);
        ask_both(&payload, situation);
    }
}

/// Makes sure that the container has the role and a token for it, as far as the manifest has them.
#[track_caller]
fn has_identity(pod: &Value, name: &str, role: &str) {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let spec = &pod["spec"];
    let mut containers = [list(spec, "initContainers"), list(spec, "containers")].concat();
    containers.retain(|container| container["name"].as_str().unwrap_or_default() == name);
    for container in containers {
        let variable = |name: &str| {
            let env = list(&container, "env");
            let variable = env.iter().rfind(|variable| variable["name"] == name).cloned();
            variable.map(|variable| match &variable["valueFrom"] {
                // The manifest does not have the value of such a variable.
                Value::Null => Some(variable["value"].as_str().unwrap_or_default().to_owned())
                    .filter(|value| !value.contains("$(")),
                _ => None,
            })
        };
        match variable("AWS_ROLE_ARN") {
            Some(Some(found)) => assert_eq!(found, role, "{name} has another role"),
            Some(None) => {}
            None => assert!(!list(&container, "envFrom").is_empty(), "{name} has no role"),
        }
        let file = match variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
            Some(Some(file)) => file,
            Some(None) => continue,
            None => {
                assert!(!list(&container, "envFrom").is_empty(), "{name} has no token");
                continue;
            }
        };
        if file.is_empty() {
            continue;
        }
        let normalized = shortest;
        let file = normalized(&file);
        let mounts = list(&container, "volumeMounts");
        let paths: HashSet<_> = mounts.iter().map(|mount| mount["mountPath"].as_str()).collect();
        if paths.len() < mounts.len() || paths.contains(&Some("")) || paths.contains(&Some("/")) {
            // The API server refuses duplicate and empty paths, and no runtime mounts at the root.
            continue;
        }
        let mounts =
            mounts.iter().map(|mount| (mount, mount["mountPath"].as_str().unwrap_or_default()));
        let file_below = |path: &str| file.strip_prefix(&format!("{path}/"));
        let mounts: Vec<_> =
            mounts.filter(|(_, path)| file_below(&normalized(path)).is_some()).collect();
        let innermost = mounts.iter().max_by_key(|(_, path)| normalized(path).len());
        let (mount, written) = innermost.unwrap_or_else(|| panic!("{name} has nothing at {file}"));
        let path = normalized(written);
        // The API server compares paths as texts.
        let mut same_path = mounts
            .iter()
            .filter(|(_, other)| normalized(other) == path && other != written)
            .map(|(other, _)| &other["name"])
            .peekable();
        if same_path.peek().is_some() {
            assert!(
                same_path.all(|other| *other == mount["name"]),
                "{name} has two volumes at {path}"
            );
            continue;
        }
        let volumes = list(spec, "volumes");
        let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]);
        let Some(volume) = volume else { continue };
        let mut sources = list(&volume["projected"], "sources");
        sources
            .retain(|source| source["serviceAccountToken"]["path"].as_str() == file_below(&path));
        for source in &sources {
            let audience = &source["serviceAccountToken"]["audience"];
            assert_eq!(audience, "sts.amazonaws.com", "{name} has a token for another");
            assert_eq!(mount.get("subPath"), None, "{name} has a token that is never renewed");
        }
        assert!(
            volume["name"] != "aws-iam-token" || !sources.is_empty(),
            "{name} has the token elsewhere than at {file}"
        );
    }
}

/// Makes sure that no `key` is in the list more often than it was, once for new ones.
#[track_caller]
fn no_more_duplicates(before: &Value, after: &Value, list: &str, key: &str) {
    let count = |pod: &Value| {
        let mut count = HashMap::<String, usize>::new();
        for element in pod.pointer(list).and_then(Value::as_array).into_iter().flatten() {
            let name = element[key].as_str().unwrap_or_default();
            let name = if key == "mountPath" { shortest(name) } else { name.to_owned() };
            *count.entry(name).or_default() += 1;
        }
        count
    };
    let before = count(before);
    for (name, times) in count(after) {
        let allowed = before.get(&name).copied().unwrap_or_default().max(1);
        assert!(times <= allowed, "{list}: {name} occurs {times} times");
    }
}

/// A path without redundant parts.
fn shortest(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}
