//! Requests as text, and their evaluation. Members keep the order and the form that a property gives them.

use std::borrow::Cow;
use std::collections::HashMap;

use policy_testing::{Answer, ask_library};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Situation;

/// A response, with the object as it is written in the answer.
#[derive(Debug, Deserialize)]
pub(super) struct Response<'a> {
    pub(super) accepted: bool,
    #[serde(borrow)]
    pub(super) message: Option<Cow<'a, str>>,
    pub(super) code: Option<u16>,
    #[serde(borrow)]
    pub(super) mutated_object: Option<&'a RawValue>,
    pub(super) warnings: Option<Vec<String>>,
    pub(super) audit_annotations: Option<HashMap<String, String>>,
}

impl<'a> Response<'a> {
    pub(super) fn of(answer: &'a Answer) -> Self {
        serde_json::from_slice(&answer.body).expect("a response")
    }

    /// The ids of the findings in the warnings.
    pub(super) fn findings(&self) -> Vec<&str> {
        let warnings = self.warnings.iter().flatten();
        warnings.map(|warning| warning.rsplit('[').next().unwrap_or_default()).collect()
    }

    /// The injected pod.
    pub(super) fn pod(&self) -> Option<&'a str> {
        self.mutated_object.map(RawValue::get)
    }
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
