//! Injects web identity with `serde_json`, without allocations that can be avoided: only the required members are read, into
//! borrowed fields and `RawValue`s, and the additions are inserted into the text of the pod.
//!
//! For the inputs of the benchmark, it returns the same pod as the policy itself. It has no checks.

// waPC requires entry points that return a `Result`; these cannot fail.
#![allow(clippy::unnecessary_wraps)]

mod inject;
mod settings;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wapc_guest::{CallResult, host_call, register_function};

use settings::Settings;

/// The allocator of the policy.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: mini_alloc::MiniAlloc = mini_alloc::MiniAlloc::INIT;

/// Called by the host once for each instance, before anything else.
// The host looks the function up by this name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    register_function("validate", validate);
    register_function("validate_settings", validate_settings);
    register_function("protocol_version", protocol_version);
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    request: Request<'a>,
    #[serde(borrow, default)]
    settings: Settings<'a>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    kind: Kind<'a>,
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow, default)]
    namespace: Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// The query for a resource, as the host reads it.
#[derive(Serialize)]
struct Query<'q> {
    api_version: &'q str,
    kind: &'q str,
    name: &'q str,
    namespace: &'q str,
    disable_cache: bool,
    field_masks: [&'q str; 1],
}

#[derive(Deserialize)]
struct ServiceAccount<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    annotations: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
}

fn validate(payload: &[u8]) -> CallResult {
    let Payload { request, settings } = serde_json::from_slice(payload)?;
    if request.kind.kind != "Pod" || request.operation != "CREATE" {
        return accepted();
    }
    let pod: inject::Pod<'_> = serde_json::from_str(request.object.get())?;
    let name = pod.service_account();
    let query = serde_json::to_vec(&Query {
        api_version: "v1",
        kind: "ServiceAccount",
        name,
        namespace: &request.namespace,
        disable_cache: true,
        field_masks: ["metadata.annotations"],
    })?;
    let answer = host_call("kubewarden", "kubernetes", "get_resource", &query)?;
    let account: ServiceAccount<'_> = serde_json::from_slice(&answer)?;
    let key = format!("{}/role-arn", settings.annotation_prefix);
    let annotations = account.metadata.annotations.unwrap_or_default();
    let annotated = annotations.get(&*key).map(|role_arn| &**role_arn);
    let Some(role_arn) = annotated.or_else(|| settings.mapped_role(&request.namespace, name))
    else {
        return accepted();
    };
    match inject::additions(request.object.get(), &pod, role_arn, &settings)? {
        Some(additions) => Ok(additions.response(request.object.get())),
        None => accepted(),
    }
}

fn accepted() -> CallResult {
    Ok(b"{\"accepted\":true}".to_vec())
}

fn validate_settings(payload: &[u8]) -> CallResult {
    let valid = serde_json::from_slice::<Settings<'_>>(payload).is_ok_and(|all| all.are_valid());
    let answer: &[u8] = if valid {
        b"{\"valid\":true}"
    } else {
        b"{\"valid\":false,\"message\":\"the settings are not valid\"}"
    };
    Ok(answer.to_vec())
}

fn protocol_version(_payload: &[u8]) -> CallResult {
    Ok(b"\"v1\"".to_vec())
}
