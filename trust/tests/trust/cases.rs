//! Runs every case below `cases/`: `mistakes/` are trust policies with mistakes that people report, `right/` are
//! policies that must never be complained about.
//!
//! A case is a YAML file: the listing (one JSON document, or a list of documents that follow each other in a file), the
//! request, and the outcome. For a mistake there are also the causes, and the whole message in a text file of the same
//! name. `UPDATE_CASES=1` writes the messages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aws_pod_identity_json::Reader;
use aws_pod_identity_trust::export::Export;
use aws_pod_identity_trust::exported::{Decision, Exported, Question, key};
use aws_pod_identity_trust::{
    Link, LinkState, Listing, Outcome, PodIdentity, RoleArn, WebIdentity, explain,
};
use serde_json::Value;

#[test]
fn every_mistake_is_named_with_its_fix() {
    let count = run("mistakes", |path, case| {
        let (listing, outcome) = evaluate(case);
        let Outcome::No(causes) = outcome else { panic!("{outcome:?}") };
        let ids: Vec<_> = causes.iter().map(|cause| Value::from(cause.id())).collect();
        assert_eq!(Value::from(ids), case["causes"]);
        let links = chain(&listing, case);
        let (broken, before) = links.split_last().unwrap();
        assert!(before.iter().all(|link| link.state != LinkState::Differs), "{links:?}");
        assert_eq!((broken.state, broken.step.id()), (LinkState::Differs, text(&case["breaks"])));
        let arn = RoleArn::parse(text(&case["request"]["role"])).unwrap();
        let role = listing.find(&arn).and_then(|role| role.arn.as_ref());
        let message = explain(&causes, role.or(Some(&arn)), &web_identity(case)) + "\n";
        golden(&path.with_extension("txt"), &message);
    });
    assert!(count >= 20, "{count}");
}

#[test]
fn every_cause_has_a_case() {
    let source = include_str!("../../src/causes/mod.rs");
    let (_, ids) = source.split_once("pub fn id(").unwrap();
    let ids = ids.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let ids: BTreeSet<&str> = ids.collect();
    assert!(ids.len() > 30, "{ids:?}");
    let covered = std::sync::Mutex::new(BTreeSet::new());
    run("mistakes", |_, case| {
        let causes = case["causes"].as_array().unwrap().iter();
        covered.lock().unwrap().extend(causes.map(|cause| text(cause).to_owned()));
    });
    let covered = covered.into_inner().unwrap();
    let without: Vec<_> = ids.iter().filter(|id| !covered.contains(**id)).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn nothing_that_is_right_is_complained_about() {
    let count = run("right", |_, case| {
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
    assert!(count >= 50, "{count}");
}

#[test]
fn the_exported_form_agrees() {
    let check = |_: &Path, case: &Value| {
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
    assert!(run("mistakes", check) + run("right", check) >= 70);
}

/// Runs all cases of a folder; gives their number.
fn run(folder: &str, check: impl Fn(&Path, &Value) + std::panic::RefUnwindSafe) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(folder);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let mut failed = Vec::new();
    for path in &paths {
        let case: Value = serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert!(!text(&case["situation"]).is_empty(), "{}", path.display());
        if std::panic::catch_unwind(|| check(path, &case)).is_err() {
            failed.push(path.file_name().unwrap());
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
    paths.len()
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

fn golden(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE_CASES").is_some() {
        fs::write(path, actual).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{}", path.display());
}
