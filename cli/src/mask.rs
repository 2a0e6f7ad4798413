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
/// A line of a manifest with `*` for everything after the first key but the value at `shown` (characters). Even that is masked if it has a token.
pub(crate) fn line(text: &str, shown: std::ops::Range<usize>) -> String {
    let has_token = text.contains("eyJ");
    let mut masked = String::with_capacity(text.len());
    let mut in_value = false;
    let mut characters = text.chars().enumerate().peekable();
    while let Some((at, character)) = characters.next() {
        let is_shown = shown.contains(&at) && !has_token;
        let keeps = is_shown || !in_value || character.is_whitespace();
        masked.push(if keeps { character } else { '*' });
        let ends = characters.peek().is_none_or(|(_, next)| next.is_whitespace());
        // A comma does not end a value for certain: it can be in a string.
        in_value |= character == ':' && ends;
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_value_at_the_caret_is_shown() {
        let masked = |text: &str, part: &str| {
            let start = text.find(part).unwrap();
            line(text, start..start + part.len())
        };
        assert_eq!(masked("  role-arn: arn:aws:x # y", "arn:aws:x"), "  role-arn: arn:aws:x * *");
        assert_eq!(
            masked("- {name: AWS_SECRET_ACCESS_KEY, value: abc}", "AWS_SECRET_ACCESS_KEY"),
            "- {name: AWS_SECRET_ACCESS_KEY* ****** ****"
        );
        assert_eq!(masked("a: eyJhbGciOi.eyJ", "eyJhbGciOi.eyJ"), "a: **************");
    }

    #[test]
    fn values_of_variables_with_names_of_secrets_are_masked() {
        assert!(is_suspicious("AWS_SECRET_ACCESS_KEY"));
        assert!(is_suspicious("db_password"));
        assert!(!is_suspicious("AWS_WEB_IDENTITY_TOKEN_FILE"));
        assert!(!is_suspicious("AWS_REGION"));
    }
}
