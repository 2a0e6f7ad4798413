//! Trust policies: any document is read or refused, its causes are explained, and the exported form never says more than the
//! evaluator.
//!
//! The input is the namespace, the name of the service account and the audience, one per line, then the policy.

use aws_pod_identity_json::{Reader, push_string};
use aws_pod_identity_trust::export::Export;
use aws_pod_identity_trust::exported::{Decision, Exported, Question, key};
use aws_pod_identity_trust::{ListedRoleArn, Listing, Outcome, PodIdentity, WebIdentity, explain};

const ARN: &str = "arn:aws:iam::111122223333:role/api";
const ISSUER: &str = "oidc.example.com/id/A1";

/// Checks one input.
pub fn run(data: &[u8]) {
    let _ = Listing::default().add("file", data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.splitn(4, '\n');
    let mut next = || parts.next().unwrap_or_default();
    let (namespace, name, audience, policy) = (next(), next(), next(), next());
    // Names that an API server accepts.
    let is_name = |name: &str| {
        let valid = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
        !name.is_empty() && name.bytes().all(valid)
    };
    if !is_name(namespace) || !is_name(name) {
        return;
    }
    let request = WebIdentity::new(ISSUER, namespace, name, audience);
    let mut listing = Listing::default();
    listing.add("roles.json", roles(policy).as_bytes()).unwrap();
    let outcome = listing.check(ARN, &request);
    if let Outcome::No(causes) = &outcome {
        let text = explain(causes, ListedRoleArn::parse(ARN).as_ref(), &request);
        assert!(!text.problem().is_empty() && !text.remedy().is_empty());
    }
    let _ = listing.check_pod_identity(ARN, &PodIdentity::default());
    let _ = listing.problems().count();

    let export = Export::new(&listing, ISSUER, "2026-11-27T00:00:00Z").unwrap();
    let entry = &export.data()["111122223333_api"];
    assert!(entry.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '), "{entry:?}");
    let data = serde_json::to_string(export.data()).unwrap();
    let keys = [key(ARN).unwrap()];
    let exported = Exported::read(&mut Reader::new(data.as_bytes()), &keys).unwrap();
    let (subject, audience) = (request.subject(), request.audience());
    let decision = exported.decide(&Question { role_arn: ARN, subject, audience }).unwrap();
    match (&outcome, &decision) {
        (_, Decision::Unknown)
        | (Outcome::Yes, Decision::Allowed)
        | (
            Outcome::No(_),
            Decision::NoTrust
            | Decision::Denied
            | Decision::AnotherSubject { .. }
            | Decision::AnotherAudience { .. },
        ) => {}
        _ => panic!("{outcome:?} {decision:?} {entry}"),
    }
}

/// A listing whose only role has that document, as an object if it is one.
fn roles(policy: &str) -> String {
    let mut document = policy.to_owned();
    if serde_json::from_str::<serde_json::Value>(policy).is_err() {
        document.clear();
        push_string(&mut document, policy);
    }
    format!(r#"{{"Roles":[{{"Arn":"{ARN}","AssumeRolePolicyDocument":{document}}}]}}"#)
}
