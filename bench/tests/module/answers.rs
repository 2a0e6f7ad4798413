//! The cases have the outcomes that their names state, and the compared policies do the same work.

use policy_bench::cases::{self, Case, INJECTED, LARGE, objects};
use policy_bench::meter::Meter;
use policy_bench::policies::ComparedPolicy;
use policy_host::policy::Counted;
use policy_testing::skipped;
use serde_json::Value;

use crate::INSTRUCTIONS;

fn answer(meter: &Meter, case: &Case) -> Value {
    let reading = meter.call("validate", &case.payload(), &case.answer()).unwrap();
    serde_json::from_slice(&reading.answer).unwrap()
}

#[test]
fn the_pod_has_nine_thousand_bytes_and_the_large_one_half_a_million() {
    let size = |name| {
        let cases = cases::all().unwrap();
        let case = cases.iter().find(|case| case.name == name).expect("the case");
        case.object.to_string().len()
    };
    assert!((8_800..=9_200).contains(&size(INJECTED)), "{}", size(INJECTED));
    assert!((490_000..=510_000).contains(&size(LARGE)), "{}", size(LARGE));
}

#[test]
fn each_case_has_the_outcome_that_its_name_states() {
    let meter = &*INSTRUCTIONS;
    for case in cases::all().unwrap() {
        assert!(meter.accepts(&case.settings).unwrap(), "{}", case.name);
        let answer = answer(meter, &case);
        let injected = answer.get("mutated_object");
        let message = answer["message"].as_str().unwrap_or_default();
        match case.name {
            "injected" | "large" | "role-mappings" => {
                assert_eq!(injected, Some(&objects::expected_injection(&case.object)));
            }
            "five-findings" => assert!(message.starts_with("5 findings"), "{message}"),
            _ => assert!(answer["accepted"] == true && injected.is_none(), "{answer}"),
        }
    }
}

#[test]
fn compared_policies_return_the_same_pods() {
    for policy in [ComparedPolicy::Lean, ComparedPolicy::Sdk] {
        returns_the_same_pods(policy);
    }
}

fn returns_the_same_pods(policy: ComparedPolicy) {
    if !policy.path().exists() {
        return skipped(format_args!(
            "the module of the {} is not built; `make bench-modules` builds it",
            policy.name()
        ));
    }
    let meter = Meter::new(&policy.read().unwrap(), Counted::Instructions).unwrap();
    for case in cases::all().unwrap() {
        if case.name == "five-findings" {
            continue; // The other policies have no findings.
        }
        let mut answer = answer(&meter, &case);
        let injected = answer["mutated_object"].take();
        let injected = Some(injected).filter(|injected| !injected.is_null());
        let expected = matches!(case.name, "injected" | "large" | "role-mappings")
            .then(|| objects::expected_injection(&case.object));
        assert_eq!(injected, expected, "{}: {}", policy.name(), case.name);
    }
}
