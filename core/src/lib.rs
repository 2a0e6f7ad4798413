//! The policy as a plain library without I/O: a request, settings and a way to look things up go in, a
//! verdict comes out.
//!
//! The flow of data, one direction:
//!
//! ```text
//! payload bytes
//!   -> request      the AdmissionRequest, as views into the payload
//!   -> subject      what is under admission: a pod, a pod template, a service account
//!   -> identity     which AWS identity it asks for; the only room that asks the host for data
//!   -> injection    for a pod on CREATE: the edits that wire the identity in
//!   -> rules        what is wrong with it, all of it, each with an id and a severity
//!   -> verdict      accepted, accepted with edits, rejected
//!   -> response bytes
//! ```
//!
//! `settings` come with the payload. `findings` has the catalogue and collects what is wrong on the way, from
//! `identity` and `injection` too; `admission` is the order of the steps.
//!
//! Every request has an instance of the module to itself, so that it pays for each page of memory (4 KB) that it
//! is the first to touch, as much as for reading 5 KB of JSON, and for each function that it calls through a
//! pointer. Hence no `dyn` on the way that accepts but the host's call, boxes for what is big, and
//! `#[inline(never)]` where frames would add up: the stack stays within one page. It also stands where
//! identity, injection and rules are entered, so that `make size` can tell rooms apart. `bench/` measures it.

#![forbid(unsafe_code)]

mod admission;
mod findings;
mod glob;
mod identity;
mod injection;
mod names;
mod nearest;
mod object;
mod paths;
mod request;
mod rules;
mod settings;

mod response;

pub use findings::{Rule, Severity};
pub use identity::lookup::GetResource;
pub use response::Response;

use admission::Admission;
use aws_pod_identity_json::{Error, Reader, push_member};
use request::Payload;
use response::Verdict;
use settings::Settings;

/// The version of the waPC protocol between policy and host, as JSON.
pub const PROTOCOL_VERSION: &[u8] = b"\"v1\"";

/// Judges one admission request: the payload of the host's call `validate`.
///
/// `get_resource` answers questions about the cluster. It is called at most once for the pod's service
/// account.
pub fn validate(payload: &[u8], get_resource: &mut GetResource<'_>) -> Response {
    let unreadable = |error: &Error| {
        let message = format!("the admission request cannot be read: {}", describe(error));
        Verdict::refused(message, 400).respond(b"", 0..0)
    };
    let document = payload;
    let payload = match Payload::read(document) {
        Ok(payload) => payload,
        Err(error) => return unreadable(&error),
    };
    let verdict = match payload.settings_problems.report() {
        Some(problems) => {
            let message = format!("the settings of this policy are not valid: {problems}");
            Verdict::refused(message, 500)
        }
        None => {
            let Payload { request, settings, .. } = &payload;
            Admission { document, request, settings }.judge(get_resource)
        }
    };
    let response = verdict.respond(document, payload.request.object_range.clone());
    if cfg!(target_arch = "wasm32") {
        // The instance ends with the request, and its memory with it.
        std::mem::forget(payload);
    }
    response
}

/// Validates settings: the payload of the host's call `validate_settings`. Gives a
/// `SettingsValidationResponse` of the Kubewarden SDK as JSON, whose message holds all problems.
pub fn validate_settings(payload: &[u8]) -> Vec<u8> {
    let mut reader = Reader::new(payload);
    let read = Settings::validate(&mut reader).and_then(|problems| {
        reader.end()?;
        Ok(problems.report())
    });
    let problems =
        read.unwrap_or_else(|error| Some(format!("settings cannot be read: {}", describe(&error))));
    let mut response = String::from("{\"valid\":");
    match problems {
        None => response.push_str("true"),
        Some(problems) => {
            response.push_str("false,");
            push_member(&mut response, "message", &problems);
        }
    }
    response.push('}');
    response.into_bytes()
}

fn describe(error: &Error) -> String {
    let (what, detail) = error.kind().describe();
    format!("{what}{detail} at byte {}", error.at())
}
