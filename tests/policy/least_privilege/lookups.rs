//! The lookups and other calls of the module in every case of `cases/`.

use std::sync::Arc;

use policy_testing::Case;
use serde_json::{Value, json};

use super::calls::{Call, call};

/// Evaluates the case with the module, with this object and these settings.
pub(crate) fn evaluate(case: &Case, object: &Value, settings: &Value) -> Call {
    call("validate", &case.payload(object, settings), Arc::new(case.cluster.clone()))
}

#[test]
fn the_module_looks_up_service_accounts_and_the_configured_config_map_only() {
    for case in Case::all() {
        let name = &case.name;
        let call = evaluate(&case, &case.object, &case.settings);
        assert_eq!(call.wasi, ["random_get"], "{name}");
        assert!(call.answer.is_ok(), "{name}");
        let mut lookups = Vec::new();
        for host_call in &call.host_calls {
            let [binding, namespace, operation] = &host_call.function;
            match (&**binding, &**namespace, &**operation) {
                ("kubewarden", "tracing", "log") => {}
                ("kubewarden", "kubernetes", "get_resource") => {
                    lookups.push(serde_json::from_slice::<Value>(&host_call.payload).unwrap());
                }
                _ => panic!("{name}: {binding}/{namespace}/{operation} was called"),
            }
        }
        assert!(call.host_calls.len() - lookups.len() <= 1, "{name}: more than one line of log");
        check_lookups(&case, &lookups);
    }
}

/// Verifies that these are the only lookups: the annotations of the object's service account, or of that of each pod template
/// of a custom resource, and then each ConfigMap that the settings name once. The role map is looked up as a whole, and of the
/// ConfigMap for role trust only the entries of the object's roles.
fn check_lookups(case: &Case, lookups: &[Value]) {
    let name = &case.name;
    // A service account that is under admission itself is not looked up.
    let (accounts, maps): (Vec<_>, Vec<_>) =
        lookups.iter().partition(|lookup| lookup["kind"] == "ServiceAccount");
    let is_custom = case.settings.get("podTemplates").is_some();
    assert!(accounts.len() <= 1 || is_custom, "{name}: {accounts:?}");
    for (number, lookup) in lookups.iter().enumerate() {
        assert!(!lookups[..number].contains(lookup), "{name}: looked up twice: {lookup}");
    }
    assert!(lookups.iter().skip(accounts.len()).eq(maps.iter().copied()), "{name}: accounts first");
    assert!(
        maps.len() <= 2 && maps.iter().all(|map| map["kind"] == "ConfigMap"),
        "{name}: {maps:?}"
    );
    for account in accounts {
        assert_eq!(account["field_masks"], json!(["metadata.annotations"]), "{name}");
        let namespace = case.object.pointer("/metadata/namespace").cloned();
        assert_eq!(account["namespace"], namespace.unwrap_or_else(|| json!("default")), "{name}");
    }
    for map in maps {
        let setting = if map["field_masks"] == json!(["data"]) { "roleMap" } else { "roleTrust" };
        let masks = map["field_masks"].as_array().unwrap();
        let one_entry = |mask: &Value| mask.as_str().unwrap().starts_with("data.");
        assert!(setting == "roleMap" || masks.iter().all(one_entry), "{name}: {masks:?}");
        assert_eq!(map["namespace"], case.settings[setting]["namespace"], "{name}");
    }
}
