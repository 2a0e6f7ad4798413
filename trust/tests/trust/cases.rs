//! Runs every case below `cases/`: `mistakes/` are trust policies with mistakes that people report, `right/` are
//! policies that must never be complained about.
//!
//! A case is a YAML file: the listing (one JSON document, or a list of documents that follow each other in a file), the
//! request, and the outcome. For a mistake there are also the causes, and the whole message at the end of the file, which
//! `UPDATE_CASES=1` writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aws_pod_identity_json::Reader;
use aws_pod_identity_kubernetes::yaml;
use aws_pod_identity_trust::export::Export;
use aws_pod_identity_trust::exported::{Decision, Exported, Question, key};
use aws_pod_identity_trust::{
    Cause, Link, LinkState, ListedRoleArn, Listing, Outcome, PodIdentity, WebIdentity, explain,
};
use policy_testing::each::{check_each, yaml_files};
use policy_testing::is_updating;
use policy_testing::snapshot::{difference, rewrite_end};
use serde_json::{Value, json};

/// A file below `cases/`.
struct Case {
    /// Its path, without the extension.
    name: String,
    file: PathBuf,
    value: Value,
}

impl Case {
    /// The cases in a directory.
    fn all(directory: &str) -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        let files = yaml_files(&root.join(directory)).into_iter();
        let cases = files.map(|file| {
            let name = file.strip_prefix(&root).unwrap().with_extension("");
            let text = fs::read_to_string(&file).unwrap();
            let value =
                yaml::settings(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            Self { name: name.display().to_string(), file, value }
        });
        cases.collect()
    }
}

/// Runs a check on all cases of a directory, of which there are more than that.
#[track_caller]
fn run(directory: &str, more_than: usize, check: impl Fn(&Case) + Sync) {
    let cases = Case::all(directory);
    assert!(cases.len() > more_than, "only {} cases", cases.len());
    check_each(
        &cases,
        |case| &case.name,
        |case| {
            assert!(!text(&case.value["situation"]).is_empty());
            check(case);
            Ok(())
        },
    );
}

#[test]
fn every_mistake_is_named_with_its_fix() {
    run("mistakes", 40, |Case { file, value: case, .. }| {
        let (listing, outcome) = evaluate(case);
        let Outcome::No(causes) = outcome else { panic!("{outcome:?}") };
        let ids: Vec<_> = causes.iter().map(|cause| Value::from(cause.id())).collect();
        assert_eq!(Value::from(ids), case["causes"]);
        let links = chain(&listing, case);
        let (broken, before) = links.split_last().unwrap();
        assert!(before.iter().all(|link| link.state != LinkState::Differs), "{links:?}");
        assert_eq!((broken.state, broken.step.id()), (LinkState::Differs, text(&case["breaks"])));
        let arn = ListedRoleArn::parse(text(&case["request"]["role"])).unwrap();
        let role = listing.find(&arn).and_then(|role| role.arn.as_ref());
        let explanation = explain(&causes, role.or(Some(&arn)), &web_identity(case));
        for part in [explanation.problem(), explanation.remedy()] {
            assert!(part.starts_with(|first: char| first.is_ascii_lowercase()), "{part}");
            assert!(!part.ends_with('.') && !part.contains(". "), "{part}");
        }
        let message = explanation.to_string();
        if is_updating() {
            rewrite_end(file, "message", &[json!({"message": message})]);
        } else {
            let expected = case["message"].as_str().unwrap_or_default();
            assert!(message == expected, "{}", difference(expected, &message));
        }
    });
}

#[test]
fn every_cause_has_a_case() {
    let mut without: BTreeSet<&str> = Cause::IDS.iter().copied().collect();
    for case in Case::all("mistakes") {
        for cause in case.value["causes"].as_array().unwrap() {
            without.remove(text(cause));
        }
    }
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn a_correct_policy_has_no_mistake() {
    run("right", 70, |Case { value: case, .. }| {
        let (listing, outcome) = evaluate(case);
        match (text(&case["outcome"]), &outcome) {
            ("yes", Outcome::Yes) | ("unknown", Outcome::Unknown(_)) => {}
            (expected, _) => panic!("expected {expected}: {outcome:?}"),
        }
        let links = chain(&listing, case);
        let all = |state| links.iter().all(|link| link.state == state);
        assert_eq!(all(LinkState::Matches), outcome == Outcome::Yes, "{links:?}");
        assert!(links.iter().all(|link| link.state != LinkState::Differs), "{links:?}");
    });
}

#[test]
fn the_exported_form_gives_the_same_answer_or_unknown() {
    let check = |Case { value: case, .. }: &Case| {
        if case["request"]["podIdentity"] == true {
            return;
        }
        let (listing, outcome) = evaluate(case);
        let request = web_identity(case);
        let export = Export::new(&listing, request.issuer(), "2026-11-27T00:00:00Z").unwrap();
        let data = serde_json::to_string(export.data()).unwrap();
        let role_arn = text(&case["request"]["role"]);
        let keys: Vec<String> = key(role_arn).into_iter().collect();
        let exported = Exported::read(&mut Reader::new(data.as_bytes()), &keys).unwrap();
        let (subject, audience) = (request.subject(), request.audience());
        let decision = exported.decide(&Question { role_arn, subject, audience }).unwrap();
        match (&outcome, &decision) {
            (Outcome::Yes, Decision::Allowed)
            | (_, Decision::Unknown | Decision::NotCovered)
            | (
                Outcome::No(_),
                Decision::Denied
                | Decision::NoTrust
                | Decision::RoleMissing { .. }
                | Decision::AnotherSubject { .. }
                | Decision::AnotherAudience { .. },
            ) => {}
            // The exported form has nothing of the providers.
            (Outcome::No(causes), Decision::Allowed)
                if causes.iter().all(|cause| cause.id().starts_with("provider-")) => {}
            _ => panic!("{outcome:?} {decision:?} {data}"),
        }
    };
    run("mistakes", 40, check);
    run("right", 70, check);
}

fn evaluate(case: &Value) -> (Listing, Outcome) {
    let documents = match &case["listing"] {
        Value::Array(documents) => documents.iter().map(Value::to_string).collect::<String>(),
        document => document.to_string(),
    };
    let mut listing = Listing::default();
    listing.add("roles.json", documents.as_bytes()).unwrap();
    let request = &case["request"];
    let role = text(&request["role"]);
    let outcome = if request["podIdentity"] == true {
        listing.check_pod_identity(role, &pod_identity(case))
    } else {
        listing.check(role, &web_identity(case))
    };
    (listing, outcome)
}

fn chain(listing: &Listing, case: &Value) -> Vec<Link> {
    let role = text(&case["request"]["role"]);
    if case["request"]["podIdentity"] == true {
        listing.chain_of_pod_identity(role, &pod_identity(case))
    } else {
        listing.chain(role, &web_identity(case))
    }
}

fn pod_identity(case: &Value) -> PodIdentity {
    let request = &case["request"];
    PodIdentity {
        namespace: text(&request["namespace"]).to_owned(),
        service_account: text(&request["serviceAccount"]).to_owned(),
        cluster: request["cluster"].as_str().map(str::to_owned),
        session_tags: request["sessionTags"].as_bool(),
    }
}

fn web_identity(case: &Value) -> WebIdentity {
    let part = |name: &str| case["request"][name].as_str().unwrap_or_default();
    WebIdentity::new(part("issuer"), part("namespace"), part("serviceAccount"), part("audience"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}
