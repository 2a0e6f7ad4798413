//! Members of objects.

use serde_json::Value;

/// The namespace of an object without one, as for `kubectl apply`.
pub const DEFAULT_NAMESPACE: &str = "default";

/// The text at a path of keys, such as `/metadata/name`; empty if there is none. (A JSON pointer, with escapes and numbers of items,
/// takes more time.)
pub fn text_at<'o>(object: &'o Value, path: &str) -> &'o str {
    let value = path.split('/').skip(1).try_fold(object, |at, key| at.get(key));
    value.and_then(Value::as_str).unwrap_or_default()
}

/// The namespace of an object.
pub fn namespace_of(object: &Value) -> &str {
    namespace_or(object, DEFAULT_NAMESPACE)
}

/// The namespace of an object, or this one if it has none.
pub fn namespace_or<'o>(object: &'o Value, default: &'o str) -> &'o str {
    match text_at(object, "/metadata/namespace") {
        "" => default,
        namespace => namespace,
    }
}

/// Kind, namespace and name of an object, as messages name it.
pub fn title_of(object: &Value) -> String {
    title(text_at(object, "/kind"), namespace_of(object), &display_name(object))
}

/// The same, from its parts.
pub fn title(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind} {namespace}/{name}")
}

/// The name of an object. One that is generated ends with a star.
pub fn display_name(object: &Value) -> String {
    match (text_at(object, "/metadata/name"), text_at(object, "/metadata/generateName")) {
        ("", "") => "?".to_owned(),
        ("", prefix) => format!("{prefix}*"),
        (name, _) => name.to_owned(),
    }
}
