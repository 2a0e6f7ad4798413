//! Checks of the properties that are longer than a line.

use std::collections::HashMap;

use policy_testing::identity_model::path_parts;
use serde_json::Value;

/// Makes sure that no `key` is in the list more often than it was, once for new ones.
#[track_caller]
pub(super) fn no_more_duplicates(before: &Value, after: &Value, list: &str, key: &str) {
    let count = |pod: &Value| {
        let mut count = HashMap::<String, usize>::new();
        for element in pod.pointer(list).and_then(Value::as_array).into_iter().flatten() {
            let name = element[key].as_str().unwrap_or_default();
            let name =
                if key == "mountPath" { path_parts(name).join("/") } else { name.to_owned() };
            *count.entry(name).or_default() += 1;
        }
        count
    };
    let before = count(before);
    for (name, times) in count(after) {
        let allowed = before.get(&name).copied().unwrap_or_default().max(1);
        assert!(times <= allowed, "{list}: {name} occurs {times} times");
    }
}
