//! The metadata of an object or of a template.

use std::borrow::Cow;

use aws_pod_identity_json::{Error, Place, Reader, Text, once};

use super::List;

/// The members of `metadata` that rules look at.
#[derive(Debug, Default)]
pub(crate) struct Metadata<'a> {
    /// Where a member can be added; nowhere if there is no metadata.
    pub(crate) place: Option<Place>,
    pub(crate) name: Text<'a>,
    pub(crate) generate_name: Text<'a>,
    pub(crate) namespace: Text<'a>,
    pub(crate) annotations: Entries<'a>,
    pub(crate) labels: Entries<'a>,
    /// Where a label can be added.
    pub(crate) label_map: List,
    /// Whether the object is being deleted (`deletionTimestamp`).
    pub(crate) deleting: bool,
    /// Whether the object has been stored: the audit scanner shows such objects as if they were created.
    pub(crate) stored: bool,
}

impl<'a> Metadata<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut name = None;
        let mut generate_name = None;
        let mut namespace = None;
        let mut annotations = None;
        let mut labels = None;
        let mut deletion = None;
        let mut uid = None;
        if reader.null()? {
            return Ok(Self::default());
        }
        let place = reader.object(&mut |reader, key| match key {
            "name" => once(reader, &mut name, Reader::optional_text),
            "generateName" => once(reader, &mut generate_name, Reader::optional_text),
            "namespace" => once(reader, &mut namespace, Reader::optional_text),
            "annotations" => once(reader, &mut annotations, read_entries),
            "labels" => once(reader, &mut labels, read_entries),
            "deletionTimestamp" => once(reader, &mut deletion, Reader::optional_text),
            "uid" => once(reader, &mut uid, Reader::optional_text),
            _ => reader.skip(),
        })?;
        let (labels, label_map) = labels.unwrap_or_default();
        let (annotations, _) = annotations.unwrap_or_default();
        Ok(Self {
            place: Some(place),
            name: name.flatten().unwrap_or_default(),
            generate_name: generate_name.flatten().unwrap_or_default(),
            namespace: namespace.flatten().unwrap_or_default(),
            annotations,
            labels,
            label_map,
            stored: uid.flatten().is_some_and(|uid| !uid.is_empty()),
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
    #[inline(never)]
    pub(crate) fn get(&self, prefix: &str, name: &str) -> Option<Cow<'a, str>> {
        // The last one counts where a key is there twice, as it does for the API server.
        let (_, value) = self.0.iter().rfind(|(key, _)| has_name(&key.decode(), prefix, name))?;
        Some(value.decode())
    }

    /// All keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        self.0.iter().map(|(key, _)| key.decode())
    }

    /// All keys and values, as they stand in the document.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Text<'a>, Text<'a>)> + '_ {
        self.0.iter().copied()
    }
}

/// Reads an object of strings; a `null` value counts as empty, as it does for the API server.
fn read_entries<'a>(reader: &mut Reader<'a>) -> Result<(Entries<'a>, List), Error> {
    let mut entries = Vec::new();
    let map = List::of_members(reader, &mut |reader, key| {
        entries.push((key, reader.optional_text()?.unwrap_or_default()));
        Ok(())
    })?;
    Ok((Entries(entries), map))
}

fn has_name(key: &str, prefix: &str, name: &str) -> bool {
    key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) == Some(name)
}
