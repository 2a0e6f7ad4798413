//! Reads manifests file by file and document by document. A document that cannot be read does not stop the others.

mod files;

use std::borrow::Cow;
use std::sync::OnceLock;

use anyhow::{Error, Result};
use aws_pod_identity_kubernetes::located::{self, Located, PathStep, Span};
use aws_pod_identity_kubernetes::manifests::{self, Document, Manifest};
use aws_pod_identity_kubernetes::object::{display_name, text_at};
use aws_pod_identity_kubernetes::{kind, yaml};
use serde_json::Value;

use crate::report::{Position, Unreadable, UnreadableSource};
use crate::{locate, mask, template};

pub use files::{File, files};

/// The longest line that reports show, characters.
const MAX_LINE: usize = 1_000;

/// What templates of charts are counted as.
pub const CHART_TEMPLATE: &str = "Helm chart templates";
/// What files of kustomize are counted as.
pub const KUSTOMIZATION: &str = "kustomizations";

/// The objects of files that must all be readable, such as policies.
pub fn manifests(paths: &[String]) -> Result<Vec<Manifest>> {
    let mut manifests = Vec::new();
    for file in files(paths, &mut |_| {})? {
        let text = file.read().map_err(|error| Error::msg(error.message))?;
        manifests.extend(manifests::parse(&file.name, &text)?);
    }
    Ok(manifests)
}

/// A document in which positions are looked up. They are read when the first one is needed.
#[derive(Debug)]
pub struct Lines<'t> {
    /// Which document of the file it is, counted from 1.
    pub number: usize,
    /// The line of the file at which it starts, counted from 1.
    pub line: usize,
    /// Its text; for an item of a list, a list with this item.
    pub text: Cow<'t, str>,
    /// For an item, how many lines of the document are before it.
    item: Option<usize>,
    located: OnceLock<Option<Located>>,
    /// Where its lines start, bytes.
    starts: OnceLock<Vec<usize>>,
}

impl<'t> Lines<'t> {
    /// The document, which is not copied.
    pub fn of(document: &Document<'t>) -> Self {
        Self::with_text(document, Cow::Borrowed(document.text))
    }

    /// A copy of the document.
    pub fn copy(document: &Document<'_>) -> Lines<'static> {
        Lines::with_text(document, Cow::Owned(document.text.to_owned()))
    }

    fn with_text(document: &Document<'_>, text: Cow<'t, str>) -> Self {
        let Document { number, line, item, .. } = *document;
        Self { number, line, text, item, located: OnceLock::new(), starts: OnceLock::new() }
    }

    /// The position in the file of the value at the end of a path, or of what exists of the path.
    pub fn position_of(&self, file: &File, path: &[PathStep]) -> Option<Position> {
        self.locate(file, |located| located.find(path))
    }

    /// Likewise, the position of its key if it has one.
    pub fn position_of_key(&self, file: &File, path: &[PathStep]) -> Option<Position> {
        self.locate(file, |located| located.find_key(path))
    }

    fn locate(&self, file: &File, find: impl Fn(&Located) -> Span) -> Option<Position> {
        let located = self.located.get_or_init(|| located::read(&self.text)).as_ref()?;
        let span = find(located);
        Some(self.position(file, span.line, span.column, span.length))
    }

    /// Where the document is from, for errors.
    pub fn source(&self, file: &File) -> UnreadableSource {
        UnreadableSource::File { file: file.name.clone(), document: Some(self.number) }
    }

    /// The text of a line, counted from 1.
    fn text_of(&self, line: usize) -> &str {
        let starts = self.starts.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        });
        let start = starts.get(line.saturating_sub(1)).copied();
        let rest = start.and_then(|start| self.text.get(start..)).unwrap_or_default();
        rest.lines().next().unwrap_or_default()
    }

    /// A position in the document, as a position in the file, with the text of the line.
    pub fn position(&self, file: &File, line: usize, column: usize, length: usize) -> Position {
        let text = self.text_of(line);
        let start = column.saturating_sub(1);
        // Such as JSON without line breaks, of which each finding would show all.
        let text = if text.len() > 4 * MAX_LINE { "" } else { text };
        let characters = text.chars().count();
        let text = if characters > MAX_LINE { "" } else { text };
        let length = if text.is_empty() {
            length.min(MAX_LINE)
        } else {
            length.min(characters.saturating_sub(start)).max(1)
        };
        Position {
            file: file.name.clone(),
            line: self.line + self.item.unwrap_or_default() + line.saturating_sub(1),
            column: start + 1,
            length,
            text: mask::line(text, start..start + length),
        }
    }
}

