//! The additions as JSON.

use super::container::{PlannedValue, PlannedVariable};
use crate::identity::Token;
use aws_pod_identity_json::{push_member, push_string};

/// Environment variables, as JSON values with commas between them.
pub(super) fn variables(planned: &[PlannedVariable<'_>]) -> String {
    let mut out = String::with_capacity(256);
    for PlannedVariable { name, value } in planned {
        out.push_str(if out.is_empty() { "{" } else { ",{" });
        push_member(&mut out, "name", name);
        match value {
            PlannedValue::Literal(value) => {
                out.push(',');
                // The kubelet turns `$$` into `$`, and expands `$(NAME)`. Programs must get the value that was checked.
                if value.contains('$') {
                    push_member(&mut out, "value", &value.replace('$', "$$"));
                } else {
                    push_member(&mut out, "value", value);
                }
            }
            PlannedValue::Field(path) => {
                out.push_str(",\"valueFrom\":{\"fieldRef\":{");
                push_member(&mut out, "fieldPath", path);
                out.push_str("}}");
            }
        }
        out.push('}');
    }
    out
}

/// The token's mount.
pub(super) fn mount(token: &Token<'_>) -> String {
    let mut out = String::with_capacity(128);
    out.push('{');
    push_member(&mut out, "name", &token.volume);
    out.push_str(",\"readOnly\":true,");
    push_member(&mut out, "mountPath", &token.mount_path);
    out.push('}');
    out
}

/// The token's volume.
pub(super) fn volume(token: &Token<'_>) -> String {
    let mut out = String::with_capacity(256);
    out.push('{');
    push_member(&mut out, "name", &token.volume);
    out.push_str(",\"projected\":{\"sources\":[{\"serviceAccountToken\":{");
    push_member(&mut out, "audience", &token.audience);
    out.push_str(",\"expirationSeconds\":");
    out.push_str(&token.expiration.to_string());
    out.push_str(",\"path\":");
    push_string(&mut out, &token.file);
    out.push_str("}}]}}");
    out
}

/// A label, as a member of the object.
pub(super) fn label(key: &str, value: &str) -> String {
    let mut out = String::new();
    push_string(&mut out, key);
    out.push(':');
    push_string(&mut out, value);
    out
}
