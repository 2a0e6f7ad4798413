//! Members of objects.

use serde_json::Value;

/// The text at a path of keys, such as `/metadata/name`; empty if there is none. (A JSON pointer, with escapes and numbers of items,
/// takes more time.)
pub fn text_at<'o>(object: &'o Value, path: &str) -> &'o str {
    let value = path.split('/').skip(1).try_fold(object, |at, key| at.get(key));
    value.and_then(Value::as_str).unwrap_or_default()
}

/// The name of an object. One that is generated ends with a star.
pub fn display_name(object: &Value) -> String {
    match (text_at(object, "/metadata/name"), text_at(object, "/metadata/generateName")) {
        ("", "") => "?".to_owned(),
        ("", prefix) => format!("{prefix}*"),
        (name, _) => name.to_owned(),
    }
}
