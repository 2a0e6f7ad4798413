//! The metadata of an object or of a template.

use std::borrow::Cow;

use aws_pod_identity_json::{
    Collection, Error, InsertionPoint, RawString, Reader, object, object_or_null,
};

/// The members of `metadata` that checks read.
#[derive(Debug, Default)]
pub(crate) struct Metadata<'a> {
    /// Where a member can be added; nowhere if there is no metadata.
    pub(crate) end: Option<InsertionPoint>,
    pub(crate) name: RawString<'a>,
    pub(crate) generate_name: RawString<'a>,
    pub(crate) namespace: RawString<'a>,
    pub(crate) annotations: Entries<'a>,
    pub(crate) labels: Entries<'a>,
    /// Where a label can be added.
    pub(crate) label_map: Collection,
    /// Whether the object is being deleted (`deletionTimestamp`).
    pub(crate) deleting: bool,
    /// Whether the object is already stored (`uid`). The audit scanner sends stored objects as if they were created.
    pub(crate) stored: bool,
}

impl<'a> Metadata<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut metadata = Self::default();
        metadata.end = object_or_null!(reader, {
            "name" => metadata.name = reader.text_or_empty()?,
            "generateName" => metadata.generate_name = reader.text_or_empty()?,
            "namespace" => metadata.namespace = reader.text_or_empty()?,
            "annotations" => metadata.annotations = read_entries(reader)?.0,
            "labels" => (metadata.labels, metadata.label_map) = read_entries(reader)?,
            "deletionTimestamp" => metadata.deleting = !reader.text_or_empty()?.is_empty(),
            "uid" => metadata.stored = !reader.text_or_empty()?.is_empty(),
        });
        Ok(metadata)
    }

    /// Reads only the metadata of an object.
    pub(crate) fn of_object(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut metadata = Self::default();
        object!(reader, { "metadata" => metadata = Self::read(reader)? });
        Ok(metadata)
    }

    /// The name in messages. With `generateName`, it is not known yet: messages show the prefix and `*`.
    pub(crate) fn display_name(&self) -> Cow<'a, str> {
        if self.name.is_empty() && !self.generate_name.is_empty() {
            Cow::Owned(self.generate_name.decode().into_owned() + "*")
        } else {
            self.name.decode()
        }
    }
}

/// Annotations or labels, in the order of the document.
#[derive(Debug, Default)]
pub(crate) struct Entries<'a>(Vec<(Cow<'a, str>, RawString<'a>)>);

impl<'a> Entries<'a> {
    /// The value of `<prefix>/<name>`.
    pub(crate) fn get(&self, prefix: &str, name: &str) -> Option<Cow<'a, str>> {
        // If a key occurs more than once, the API server uses the last one.
        let (_, value) = self.0.iter().rfind(|(key, _)| has_name(key, prefix, name))?;
        Some(value.decode())
    }

    /// All keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| &**key)
    }

    /// All keys and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Cow<'a, str>, RawString<'a>)> {
        self.0.iter()
    }
}

/// Reads an object of strings. A `null` value is empty, as it is for the API server.
fn read_entries<'a>(reader: &mut Reader<'a>) -> Result<(Entries<'a>, Collection), Error> {
    let mut entries = Vec::new();
    let map = Collection::members(reader, |reader, key| {
        entries.push((key.decode(), reader.text_or_empty()?));
        Ok(())
    })?;
    Ok((Entries(entries), map))
}

fn has_name(key: &str, prefix: &str, name: &str) -> bool {
    key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) == Some(name)
}
