//! What holds for every pod, however it is written and whatever is in it already.
//!
//! `PROPTEST_CASES` sets how many situations each property is tried in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::string_slice)]

mod additions;
mod documents;
mod reference;
mod situations;
#[path = "../support/mod.rs"]
mod support;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use additions::{Addition, additions, taken_out};
use k8s_openapi::api::core::v1::Pod;
use proptest::prelude::*;
use proptest::sample::select;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use situations::Situation;
use support::{Answer, ask_both, ask_library};

fn situations(count: u32) -> ProptestConfig {
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    let cases = if set { default.cases } else { count };
    ProptestConfig { cases, failure_persistence: None, ..default }
}

/// A verdict, with the object as it is written in the answer.
#[derive(Debug, Deserialize)]
struct Verdict<'a> {
    accepted: bool,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    code: Option<u16>,
    #[serde(borrow)]
    mutated_object: Option<&'a RawValue>,
    warnings: Option<Vec<String>>,
    audit_annotations: Option<HashMap<String, String>>,
}

impl<'a> Verdict<'a> {
    fn of(answer: &'a Answer) -> Self {
        serde_json::from_slice(&answer.body).expect("a verdict")
    }

    /// The ids of what is warned of.
    fn findings(&self) -> Vec<&str> {
        let warnings = self.warnings.iter().flatten();
        warnings.map(|warning| warning.rsplit('[').next().unwrap_or_default()).collect()
    }