/// What is in a document.
pub enum Content {
    /// An object of a kind that the policy looks at, or another one.
    Object {
        /// Where in the document it is: not at its top in a list.
        path: Vec<PathStep>,
        /// The object.
        object: Value,
    },
    /// An object with a value of the wrong type.
    Mistyped {
        /// Where in the document it is.
        path: Vec<PathStep>,
        /// The object.
        object: Value,
        /// What is wrong.
        error: Unreadable,
    },
    /// Something else, by what it is.
    Skipped(&'static str),
    /// It cannot be read.
    Error(Unreadable),
}

/// The objects of a document. Messages put objects that do not name a namespace into this one.
pub fn contents(file: &File, document: &Lines<'_>, namespace: &str) -> Vec<Content> {
    // Some of them are YAML, in which the names of values stand where values will be.
    if file.is_chart_template && document.text.contains("{{") {
        return vec![Content::Skipped(CHART_TEMPLATE)];
    }
    let value = match yaml::manifest(&document.text) {
        Ok(value) => value,
        Err(_) if template::has_action(&document.text) => {
            return vec![Content::Skipped(CHART_TEMPLATE)];
        }
        Err(error) => {
            let position =
                error.position.map(|(line, column)| document.position(file, line, column, 1));
            return vec![Content::Error(Unreadable {
                source: document.source(file),
                position,
                message: error.problem,
            })];
        }
    };
    let mut contents = Vec::new();
    let mut add =
        |path, object| take_apart((file, document, namespace), path, object, &mut contents);
    match (value, document.item) {
        (Value::Null, _) => {}
        (Value::Array(items), Some(_)) => {
            for (index, item) in items.into_iter().enumerate() {
                add(vec![PathStep::Index(index)], item);
            }
        }
        (value, _) => add(Vec::new(), value),
    }
    contents
}

/// Adds the object, or the items of a list.
fn take_apart(
    from: (&File, &Lines<'_>, &str),
    path: Vec<PathStep>,
    mut object: Value,
    contents: &mut Vec<Content>,
) {
    let (file, document, namespace) = from;
    let text = |pointer: &str| text_at(&object, pointer);
    let (kind, api_version) = (text("/kind"), text("/apiVersion"));
    let missing = match (&object, api_version, kind) {
        (Value::Object(_), "", _) => {
            "the object has no apiVersion, so it is not a Kubernetes manifest"
        }
        (Value::Object(_), _, "") => "the object has no kind, so it is not a Kubernetes manifest",
        (Value::Object(_), ..) => "",
        (Value::Array(_), ..) => {
            "a list without kind and apiVersion; put its items under items: in an object of kind List"
        }
        _ => "not a Kubernetes object, which is a mapping with apiVersion and kind",
    };
    let error = |at: &[PathStep], message: String| {
        let steps: Vec<PathStep> = path.iter().cloned().chain(at.iter().cloned()).collect();
        Unreadable {
            source: document.source(file),
            position: document.position_of(file, &steps),
            message,
        }
    };
    if !missing.is_empty() {
        // A directory can have other YAML files, such as values of Helm charts.
        contents.push(if file.named || !path.is_empty() {
            Content::Error(error(&[], missing.to_owned()))
        } else {
            Content::Skipped("files without Kubernetes objects")
        });
        return;
    }
    if kind == "Kustomization" || api_version.starts_with("kustomize.config.k8s.io/") {
        contents.push(Content::Skipped(KUSTOMIZATION));
        return;
    }
    if kind.ends_with("List") && matches!(object.get("items"), Some(Value::Array(_))) {
        let (of_kind, of_version) =
            (kind.strip_suffix("List").unwrap_or_default().to_owned(), api_version.to_owned());
        let mut items = object.get_mut("items").map(Value::take);
        let items = items.as_mut().and_then(Value::as_array_mut).map(std::mem::take);
        for (index, mut item) in items.unwrap_or_default().into_iter().enumerate() {
            // The items of a PodList and such lists do not repeat what they are.
            if let (Value::Object(members), false) = (&mut item, of_kind.is_empty()) {
                members.entry("kind").or_insert_with(|| of_kind.clone().into());
                members.entry("apiVersion").or_insert_with(|| of_version.clone().into());
            }
            let mut path = path.clone();
            path.extend([PathStep::Key("items".to_owned()), PathStep::Index(index)]);
            take_apart(from, path, item, contents);
        }
        return;
    }
    if let Some((kind, _)) = kind::of(&object) {
        if let Some(mismatch) = kind.mismatch(&object) {
            let what = locate::text(&mismatch.path);
            let title = match (display_name(&object).as_str(), text("/metadata/namespace")) {
                ("?", _) => kind.name.to_owned(),
                (name, "") => format!("{} {namespace}/{name}:", kind.name),
                (name, namespace) => format!("{} {namespace}/{name}:", kind.name),
            };
            let message = format!("{title} {what} {}", mismatch.problem);
            let error = error(&mismatch.path, message);
            contents.push(Content::Mistyped { path, object, error });
            return;
        }
        if text("/metadata/name").is_empty() && text("/metadata/generateName").is_empty() {
            contents.push(Content::Error(error(
                &[PathStep::Key("metadata".to_owned())],
                "the object has no metadata.name".to_owned(),
            )));
            return;
        }
    }
    contents.push(Content::Object { path, object });
}
