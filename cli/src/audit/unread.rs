//! What could not be read.

use aws_pod_identity_cluster::{Access, ReadError, Resource};

use crate::report::DocumentError;

/// A part of the cluster that could not be read.
#[derive(Clone, Debug)]
pub struct Unread {
    what: String,
    why: String,
    remedy: String,
}

impl Unread {
    /// A list.
    pub(super) fn list(resource: &Resource, namespace: Option<&str>, error: &ReadError) -> Self {
        Self::new(resource.name.to_owned(), &Access::list(resource, namespace), error)
    }

    /// One object.
    pub(super) fn object(
        resource: &'static str,
        namespace: Option<&str>,
        name: &str,
        error: &ReadError,
    ) -> Self {
        let access = Access {
            verb: "get",
            group: String::new(),
            resource: resource.to_owned(),
            namespace: namespace.map(str::to_owned),
        };
        let what = match namespace {
            Some(namespace) => format!("{resource} {namespace}/{name}"),
            None => format!("{resource} {name}"),
        };
        Self::new(what, &access, error)
    }

    fn new(what: String, access: &Access, error: &ReadError) -> Self {
        let remedy = match error {
            ReadError::Forbidden(_) => format!("grant the {access}, as docs/audit.md shows"),
            ReadError::Status { .. } | ReadError::Expired { .. } => {
                "run the audit again".to_owned()
            }
            ReadError::Connection { .. } | ReadError::Silent { .. } => {
                "nothing more was read; run the audit again".to_owned()
            }
            _ => String::new(),
        };
        Self { what, why: error.to_string(), remedy }
    }

    #[must_use]
    pub(super) fn with_remedy(self, remedy: &str) -> Self {
        Self { remedy: remedy.to_owned(), ..self }
    }

    pub(super) fn to_error(&self, cluster: &str) -> DocumentError {
        let Self { what, why, remedy } = self;
        let remedy = if remedy.is_empty() { String::new() } else { format!("; {remedy}") };
        DocumentError {
            file: format!("cluster {cluster}"),
            document: None,
            position: None,
            message: format!("{what}: not read: {why}{remedy}"),
        }
    }
}
