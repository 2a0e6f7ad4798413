//! The metadata of an object or of a template.

use std::borrow::Cow;

use crate::json::{Error, Reader, Text, once};

use super::read_map;

/// The members of `metadata` that rules look at.
#[derive(Debug, Default)]
pub(crate) struct Metadata<'a> {
    pub(crate) name: Text<'a>,
    pub(crate) generate_name: Text<'a>,
    pub(crate) namespace: Text<'a>,
    pub(crate) annotations: Entries<'a>,
    pub(crate) labels: Entries<'a>,
    /// Whether the object is being deleted (`deletionTimestamp`).
    pub(crate) deleting: bool,
}

impl<'a> Metadata<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut name = None;
        let mut generate_name = None;
        let mut namespace = None;
        let mut annotations = None;
        let mut labels = None;
        let mut deletion = None;
        if reader.null()? {
            return Ok(Self::default());
        }
        reader.object(&mut |reader, key| match key {
            "name" => once(reader, &mut name, Reader::optional_text),
            "generateName" => once(reader, &mut generate_name, Reader::optional_text),
            "namespace" => once(reader, &mut namespace, Reader::optional_text),
            "annotations" => once(reader, &mut annotations, read_map),
            "labels" => once(reader, &mut labels, read_map),
            "deletionTimestamp" => once(reader, &mut deletion, Reader::optional_text),
            _ => reader.skip(),
        })?;
        Ok(Self {
            name: name.flatten().unwrap_or_default(),
            generate_name: generate_name.flatten().unwrap_or_default(),
            namespace: namespace.flatten().unwrap_or_default(),
            annotations: Entries(annotations.unwrap_or_default()),
            labels: Entries(labels.unwrap_or_default()),
            deleting: deletion.flatten().is_some(),
        })
    }

    /// The name for messages: with `generateName` it is not known yet, so the prefix and a `*`.
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
pub(crate) struct Entries<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'a> Entries<'a> {
    /// The value of `<prefix>/<name>`.
    pub(crate) fn get(&self, prefix: &str, name: &str) -> Option<Cow<'a, str>> {
        // The last one counts where a key is there twice, as it does for the API server.
        let (_, value) = self.0.iter().rfind(|(key, _)| has_name(&key.decode(), prefix, name))?;
        Some(value.decode())
    }

    /// All keys and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, Text<'a>)> + '_ {
        self.0.iter().map(|(key, value)| (key.decode(), *value))
    }
}

fn has_name(key: &str, prefix: &str, name: &str) -> bool {
    key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) == Some(name)
}
