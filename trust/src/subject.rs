//! The subject of a service account's tokens ("Managing Service Accounts", Kubernetes documentation).

/// How the subject of every service account starts.
pub const PREFIX: &str = "system:serviceaccount:";

/// The subject of the tokens of a service account: `system:serviceaccount:<namespace>:<name>`.
pub fn subject(namespace: &str, name: &str) -> String {
    [PREFIX, namespace, ":", name].concat()
}
