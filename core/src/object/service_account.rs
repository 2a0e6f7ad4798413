//! A service account, as the object of a request or as the host's answer to the lookup.

use aws_pod_identity_json::{Error, Reader};

use super::metadata::Metadata;

/// A service account, of which only the metadata is read.
#[derive(Debug, Default)]
pub(crate) struct ServiceAccount<'a> {
    pub(crate) metadata: Metadata<'a>,
}

impl<'a> ServiceAccount<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        Ok(Self { metadata: Metadata::of_object(reader)? })
    }
}
