//! Requests as text, and their evaluation. Members have the order and the form that the property chooses.

use policy_testing::answer::CheckedAnswer;
use policy_testing::{Answer, ask_library};
use serde_json::Value;

use super::Situation;

/// The IDs of the findings in the warnings.
pub(super) fn findings(answer: &CheckedAnswer) -> Vec<&str> {
    let warnings = answer.warnings.iter().flatten();
    warnings.map(|warning| warning.rsplit('[').next().unwrap_or_default()).collect()
}

/// The request to create the pod, with the members in the order of the policy server.
pub(super) fn creation(situation: &Situation) -> Vec<u8> {
    payload(&request_members("CREATE", "Pod", &situation.pod), &situation.settings)
}

pub(super) fn request_members(operation: &str, kind: &str, object: &str) -> Vec<String> {
    let kind = format!(r#""kind":{{"group":"","kind":"{kind}","version":"v1"}}"#);
    let mut members =
        vec![r#""dryRun":false"#.to_owned(), kind, r#""namespace":"payments""#.to_owned()];
    members.push(format!(r#""object":{object}"#));
    members.push(format!(r#""operation":"{operation}""#));
    members.push(r#""uid":"1299d386-525b-4032-98ae-1949f69f9cfc""#.to_owned());
    members
}

pub(super) fn payload(request: &[String], settings: &str) -> Vec<u8> {
    format!(r#"{{"request":{{{}}},"settings":{settings}}}"#, request.join(",")).into_bytes()
}

pub(super) fn evaluate(situation: &Situation) -> Answer {
    ask_library(&creation(situation), situation)
}

pub(super) fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}
