//! Hides values that may be secrets.

mod line;

use aws_pod_identity_core::is_public_variable;
pub(crate) use line::line;
use serde_json::Value;

/// The text that is shown instead.
const MASK: &str = "(not shown)";

/// Parts of the names of variables and options whose values may be secrets.
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

/// Masks values of an object that may be secrets: values of variables, tokens, passwords in URLs, and the arguments of options
/// such as `--password`.
pub(crate) fn object(object: &mut Value) {
    match object {
        Value::Object(members) => {
            for (key, value) in members.iter_mut() {
                match (key.as_str(), &mut *value) {
                    ("env", Value::Array(variables)) => variables.iter_mut().for_each(variable),
                    ("command" | "args", Value::Array(words)) => command(words),
                    // The annotation has the whole object.
                    ("kubectl.kubernetes.io/last-applied-configuration", Value::String(text)) => {
                        MASK.clone_into(text);
                    }
                    _ => self::object(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(self::object),
        Value::String(text) if has_secret(text) => MASK.clone_into(text),
        _ => {}
    }
}

fn variable(variable: &mut Value) {
    let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
    // The values of other variables can be secrets: a URL can have a password.
    let is_public = is_public_variable(name);
    if let Some(Value::String(value)) = variable.get_mut("value")
        && (!is_public || has_secret(value))
    {
        MASK.clone_into(value);
    }
}

/// Masks words that may have secrets, and words after options whose arguments may be secrets.
fn command(words: &mut [Value]) {
    let mut after_option = false;
    for word in words {
        let Value::String(text) = word else { continue };
        let suspicious = is_suspicious(text);
        let is_option = text.starts_with('-') && !text.contains(['=', ' ']);
        if after_option || has_secret(text) || (suspicious && !is_option) {
            MASK.clone_into(text);
        }
        after_option = suspicious && is_option;
    }
}

fn is_suspicious(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    SUSPICIOUS.iter().any(|part| upper.contains(part))
}

/// Whether a text has a token (JSON Web Token), or user and password in a URL.
fn has_secret(text: &str) -> bool {
    let has_user = |rest: &str| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.contains('@')
    };
    text.contains("eyJ") || text.split("://").skip(1).any(has_user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_that_may_be_secrets_are_masked_in_objects() {
        let mut found = json!({
            "metadata": {"annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{\"env\": \"hunter2\"}",
                "url": "https://user:hunter2@host/", "plain": "https://host/a@b",
            }},
            "env": [
                {"name": "DB_PASSWORD", "value": "hunter2"},
                {"name": "DB", "value": "postgres://u:hunter2@host"},
                {"name": "AWS_REGION", "value": "eu-west-1"},
                {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://a:hunter2@h/"},
            ],
            "args": ["--password", "hunter2", "--token=hunter2", "--port", "80", "serve"],
        });
        object(&mut found);
        assert!(!found.to_string().contains("hunter2"), "{found}");
        assert_eq!(found["metadata"]["annotations"]["plain"], "https://host/a@b");
        assert_eq!(found["env"][2]["value"], "eu-west-1");
        assert_eq!(found["args"], json!(["--password", MASK, MASK, "--port", "80", "serve"]));
    }

    #[test]
    fn each_url_of_a_text_is_examined() {
        for (text, has_password) in [
            ("curl http://example.com && mysql mysql://root:hunter2@db", true),
            ("http://a,amqp://user:hunter2@host", true),
            ("https://a/?next=https://user:hunter2@host/", true),
            ("jdbc:mysql://root:hunter2@db", true),
            ("http://a https://b/c@d and mail to e@f", false),
            ("http://a", false),
            ("://", false),
        ] {
            assert_eq!(has_secret(text), has_password, "{text}");
        }
    }
}
