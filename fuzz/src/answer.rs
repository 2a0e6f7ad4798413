//! Evaluation by the policy, with the checks that hold for every answer.

use aws_pod_identity_core as core;
use kubewarden_policy_sdk::response::ValidationResponse;
use serde_json::Value;

/// How many characters an API server passes on in all warnings together.
const MAX_WARNINGS: usize = 4096;

/// What the policy answered.
pub struct Answer {
    pub response: ValidationResponse,
    /// The text of the injected object.
    pub mutated: Option<String>,
    /// Everything that is shown to a user or logged.
    pub shown: String,
}

impl Answer {
    /// The audit annotation of that name.
    pub fn note(&self, name: &str) -> Option<&str> {
        self.response.audit_annotations.as_ref()?.get(name).map(String::as_str)
    }
}

/// Answers the policy's lookups: takes their number and the query.
pub type Lookup<'l> = dyn Fn(usize, &str) -> Result<Vec<u8>, String> + 'l;

/// Evaluates a payload. `lookup` answers the n-th lookup, of the given kind.
pub fn ask(payload: &[u8], lookup: &Lookup<'_>) -> Answer {
    let mut kinds = Vec::new();
    let response = core::validate(payload, &mut |query| {
        let query: Value = serde_json::from_slice(query).expect("a query is JSON");
        assert_eq!(query["api_version"], "v1");
        let kind = query["kind"].as_str().expect("a query names a kind").to_owned();
        let answer = lookup(kinds.len(), &kind);
        kinds.push(kind);
        answer
    });
    assert!(
        matches!(
            &*kinds.iter().map(String::as_str).collect::<Vec<_>>(),
            [] | ["ServiceAccount"] | ["ServiceAccount", "ConfigMap"]
        ),
        "one lookup of each at the most, in this order: {kinds:?}"
    );
    read(response)
}

fn read(core::Response { body, log }: core::Response) -> Answer {
    let body = String::from_utf8(body).expect("an answer is UTF-8");
    let mut response: ValidationResponse =
        serde_json::from_str(&body).expect("the SDK reads the answer");
    let (shown, mutated) = split(&body);
    assert_eq!(mutated.is_some(), response.mutated_object.is_some());
    response.mutated_object = None;

    assert_eq!(
        response.accepted,
        response.message.is_none(),
        "only a rejection has a message: {body}"
    );
    assert_eq!(response.accepted, response.code.is_none(), "only a rejection has a code: {body}");
    assert!(matches!(response.code, None | Some(400 | 403 | 500)), "{:?}", response.code);
    assert!(response.accepted || mutated.is_none(), "what is rejected is not changed: {body}");
    assert!(response.accepted || response.message.as_deref() != Some(""), "a message is not empty");
    let mut characters = 0;
    for warning in response.warnings.iter().flatten() {
        characters += warning.chars().count();
        // API servers drop such a warning.
        assert!(!warning.contains(char::is_control), "a control character: {warning:?}");
    }
    assert!(characters <= MAX_WARNINGS, "warnings that API servers cut: {body}");

    let audit = response.audit_annotations.as_ref();
    let failed = audit.is_some_and(|audit| audit.contains_key("lookup-failure"));
    assert!(!failed || (response.accepted && mutated.is_none()), "admitted unchanged: {body}");
    assert_eq!(
        log.is_some(),
        !response.accepted || mutated.is_some() || failed,
        "logged where something was done, or could not be"
    );
    let mut shown = shown;
    if let Some(log) = log {
        let log = String::from_utf8(log).expect("a log event is UTF-8");
        let event: Value = serde_json::from_str(&log).expect("a log event is JSON");
        let event = event.as_object().expect("a log event is an object");
        assert!(event.values().all(Value::is_string) && event.contains_key("level"), "{log}");
        shown += &log;
    }
    Answer { response, mutated, shown }
}

/// The answer without the mutated object, which is its last member, and that object.
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
