//! Properties that are true for every pod, in any form and with any content.
//!
//! `PROPTEST_CASES` sets the number of situations for each property.

mod checks;
mod evaluation;
mod reference;
mod situations;

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Pod;
use policy_testing::identity_model::check_identity_of_silent_pod;
use policy_testing::pools::SETTINGS;
use policy_testing::{additions, ask_library, cases};
use proptest::prelude::*;
use proptest::sample::select;

use crate::engine::ask_both;
use checks::no_more_duplicates;
use evaluation::{creation, evaluate, findings, payload, request_members, value};
pub(crate) use reference::injected;
pub(crate) use situations::Situation;

#[test]
fn the_pool_has_every_setting() {
    // The generators add these in other ways, but for `roleTrust`, which needs trust policies.
    const OTHERS: [&str; 3] = ["annotationPrefix", "findings", "roleTrust"];
    let mut in_pool: Vec<_> = SETTINGS.iter().map(|setting| setting.key).chain(OTHERS).collect();
    let mut all: Vec<_> =
        aws_pod_identity_core::setting_keys().iter().map(|key| key.name).collect();
    in_pool.sort_unstable();
    all.sort_unstable();
    assert_eq!(in_pool, all);
}

proptest! {
    #![proptest_config(cases(900))]

    #[test]
    fn the_injected_pod_is_unchanged_when_admitted_again(situation in Situation::any()) {
        let answer = evaluate(&situation);
        let response = answer.checked();
        if let Some(pod) = response.injected.as_deref() {
            // The audit scanner sends the same pod in another request.
            let mut request = request_members("CREATE", "Pod", pod);
            request.retain(|member| !member.starts_with(r#""uid""#));
            request.push(r#""uid":"70a9a2c5-3a14-4d3e-a8f6-4cf4e9d1e6a3""#.to_owned());
            let answer = ask_library(&payload(&request, &situation.settings), &situation);
            let again = answer.checked();
            prop_assert!(again.accepted, "rejected: {:?}", again.message);
            prop_assert_eq!(&again.injected, &None);
            // The first request was without an identity, and this one has one.
            // With two mounts at one path, which API servers refuse, it can report one of them more.
            let ids = |response| BTreeSet::from_iter(findings(response));
            let mut expected = ids(&response);
            expected.remove("running-without-identity]");
            prop_assert_eq!(ids(&again), expected);
            prop_assert_eq!(answer.log, Vec::<String>::new());
        }
    }

    #[test]
    fn the_injected_pod_without_its_additions_is_the_pod_byte_for_byte(situation in Situation::any()) {
        let answer = evaluate(&situation);
        if let Some(pod) = answer.checked().injected {
            additions::check(&situation.pod, &pod);
        }
    }

    #[test]
    fn no_existing_variable_mount_or_volume_is_added_again(situation in Situation::any()) {
        let answer = evaluate(&situation);
        if let Some(pod) = answer.checked().injected {
            let (before, after) = (value(&situation.pod), value(&pod));
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
        if let Some(pod) = answer.checked().injected
            && serde_json::from_str::<Pod>(&situation.pod).is_ok()
        {
            prop_assert!(serde_json::from_str::<Pod>(&pod).is_ok(), "{}", pod);
        }
    }

    #[test]
    fn a_response_is_complete(situation in Situation::any()) {
        let answer = evaluate(&situation);
        let response = answer.checked();
        // The answer can have findings, but no failure, because the cluster of a situation answers.
        prop_assert_eq!(response.code, (!response.accepted).then_some(403));
        if !response.accepted {
            prop_assert_eq!(&response.warnings, &None);
        }
        for (index, warning) in response.warnings.iter().flatten().enumerate() {
            let counts = index == 0 && warning.contains(" more finding");
            prop_assert!(counts || warning.ends_with(']'), "without the id of a finding: {}", warning);
        }
        let changed = response.injected.as_ref().is_some_and(|pod| value(pod) != value(&situation.pod));
        prop_assert_eq!(changed, response.injected.is_some());
        // Every decision is in the audit log.
        prop_assert!(response.audit_annotations.as_ref().is_some_and(|audit| !audit.is_empty()));
        prop_assert!(answer.queries.len() <= 2);
    }

    #[test]
    fn a_pod_that_is_accepted_without_a_warning_has_the_identity(
        situation in prop_oneof![1 => Situation::any(), 4 => Situation::any_pod()],
    ) {
        // The model does not cover Windows.
        let pod = value(&situation.pod).to_string().replace("windows", "linux");
        let situation = situation.about(pod);
        let (annotations, settings) = (value(&situation.annotations), value(&situation.settings));
        let answer = evaluate(&situation).checked();
        check_identity_of_silent_pod(&value(&situation.pod), &answer, &annotations, &settings);
    }

    #[test]
    fn findings_that_are_off_are_not_reported(situation in Situation::any()) {
        let off: Vec<_> = aws_pod_identity_core::FindingKind::ALL.iter().map(|kind| format!(r#""{}":"off""#, kind.id())).collect();
        let settings = format!(r#"{{"findings":{{{}}}}}"#, off.join(","));
        let answer = evaluate(&Situation { settings, ..situation });
        let response = answer.checked();
        prop_assert!(response.accepted);
        prop_assert_eq!(&response.warnings, &None);
    }

    #[test]
    fn default_severity_warn_rejects_nothing(situation in Situation::any()) {
        let settings = r#"{"defaultSeverity":"warn"}"#.to_owned();
        let strict = evaluate(&Situation { settings: "{}".to_owned(), ..situation.clone() });
        let answer = evaluate(&Situation { settings, ..situation });
        let (strict, response) = (strict.checked(), answer.checked());
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
        let response = answer.checked();
        prop_assert!(response.accepted, "{:?}", response.message);
        prop_assert_eq!(&response.injected, &None);
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
        let response = answer.checked();
        prop_assert!(response.accepted, "{:?}", response.message);
        let found = response.injected.as_deref().unwrap_or(&situation.pod);
        prop_assert_eq!(value(found), reference::injected(&situation));
    }

    #[test]
    fn a_pod_that_the_webhook_injected_is_unchanged(situation in Situation::clean()) {
        let injected = reference::injected(&situation).to_string();
        let answer = evaluate(&situation.about(injected));
        let response = answer.checked();
        prop_assert!(response.accepted, "{:?}", response.message);
        prop_assert_eq!(&response.injected, &None);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_module_answers_what_the_library_answers(situation in Situation::any()) {
        let payload = creation(&situation);
        ask_both(&payload, situation);
    }
}
