//! Values that may be secrets are not shown.

use serde_json::Value;

/// What is shown instead.
const MASK: &str = "(not shown)";

/// Parts of the names of variables whose values may be secrets.
const SUSPICIOUS: [&str; 10] = [
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "TOKEN",
    "KEY",
    "CREDENTIAL",
    "AUTH",
    "PASSPHRASE",
    "DSN",
    "DATABASE_URL",
];

/// Variables with such names whose values are paths, URIs and modes.
const HARMLESS: [&str; 5] = [
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_SHARED_CREDENTIALS_FILE",
];

/// Whether the value of the variable may be a secret.
pub(crate) fn is_suspicious(variable: &str) -> bool {
    let upper = variable.to_ascii_uppercase();
    !HARMLESS.contains(&upper.as_str()) && SUSPICIOUS.iter().any(|part| upper.contains(part))
}

/// Masks values of environment variables of containers, wherever the containers are in the object.
pub(crate) fn environment(object: &mut Value) {
    match object {
        Value::Object(members) => {
            for (key, value) in members.iter_mut() {
                if let ("env", Value::Array(variables)) = (key.as_str(), &mut *value) {
                    variables.iter_mut().for_each(variable);
                } else {
                    environment(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(environment),
        _ => {}
    }
}

fn variable(variable: &mut Value) {
    let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
    if is_suspicious(name)
        && let Some(value) = variable.get_mut("value")
    {
        *value = MASK.into();
    }
}
