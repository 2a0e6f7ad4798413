//! What is under admission: a pod, a pod template inside a workload, or a service account.
//!
//! Every type here is a borrowed view that names only what some check looks at; everything else is
//! skipped and returned unchanged.

pub(crate) mod container;
pub(crate) mod metadata;
mod operating_system;
pub(crate) mod pod;
pub(crate) mod projected_tokens;
pub(crate) mod security;
pub(crate) mod service_account;
mod template;
pub(crate) mod variable;
pub(crate) mod volume;

use aws_pod_identity_json::{Error, RawString, Reader, object};
use pod::Pod;
use service_account::ServiceAccount;
pub(crate) use template::{Template, Workload};

/// The object that is under admission.
#[derive(Debug)]
pub(crate) enum Object<'a> {
    Pod(Pod<'a>),
    Template(Template<'a>),
    ServiceAccount(ServiceAccount<'a>),
    /// A kind that the policy does not check, or no object (DELETE).
    Other,
}

impl<'a> Object<'a> {
    /// Reads the object that comes next as one of `kind`.
    pub(crate) fn read(reader: &mut Reader<'a>, kind: ObjectKind) -> Result<Self, Error> {
        match kind {
            ObjectKind::Pod => Pod::read(reader).map(Self::Pod),
            ObjectKind::Workload(workload) => Template::read(reader, workload).map(Self::Template),
            ObjectKind::ServiceAccount => ServiceAccount::read(reader).map(Self::ServiceAccount),
            ObjectKind::Other => reader.skip().map(|()| Self::Other),
        }
    }
}

/// The kind of the object of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Pod,
    Workload(Workload),
    ServiceAccount,
    Other,
}

impl ObjectKind {
    /// Reads a GroupVersionKind. The version does not matter: API servers convert objects to the
    /// version that the policy is registered for.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut group = RawString::default();
        let mut kind = RawString::default();
        object!(reader, {
            "group" => group = reader.text_or_empty()?,
            "kind" => kind = reader.text_or_empty()?,
        });
        let (group, kind) = (group.decode(), kind.decode());
        Ok(match (&*group, &*kind) {
            ("", "Pod") => Self::Pod,
            ("", "ServiceAccount") => Self::ServiceAccount,
            (group, kind) => Workload::of_kind(group, kind).map_or(Self::Other, Self::Workload),
        })
    }
}
