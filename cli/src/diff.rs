//! The difference between two objects, as a diff of their YAML.

use aws_pod_identity_kubernetes::yaml;
use serde_json::Value;
use similar::TextDiff;

use crate::mask;

/// Unchanged lines shown around each change.
const CONTEXT: usize = 3;

/// The difference in the form of a unified diff, without values that may be secrets.
pub(crate) fn unified(before: &Value, after: &Value) -> String {
    let (mut before, mut after) = (before.clone(), after.clone());
    mask::environment(&mut before);
    mask::environment(&mut after);
    let (before, after) = (yaml::write(&before), yaml::write(&after));
    TextDiff::from_lines(&before, &after).unified_diff().context_radius(CONTEXT).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_change_is_shown_with_its_surroundings_and_without_secrets() {
        let container = json!({"name": "a", "env": [{"name": "DB_PASSWORD", "value": "hunter2"}]});
        let before = json!({"spec": {"containers": [container]}});
        let mut after = before.clone();
        after["spec"]["containers"][0]["tty"] = true.into();
        assert_eq!(
            super::unified(&before, &after),
            "@@ -4,3 +4,4 @@\n     env:\n     - name: DB_PASSWORD\n       value: (not shown)\n+    tty: true\n"
        );
    }
}
