//! Parts of the cluster that could not be read.

use std::fmt::{self, Display};

use aws_pod_identity_cluster::{Access, ReadError, Resource};
use serde::Deserialize;

use crate::report::{Unreadable, UnreadableSource};

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

    /// An item of a list.
    pub(super) fn item(resource: &'static str, text: &str, error: &dyn Display) -> Self {
        let error = error.to_string();
        // Users do not see the text of the item, so a position in it does not help them.
        let why = error.split(" at line ").next().unwrap_or_default().to_owned();
        let what = match serde_json::from_str(text) {
            Ok(Named { metadata: ItemMetadata { namespace, name } }) => {
                let separator = if namespace.is_empty() { "" } else { "/" };
                format!("{resource} {namespace}{separator}{name}")
            }
            Err(_) => format!("an object of the list of {resource}"),
        };
        Self { what, why, remedy: String::new() }
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

    pub(super) fn to_error(&self, cluster: &str) -> Unreadable {
        Unreadable {
            source: UnreadableSource::Cluster { cluster: cluster.to_owned() },
            position: None,
            message: self.to_string(),
        }
    }
}

impl Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, why, remedy } = self;
        write!(f, "{what}: not read: {why}")?;
        if remedy.is_empty() { Ok(()) } else { write!(f, "; {remedy}") }
    }
}

/// The name of an object of which other parts cannot be read.
#[derive(Deserialize)]
struct Named {
    metadata: ItemMetadata,
}

#[derive(Deserialize)]
struct ItemMetadata {
    #[serde(default)]
    namespace: String,
    name: String,
}
