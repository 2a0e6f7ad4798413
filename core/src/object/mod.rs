//! What is under admission: a pod, a pod template inside a workload, or a service account.
//!
//! Each type here borrows from the request, and has only what checks read. Everything else is skipped and returned
//! unchanged.

pub(crate) mod container;
mod custom;
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
pub(crate) use custom::{CustomObject, CustomTemplate};
use pod::Pod;
use service_account::ServiceAccount;
pub(crate) use template::{Template, Workload};

/// The object that is under admission. Large variants are in a box, so that moves copy less and stack frames are
/// smaller.
#[derive(Debug)]
pub(crate) enum Object<'a> {
    Pod(Box<Pod<'a>>),
    Template(Box<Template<'a>>),
    ServiceAccount(ServiceAccount<'a>),
    /// An object of another kind. It is checked only if the settings have the paths of its pod templates.
    Custom(CustomObject<'a>),
    /// No object (DELETE).
    None,
}

impl<'a> Object<'a> {
    /// Reads the object that comes next as one of `kind`.
    pub(crate) fn read(reader: &mut Reader<'a>, kind: ObjectKind<'a>) -> Result<Self, Error> {
        match kind {
            ObjectKind::Pod => Pod::read(reader).map(Self::Pod),
            ObjectKind::Workload(workload) => Template::read(reader, workload).map(Self::Template),
            ObjectKind::ServiceAccount => ServiceAccount::read(reader).map(Self::ServiceAccount),
            ObjectKind::Other { group, kind } => {
                let start = reader.position();
                reader.skip()?;
                Ok(Self::Custom(CustomObject { group, kind, start }))
            }
        }
    }
}

/// The kind of the object of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ObjectKind<'a> {
    Pod,
    Workload(&'static Workload),
    ServiceAccount,
    Other { group: RawString<'a>, kind: RawString<'a> },
}

impl<'a> ObjectKind<'a> {
    /// Reads a GroupVersionKind. The version does not matter: API servers convert objects to the
    /// version that the policy is registered for.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut group = RawString::default();
        let mut kind = RawString::default();
        object!(reader, {
            "group" => group = reader.text_or_empty()?,
            "kind" => kind = reader.text_or_empty()?,
        });
        Ok(match (&*group.decode(), &*kind.decode()) {
            ("", "Pod") => Self::Pod,
            ("", "ServiceAccount") => Self::ServiceAccount,
            (of_group, name) => Workload::of_kind(of_group, name)
                .map_or(Self::Other { group, kind }, Self::Workload),
        })
    }
}
