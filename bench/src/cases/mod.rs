//! The requests: from a pod without an identity to one of half a megabyte.

pub mod hostile;
pub mod objects;

use anyhow::Context;
use policy_testing::{payload, request};
use serde_json::{Value, json};

use objects::{
    deployment, expected_injection, misconfigured, misconfigured_account, pod, role_mappings,
    service_account, service_account_without_role, with_containers,
};

/// One request, and the answer of the host to the lookup of the service account.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name in tables and in the counts.
    pub name: &'static str,
    /// The description in tables.
    pub about: &'static str,
    /// The object under admission.
    pub object: Value,
    /// The pod's service account.
    pub account: Value,
    /// The policy's settings.
    pub settings: Value,
}

impl Case {
    /// The payload of `validate`, as the policy server writes it.
    pub fn payload(&self) -> Vec<u8> {
        payload(&request("CREATE", &self.object, None), &self.settings)
    }

    /// The host's answer to `get_resource`.
    pub fn answer(&self) -> Vec<u8> {
        let mut account = self.account.clone();
        account.sort_all_objects();
        account.to_string().into_bytes()
    }
}

/// The case of the targets: the 9 KB pod that gets its identity.
pub const INJECTED: &str = "injected";
/// The case of most pods of a cluster.
pub const WITHOUT_ROLE: &str = "without-role";
/// The name of the largest case.
pub const LARGE: &str = "large";

/// All cases.
pub fn all() -> anyhow::Result<Vec<Case>> {
    let pod = pod()?;
    let account = service_account()?;
    let case = |name, about, object: &Value, account: &Value, settings: Value| Case {
        name,
        about,
        object: object.clone(),
        account: account.clone(),
        settings,
    };
    let without_role = service_account_without_role()?;
    let already_injected = expected_injection(&pod);
    let large = with_containers(&pod, 100, 500_000).context("a pod to take containers from")?;
    Ok(vec![
        case(WITHOUT_ROLE, "9 KB pod, its account has no role", &pod, &without_role, json!({})),
        case(INJECTED, "9 KB pod, 3 containers injected", &pod, &account, json!({})),
        case(
            "already-injected",
            "the same pod, injected before",
            &already_injected,
            &account,
            json!({}),
        ),
        case(
            "five-findings",
            "9 KB pod, rejected for five findings",
            &misconfigured(&pod),
            &misconfigured_account(&account),
            json!({}),
        ),
        case("deployment", "a Deployment of that pod", &deployment(&pod), &account, json!({})),
        case(LARGE, "500 KB pod, 100 containers injected", &large, &account, json!({})),
        case(
            "role-mappings",
            "9 KB pod, the last of 200 role mappings",
            &pod,
            &without_role,
            json!({"roleMappings": role_mappings(200)}),
        ),
    ])
}
