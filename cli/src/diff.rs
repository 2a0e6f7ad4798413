//! The difference between two objects, as a diff of their YAML.

use aws_pod_identity_core::escaped;
use aws_pod_identity_kubernetes::yaml;
use serde_json::Value;
use similar::TextDiff;

use crate::mask;

/// How many unchanged lines are shown around each change.
const CONTEXT: usize = 3;

/// The difference in the form of a unified diff, without values that may be secrets. Its heading has the title of the object:
/// line numbers are those of this object, not of the manifest.
pub(crate) fn unified(title: &str, mut before: Value, mut after: Value) -> String {
    mask::object(&mut before);
    mask::object(&mut after);
    sort_like(&mut after, &before);
    let (before, after) = (yaml::write(&before), yaml::write(&after));
    let title = escaped(title);
    let headings = (format!("{title}, before injection"), format!("{title}, after injection"));
    TextDiff::from_lines(&before, &after)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&headings.0, &headings.1)
        .to_string()
}

/// Sorts the members of objects in the order of `model`, with new ones at the end. In requests and answers, they are in
/// alphabetical order.
fn sort_like(value: &mut Value, model: &Value) {
    match (value, model) {
        (Value::Object(members), Value::Object(model)) => {
            let mut rest = std::mem::take(members);
            for (key, model) in model {
                if let Some(mut value) = rest.shift_remove(key) {
                    sort_like(&mut value, model);
                    members.insert(key.clone(), value);
                }
            }
            members.extend(rest);
        }
        (Value::Array(items), Value::Array(model)) => {
            for (item, model) in items.iter_mut().zip(model) {
                sort_like(item, model);
            }
        }
        _ => {}
    }
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
            super::unified("Pod a/b", before, after),
            "--- Pod a/b, before injection\n+++ Pod a/b, after injection\n@@ -4,3 +4,4 @@\n     env:\n     - name: DB_PASSWORD\n       value: (not shown)\n+    tty: true\n"
        );
    }

    #[test]
    fn another_order_of_keys_is_not_a_change() {
        let before = json!({"spec": {"b": [{"d": 1, "c": 2}], "a": 3}});
        let after = json!({"spec": {"a": 3, "b": [{"c": 2, "d": 1}], "new": 4}});
        assert_eq!(
            super::unified("Pod a/b", before, after),
            "--- Pod a/b, before injection\n+++ Pod a/b, after injection\n@@ -3,3 +3,4 @@\n   - d: 1\n     c: 2\n   a: 3\n+  new: 4\n"
        );
    }
}
