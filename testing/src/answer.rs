//! The checks that every answer must pass, and the parts of an answer.

use std::ops::Deref;

use aws_pod_identity_kubernetes::answer::ValidationResponse;
use serde_json::Value;

/// The limit of API servers for all warnings together; characters.
const MAX_WARNINGS: usize = 4096;

/// An answer that passed the checks.
#[derive(Debug)]
pub struct CheckedAnswer {
    /// The response, without the injected object.
    pub response: ValidationResponse,
    /// The text of the injected object.
    pub injected: Option<String>,
    /// All texts that are shown to a user or logged.
    pub shown: String,
}

impl Deref for CheckedAnswer {
    type Target = ValidationResponse;

    fn deref(&self) -> &ValidationResponse {
        &self.response
    }
}

impl CheckedAnswer {
    /// The audit annotation of that name.
    pub fn note(&self, name: &str) -> Option<&str> {
        self.response.audit_annotations.as_ref()?.get(name).map(String::as_str)
    }

    /// Checks the body of a response, and the events that were logged with it.
    #[track_caller]
    pub fn new(body: &[u8], log: &[impl AsRef<str>]) -> Self {
        let body = std::str::from_utf8(body).expect("an answer is UTF-8");
        let mut response: ValidationResponse =
            serde_json::from_str(body).expect("the policy server reads the answer");
        let (mut shown, injected) = split(body);
        assert_eq!(injected.is_some(), response.mutated_object.is_some());
        response.mutated_object = None;
        check_response(&response, injected.is_some(), body);

        let audit = response.audit_annotations.as_ref();
        let failed = audit.is_some_and(|audit| audit.contains_key("lookup-failure"));
        assert!(!failed || (response.accepted && injected.is_none()), "admitted unchanged: {body}");
        let logged = !response.accepted || injected.is_some() || failed;
        assert_eq!(log.len(), usize::from(logged), "logged if something was done or failed");
        for event in log {
            let text = event.as_ref();
            let event: Value = serde_json::from_str(text).expect("a log event is JSON");
            let event = event.as_object().expect("a log event is an object");
            assert!(event.values().all(Value::is_string) && event.contains_key("level"), "{text}");
            shown += text;
        }
        Self { response, injected, shown }
    }
}

#[track_caller]
fn check_response(response: &ValidationResponse, is_injected: bool, body: &str) {
    let ValidationResponse { accepted, message, code, warnings, .. } = response;
    assert_eq!(*accepted, message.is_none(), "only a rejection has a message: {body}");
    assert_eq!(*accepted, code.is_none(), "only a rejection has a code: {body}");
    assert!(matches!(code, None | Some(400 | 403 | 500)), "{code:?}");
    assert!(*accepted || !is_injected, "what is rejected is not changed: {body}");
    assert!(message.as_deref() != Some(""), "a message is not empty");
    let mut characters = 0;
    for warning in warnings.iter().flatten() {
        characters += warning.chars().count();
        assert!(!warning.contains(char::is_control), "API servers drop it: {warning:?}");
    }
    assert!(characters <= MAX_WARNINGS, "API servers would cut {characters} characters");
}

/// The answer without the injected object, which is its last member, and that object.
fn split(body: &str) -> (String, Option<String>) {
    // Inside a string, the quotes would have backslashes before them.
    const MEMBER: &str = ",\"mutated_object\":";
    match body.split_once(MEMBER) {
        Some((before, after)) => {
            let object = after.strip_suffix('}').expect("it is the last member");
            (format!("{before}}}"), Some(object.to_owned()))
        }
        None => (body.to_owned(), None),
    }
}
