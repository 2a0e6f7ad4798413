//! Compares patterns in settings with their definition, by the setting `allowedRoles`, because the matcher is private.
//!
//! The input is the pattern of namespaces, the namespace, the pattern of roles and the end of the role's ARN,
//! one per line.

use aws_pod_identity_kubernetes::answer::SettingsValidationResponse;
use serde_json::json;

use super::answer::ask;

/// Checks one input.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let mut next = || lines.next().unwrap_or_default();
    let (namespaces, namespace, roles, role) = (next(), next(), next(), next());
    if [namespaces, namespace, roles, role].iter().any(|text| text.len() > 40) {
        return;
    }
    let roles = format!("arn:aws:iam::{roles}");
    let role = format!("arn:aws:iam::123456789012:role/{role}");
    let settings = json!({"allowedRoles": [{"namespaces": [namespaces], "roleArns": [roles]}]});
    let valid = aws_pod_identity_core::validate_settings(settings.to_string().as_bytes());
    if !serde_json::from_slice::<SettingsValidationResponse>(&valid).unwrap().valid {
        return;
    }
    let payload = json!({"settings": settings, "request": {
        "kind": {"group": "", "version": "v1", "kind": "ServiceAccount"}, "operation": "CREATE",
        "namespace": namespace, "object": {"metadata": {"name": "api", "annotations": {
            "eks.amazonaws.com/role-arn": role}}}}});
    let answer =
        ask(payload.to_string().as_bytes(), &|_, _| Err("no lookup is expected".to_owned()));
    let findings: Vec<&str> = answer.note("findings").unwrap_or_default().split(',').collect();
    if findings
        .iter()
        .any(|id| id.starts_with("role-arn-malformed") || id.starts_with("role-arn-placeholder"))
    {
        return;
    }
    let roles = roles.replace("{namespace}", namespace).replace("{serviceAccount}", "api");
    let allowed = matches(namespaces.as_bytes(), namespace.as_bytes())
        && matches(roles.as_bytes(), role.as_bytes());
    assert_eq!(allowed, !findings.contains(&"role-arn-not-allowed"), "{payload}");
}

/// The definition, as a table: whether each suffix of the pattern covers each suffix of the text.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let mut covers = vec![vec![false; text.len() + 1]; pattern.len() + 1];
    for p in (0..=pattern.len()).rev() {
        for t in (0..=text.len()).rev() {
            let byte = text.get(t).copied();
            let one = byte.is_some_and(|byte| byte != b':');
            covers[p][t] = match pattern.get(p) {
                None => byte.is_none(),
                Some(b'*') => covers[p + 1][t] || one && covers[p][t + 1],
                Some(b'?') => one && covers[p + 1][t + 1],
                Some(&wanted) => byte == Some(wanted) && covers[p + 1][t + 1],
            };
        }
    }
    covers[0][0]
}
