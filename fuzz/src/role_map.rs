//! Any text as the webhook's ConfigMap of roles, compared with the rule that selects an entry.
//!
//! The input is the namespace and the name of a service account, one per line, and then `data.config`.

use serde_json::{Map, Value, json};

use super::answer::ask;
use super::glob::matches;

/// Checks one input.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.splitn(3, '\n');
    let mut next = || parts.next().unwrap_or_default();
    let (namespace, name, config) = (next(), next(), next());
    if namespace.len() > 20 || name.is_empty() || name.len() > 20 {
        return;
    }
    let settings = json!({"roleMap": {"namespace": "roles"}});
    let payload = json!({"settings": settings, "request": {
        "kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE", "namespace": namespace,
        "object": {"metadata": {"name": "api"}, "spec": {"serviceAccountName": name, "containers": [{"name": "app"}]}}}});
    let account = json!({"metadata": {"name": name, "namespace": namespace}}).to_string();
    let map = json!({"metadata": {"name": "pod-identity-webhook", "namespace": "roles"}, "data": {"config": config}});
    let answer = ask(payload.to_string().as_bytes(), &|_, query| {
        let is_map = query["kind"] == "ConfigMap";
        Ok(if is_map { map.to_string() } else { account.clone() }.into_bytes())
    });
    let role = answer.note("role-arn");
    let findings = answer.note("findings").unwrap_or_default();
    match serde_json::from_str::<Value>(config) {
        // Numbers that serde_json cannot represent are skipped in members that are not read.
        Err(error) if error.to_string().contains("number out of range") => {}
        Ok(Value::Object(entries)) => match entry(&entries, namespace, name) {
            Some(entry) => check_entry(entry, role, findings),
            None => assert_eq!((role, findings), (None, ""), "no entry names the service account"),
        },
        Ok(_) | Err(_) => {
            assert_eq!((role, findings), (None, "role-map-invalid"), "it cannot be read");
            assert!(answer.response.accepted, "the entries of the map are unknown");
        }
    }
}

/// The entry for the account: an exact key wins, then the longest pattern, then the last of the document.
fn entry<'m>(entries: &'m Map<String, Value>, namespace: &str, name: &str) -> Option<&'m Value> {
    let exact = format!("{namespace}/{name}");
    if let Some(entry) = entries.get(&exact).filter(|_| !namespace.contains('/')) {
        return Some(entry);
    }
    let covers = |key: &str| {
        key.split_once('/').is_some_and(|(first, second)| {
            matches(first.as_bytes(), namespace.as_bytes())
                && matches(second.as_bytes(), name.as_bytes())
        })
    };
    let mut covering: Vec<_> = entries.iter().filter(|(key, _)| covers(key)).collect();
    let longest = covering.iter().map(|(key, _)| key.len()).max()?;
    covering.retain(|(key, _)| key.len() == longest);
    match covering.as_slice() {
        [(_, entry)] => Some(entry),
        // The sorted map does not have the order of the document.
        _ => Some(&Value::Bool(true)),
    }
}

fn check_entry(entry: &Value, role: Option<&str>, findings: &str) {
    let Value::Object(members) = entry else {
        let ambiguous = *entry == Value::Bool(true);
        assert!(ambiguous || role.is_none() && findings == "role-map-invalid", "{entry}");
        return;
    };
    let Some(role) = role else { return };
    let named: Vec<&Value> = members
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case("RoleARN"))
        .map(|(_, value)| value)
        .collect();
    assert!(named.iter().any(|named| **named == json!(role)), "{role} is not in {entry}");
    assert!(role.starts_with("arn:aws") && role.contains(":role/"), "{role}");
}
