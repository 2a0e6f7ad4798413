//! Injects web identity as the Kubewarden documentation shows it, with the requests and responses of the SDK, and the types of
//! `k8s-openapi` for the pod and the service account.
//!
//! For the inputs of the benchmark, it returns the same pod as the policy itself. It has no checks: there are
//! no findings.
#![cfg(target_family = "wasm")]

mod inject;
mod settings;

use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kubewarden_policy_sdk::host_capabilities::kubernetes::{GetResourceRequest, get_resource};
use kubewarden_policy_sdk::request::ValidationRequest;
use kubewarden_policy_sdk::{
    accept_request, mutate_request, protocol_version_guest, validate_settings,
};
use wapc_guest::{CallResult, register_function};

use settings::Settings;

/// Called by the host once for each instance, before anything else.
// The host looks the function up by this name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    register_function("validate", validate);
    register_function("validate_settings", validate_settings::<Settings>);
    register_function("protocol_version", protocol_version_guest);
}

fn validate(payload: &[u8]) -> CallResult {
    let ValidationRequest { settings, request } = ValidationRequest::<Settings>::new(payload)?;
    if request.kind.kind != "Pod" || request.operation != "CREATE" {
        return accept_request();
    }
    let mut pod: Pod = serde_json::from_value(request.object)?;
    let spec = pod.spec.get_or_insert_default();
    let name = spec.service_account_name.clone().unwrap_or_else(|| "default".to_owned());
    let account: ServiceAccount = get_resource(&GetResourceRequest {
        api_version: "v1".to_owned(),
        kind: "ServiceAccount".to_owned(),
        name: name.clone(),
        namespace: Some(request.namespace.clone()),
        disable_cache: true,
        field_masks: Some(["metadata.annotations".to_owned()].into()),
    })?;
    let annotation = format!("{}/role-arn", settings.annotation_prefix);
    let annotated = account.metadata.annotations.and_then(|mut all| all.remove(&annotation));
    match annotated.or_else(|| settings.mapped_role(&request.namespace, &name)) {
        Some(role_arn) if inject::into(spec, &role_arn, &settings) => {
            mutate_request(serde_json::to_value(pod)?)
        }
        _ => accept_request(),
    }
}