    /// The pod that was made, if any.
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

fn judge(situation: &Situation) -> Answer {
    ask_library(&creation(situation), situation)
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

proptest! {
    #![proptest_config(situations(1500))]

    #[test]
    fn its_own_output_is_accepted_as_it_is(situation in Situation::any()) {
        let answer = judge(&situation);
        let verdict = Verdict::of(&answer);
        if let Some(pod) = verdict.pod() {
            // As the audit scanner asks: about the same pod, in a request of its own.
            let mut request = request_members("CREATE", "Pod", pod);
            request.retain(|member| !member.starts_with(r#""uid""#));
            request.push(r#""uid":"70a9a2c5-3a14-4d3e-a8f6-4cf4e9d1e6a3""#.to_owned());
            let answer = ask_library(&payload(&request, &situation.settings), &situation);
            let again = Verdict::of(&answer);
            prop_assert!(again.accepted, "rejected: {:?}", again.message);
            prop_assert_eq!(again.pod(), None);
            // What is running without an identity in the one request has it in the other.
            let mut findings = verdict.findings();
            findings.retain(|id| *id != "running-without-identity]");
            prop_assert_eq!(again.findings(), findings);
            prop_assert_eq!(answer.log, Vec::<String>::new());
        }
    }

    #[test]
    fn taking_out_what_was_added_gives_the_pod_byte_for_byte(situation in Situation::any()) {
        let answer = judge(&situation);
        if let Some(pod) = Verdict::of(&answer).pod() {
            let additions = additions(&situation.pod, pod);
            prop_assert!(!additions.is_empty(), "an answer with an object and without a change");
            prop_assert_eq!(&taken_out(pod, &additions), &situation.pod);
            for addition in additions {
                prop_assert!(is_ours(&addition), "{:?}", addition);
            }
        }
    }

    #[test]
    fn no_variable_mount_or_volume_is_added_that_is_there_already(situation in Situation::any()) {
        let answer = judge(&situation);
        if let Some(pod) = Verdict::of(&answer).pod() {
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
    fn what_was_a_pod_is_still_a_pod(situation in Situation::any()) {
        let answer = judge(&situation);
        if let Some(pod) = Verdict::of(&answer).pod()
            && serde_json::from_str::<Pod>(&situation.pod).is_ok()
        {
            prop_assert!(serde_json::from_str::<Pod>(pod).is_ok(), "{}", pod);
        }
    }

    #[test]
    fn a_verdict_is_complete(situation in Situation::any()) {
        let answer = judge(&situation);
        let verdict = Verdict::of(&answer);
        prop_assert_eq!(verdict.accepted, verdict.message.is_none());
        // Findings, never a failure: the cluster of a situation answers.
        prop_assert_eq!(verdict.code, (!verdict.accepted).then_some(403));
        if !verdict.accepted {
            prop_assert_eq!(verdict.pod(), None);
            prop_assert_eq!(&verdict.warnings, &None);
        }
        let mut characters = 0;
        for (index, warning) in verdict.warnings.iter().flatten().enumerate() {
            characters += warning.chars().count();
            let counts = index == 0 && warning.contains(" more finding");
            prop_assert!(counts || warning.ends_with(']'), "no finding's id: {}", warning);
        }
        prop_assert!(characters <= 4096, "API servers would cut {} characters", characters);
        let changed = verdict.pod().is_some_and(|pod| value(pod) != value(&situation.pod));
        prop_assert_eq!(changed, verdict.pod().is_some());
        // Every decision can be read in the audit log; what was done is in the policy server's too.
        prop_assert!(!verdict.audit_annotations.unwrap_or_default().is_empty());
        prop_assert_eq!(answer.log.len(), usize::from(changed || !verdict.accepted));
        prop_assert!(answer.queries.len() <= 2);
    }

    #[test]
    fn who_is_accepted_without_a_word_has_the_identity(
        situation in Situation::any(),
        settings in select(vec!["{}", r#"{"region":"eu-west-1"}"#, r#"{"sessionName":"podName","mountPath":"/run/aws"}"#]),
    ) {
        // On Windows a path has many spellings.
        let pod = value(&situation.pod).to_string().replace("windows", "linux");
        let situation = Situation { settings: settings.to_owned(), ..situation.about(pod) };
        let answer = judge(&situation);
        let verdict = Verdict::of(&answer);
        let audit = verdict.audit_annotations.as_ref().unwrap();
        if let (true, None, Some(role), Some(containers)) =
            (verdict.accepted, &verdict.warnings, audit.get("role-arn"), audit.get("containers"))
        {
            let pod = value(verdict.pod().unwrap_or(&situation.pod));
            for name in containers.split(',') {
                has_identity(&pod, name, role);
            }
        }
    }

    #[test]
    fn findings_that_are_off_are_not_told(situation in Situation::any()) {
        let off: Vec<_> = aws_pod_identity_core::FindingKind::ALL.iter().map(|rule| format!(r#""{}":"off""#, rule.id())).collect();
        let settings = format!(r#"{{"findings":{{{}}}}}"#, off.join(","));
        let answer = judge(&Situation { settings, ..situation });
        let verdict = Verdict::of(&answer);
        prop_assert!(verdict.accepted);
        prop_assert_eq!(verdict.warnings, None);
    }

    #[test]
    fn a_first_day_s_setting_rejects_nothing(situation in Situation::any()) {
        let settings = r#"{"defaultSeverity":"warn"}"#.to_owned();
        let strict = judge(&Situation { settings: "{}".to_owned(), ..situation.clone() });
        let answer = judge(&Situation { settings, ..situation });
        let (strict, verdict) = (Verdict::of(&strict), Verdict::of(&answer));
        prop_assert!(verdict.accepted, "{:?}", verdict.message);
        if !strict.accepted {
            prop_assert!(verdict.warnings.is_some());
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
        prop_assert_eq!(answer, judge(&situation));
    }

    #[test]
    fn only_pods_that_are_being_created_are_ever_changed(
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
        let verdict = Verdict::of(&answer);
        prop_assert!(verdict.accepted, "{:?}", verdict.message);
        prop_assert_eq!(verdict.pod(), None);
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
    fn a_pod_without_anything_of_ours_gets_what_the_eks_webhook_gives_it(situation in Situation::clean()) {
        let answer = judge(&situation);
        let verdict = Verdict::of(&answer);
        prop_assert!(verdict.accepted, "{:?}", verdict.message);
        let found = verdict.pod().unwrap_or(&situation.pod);
        prop_assert_eq!(value(found), reference::injected(&situation));
    }

    #[test]
    fn a_pod_that_the_eks_webhook_has_been_at_is_left_as_it_is(situation in Situation::clean()) {
        let injected = reference::injected(&situation).to_string();
        let answer = judge(&situation.about(injected));
        let verdict = Verdict::of(&answer);
        prop_assert!(verdict.accepted, "{:?}", verdict.message);
        prop_assert_eq!(verdict.pod(), None);
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

/// Makes sure that the container has the role and a token for it, as far as a manifest can tell.
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
                // The manifest does not tell what such a variable holds.
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
        let place = shortest;
        let file = place(&file);
        let mounts = list(&container, "volumeMounts");
        let paths: HashSet<_> = mounts.iter().map(|mount| mount["mountPath"].as_str()).collect();
        if paths.len() < mounts.len() || paths.contains(&Some("")) || paths.contains(&Some("/")) {
            // The API server refuses paths that are there twice or empty, and no runtime mounts at the root.
            continue;
        }
        let mounts =
            mounts.iter().map(|mount| (mount, mount["mountPath"].as_str().unwrap_or_default()));
        let file_below = |path: &str| file.strip_prefix(&format!("{path}/"));
        let mounts: Vec<_> =
            mounts.filter(|(_, path)| file_below(&place(path)).is_some()).collect();
        let innermost = mounts.iter().max_by_key(|(_, path)| place(path).len());
        let (mount, written) = innermost.unwrap_or_else(|| panic!("{name} has nothing at {file}"));
        let path = place(written);
        // The API server compares paths as texts.
        let mut same_place = mounts
            .iter()
            .filter(|(_, other)| place(other) == path && other != written)
            .map(|(other, _)| &other["name"])
            .peekable();
        if same_place.peek().is_some() {
            assert!(
                same_place.all(|other| *other == mount["name"]),
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

/// Whether the policy may add that there.
fn is_ours(addition: &Addition) -> bool {
    const CONTAINERS: [&str; 2] = ["containers", "initContainers"];
    let may_have: &[&str] = match addition.path.split('/').collect::<Vec<_>>()[..] {
        ["", "spec", "volumes"] => return true,
        ["", "spec", list, _, "env" | "volumeMounts"] => return CONTAINERS.contains(&list),
        ["", "spec", list, _] if CONTAINERS.contains(&list) => &["env", "volumeMounts"],
        ["", "spec"] => &["volumes"],
        ["", "metadata"] => &["labels"],
        ["", "metadata", "labels"] => &["eks.amazonaws.com/pod-identity"],
        _ => return false,
    };
    let [Value::Object(members)] = &addition.added[..] else { return false };
    members.keys().all(|key| may_have.contains(&key.as_str()))
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
        assert!(times <= allowed, "{list}: {name} is there {times} times");
    }
}

/// A path without what does not lead elsewhere.
fn shortest(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}
