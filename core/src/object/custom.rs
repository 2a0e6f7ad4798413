//! Custom resources, and the pod templates in them.
//!
//! The policy knows the paths in the settings, but not the schemas. So it ignores a value of an unexpected type, and
//! never rejects the object for it.
//!
//! The program follows the same paths in `kubernetes/src/custom.rs`. It is separate, because this module reads bytes of the
//! request without building values, and the program needs values of the manifest, whose paths have keys and indexes.
//! `testing/pod-templates.json` has examples that verify both.

use aws_pod_identity_json::{Error, Kind, RawString, Reader};

use super::metadata::Metadata;
use super::pod::Pod;

/// The largest number of templates of an object that are checked, because each may need a lookup.
const MAX_TEMPLATES: usize = 32;

/// A custom resource. It is skipped when the request is read, and read again if its kind has templates.
#[derive(Debug)]
pub(crate) struct CustomObject<'a> {
    pub(crate) group: RawString<'a>,
    pub(crate) kind: RawString<'a>,
    /// The start of the object in the document, bytes.
    pub(crate) start: usize,
}

/// A pod template.
#[derive(Debug, PartialEq)]
pub(crate) struct CustomTemplate<'a> {
    /// The path with the indexes of items, such as `spec.workerGroupSpecs[0].template`.
    pub(crate) path: String,
    text: &'a [u8],
}

impl<'a> CustomTemplate<'a> {
    /// Reads the pod that it describes.
    pub(crate) fn read(&self) -> Result<Box<Pod<'a>>, Error> {
        Pod::read(&mut Reader::new(self.text))
    }
}

impl CustomObject<'_> {
    /// The object's own metadata.
    pub(crate) fn metadata<'a>(&self, document: &'a [u8]) -> Metadata<'a> {
        let reader = &mut Reader::new(document).fork(self.start);
        Metadata::of_object(reader).unwrap_or_default()
    }

    /// Adds the templates at a path of the setting. There are none if a value on the path is absent or of another type.
    pub(crate) fn find<'a>(
        &self,
        document: &'a [u8],
        path: &str,
        found: &mut Vec<CustomTemplate<'a>>,
    ) {
        let reader = &mut Reader::new(document).fork(self.start);
        let _ = find(document, reader, path, None, found);
    }
}

/// The path to a value. It is formatted only for a template, because other values can be many and have long keys.
#[derive(Clone, Copy)]
struct FieldPath<'w, 'a> {
    before: Option<&'w FieldPath<'w, 'a>>,
    step: FieldStep<'a>,
}

#[derive(Clone, Copy)]
enum FieldStep<'a> {
    Member(RawString<'a>),
    Item(usize),
}

impl FieldPath<'_, '_> {
    /// The path, such as `spec.workerGroupSpecs[0].template`.
    fn path(&self) -> String {
        let before = self.before.map(FieldPath::path).unwrap_or_default();
        match self.step {
            FieldStep::Item(index) => format!("{before}[{index}]"),
            FieldStep::Member(key) => {
                let dot = if before.is_empty() { "" } else { "." };
                [&*before, dot, &*key.decode()].concat()
            }
        }
    }
}

/// Follows the rest of a path from the value that comes next.
fn find<'a>(
    document: &'a [u8],
    reader: &mut Reader<'a>,
    path: &str,
    before: Option<&FieldPath<'_, 'a>>,
    found: &mut Vec<CustomTemplate<'a>>,
) -> Result<(), Error> {
    let kind = reader.kind()?;
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    let mut index = 0_usize;
    match kind {
        Kind::Array => {
            reader.array(|reader| {
                let field = FieldPath { before, step: FieldStep::Item(index) };
                index += 1;
                // A list of lists has no templates, and may be nested very deeply.
                if reader.kind()? == Kind::Array {
                    return reader.skip();
                }
                find(document, reader, path, Some(&field), found)
            })?;
        }
        Kind::Object if !path.is_empty() => {
            let name = step.strip_suffix("[*]").unwrap_or(step);
            reader.members(|reader, key| {
                if name == "*" || key.is(name) {
                    let field = FieldPath { before, step: FieldStep::Member(key) };
                    find(document, reader, rest, Some(&field), found)
                } else {
                    reader.skip()
                }
            })?;
        }
        _ => {
            let start = reader.position();
            reader.skip()?;
            if kind == Kind::Object && found.len() < MAX_TEMPLATES {
                let text = document.get(start..reader.position()).unwrap_or_default();
                let path = before.map(FieldPath::path).unwrap_or_default();
                found.push(CustomTemplate { path, text });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// The paths of the templates in an object.
    fn found(object: &Value, paths: &Value) -> Vec<String> {
        // As the policy server sends it: with the keys in alphabetical order.
        let text = sorted(object).to_string();
        let mut templates = Vec::new();
        let empty = RawString::default();
        let object = CustomObject { group: empty, kind: empty, start: 0 };
        for path in paths.as_array().unwrap() {
            object.find(text.as_bytes(), path.as_str().unwrap(), &mut templates);
        }
        templates.into_iter().map(|template| template.path).collect()
    }

    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(key, _)| *key);
                members.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            scalar => scalar.clone(),
        }
    }

    #[test]
    fn paths_lead_to_the_templates_that_the_program_finds() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../../../testing/pod-templates.json")).unwrap();
        assert!(cases.len() > 5);
        for case in &cases {
            let found = found(&case["object"], &case["paths"]);
            assert_eq!(serde_json::json!(found), case["templates"], "{}", case["situation"]);
        }
    }
}
