//! Placeholders of templates that were applied without being rendered.

use super::RoleArn;
use aws_pod_identity_json::search::find;

/// The first placeholder in `value`, if it has one; `arn` is the value if it is well-formed.
///
/// The syntax of templates, such as `${NAME}`, is a placeholder anywhere. Words in capitals can be part of the name of
/// a real role, so in a well-formed ARN they are placeholders only as the whole name.
pub(crate) fn placeholder<'a>(value: &'a str, arn: Option<&'a RoleArn<'_>>) -> Option<&'a str> {
    for (open, close) in [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">")] {
        if let Some(mark) = between(value, open, close) {
            return Some(mark);
        }
    }
    match arn.map(RoleArn::name) {
        Some(name) => {
            Some(name).filter(|name| matches!(*name, "REPLACE_ME" | "ROLE_NAME") || all_x(name))
        }
        None => ["REPLACE_ME", "ACCOUNT_ID", "ROLE_NAME"]
            .into_iter()
            .find_map(|word| between(value, word, ""))
            .or_else(|| value.split([':', '/']).find(|part| all_x(part))),
    }
}

fn all_x(text: &str) -> bool {
    text.len() >= 4 && text.bytes().all(|byte| matches!(byte, b'X' | b'x'))
}

/// The first part of `text` from `open` to `close`, including both. Without `close`, it ends with the text.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let from = text.get(find(text, open)?..)?;
    let end = match find(from.get(open.len()..)?, close) {
        Some(at) => open.len() + at + close.len(),
        // A lone "<" is a stray character, not a placeholder.
        None if open == "<" => return None,
        None => from.len(),
    };
    from.get(..end)
}

#[cfg(test)]
mod tests {
    use super::{RoleArn, placeholder};

    #[test]
    fn placeholders_are_distinguished_from_names() {
        for (value, expected) in [
            ("arn:aws:iam::${AWS_ACCOUNT_ID}:role/x", Some("${AWS_ACCOUNT_ID}")),
            ("arn:aws:iam::$(ACCOUNT):role/x", Some("$(ACCOUNT)")),
            ("arn:aws:iam::{{ .Values.account }}:role/x", Some("{{ .Values.account }}")),
            ("arn:aws:iam::123456789012:role/<ROLE>", Some("<ROLE>")),
            ("arn:aws:iam::ACCOUNT_ID:role/x", Some("ACCOUNT_ID")),
            ("arn:aws:iam::XXXXXXXXXXXX:role/x", Some("XXXXXXXXXXXX")),
            ("arn:aws:iam::123456789012:role/REPLACE_ME", Some("REPLACE_ME")),
            ("REPLACE_ME", Some("REPLACE_ME")),
            ("arn:aws:iam::123456789012:role/XXXX-archive", None),
            ("arn:aws:iam::123456789012:role/ACCOUNT_ID-reader", None),
            ("arn:aws:iam::123456789012:role/a<b", None),
            ("arn:aws:iam::123456789012:role/x", None),
        ] {
            assert_eq!(
                placeholder(value, RoleArn::parse(value).ok().as_ref()),
                expected,
                "{value}"
            );
        }
    }
}
