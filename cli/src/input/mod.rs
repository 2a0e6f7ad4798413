//! Reads manifests file by file and document by document. A document that cannot be read does not stop the others.

mod files;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::{Error, Result, bail};
use aws_pod_identity_kubernetes::located::{self, Located, PathStep, Span};
use aws_pod_identity_kubernetes::manifests::{self, Document, Origin, Part, PartContent, split};
use aws_pod_identity_kubernetes::object::{display_name, namespace_or, text_at, title};
use aws_pod_identity_kubernetes::{kind, yaml};
use serde_json::Value;

use crate::report::{Position, SkipReason, Unreadable, UnreadableSource};
use crate::{locate, mask, template};

pub use files::{File, files};

/// The longest line that reports show, characters.
const MAX_LINE: usize = 1_000;

/// The objects of files that must all be readable, such as policies, and what is skipped.
#[derive(Debug, Default)]
pub struct Manifests {
    /// The objects, and the file and the document of each.
    pub objects: Vec<(Origin, Value)>,
    /// How many objects and files were skipped.
    pub skipped: BTreeMap<SkipReason, usize>,
}

impl Manifests {
    /// Reads files and directories as the command `check` does, but fails at the first document that cannot be read. The types
    /// of members are not checked.
    pub fn read(paths: &[String], namespace: &str) -> Result<Self> {
        let mut manifests = Self::default();
        let files = files(paths, &mut |reason| manifests.skip(reason))?;
        for file in files {
            let text = file.read().map_err(|error| Error::msg(error.message))?;
            for document in split(&text) {
                manifests.add(&file, &Lines::of(&document), namespace)?;
            }
        }
        Ok(manifests)
    }

    fn add(&mut self, file: &File, document: &Lines<'_>, namespace: &str) -> Result<()> {
        for content in contents(file, document, namespace) {
            let object = match content {
                Content::Object { object, .. } | Content::Mistyped { object, .. } => object,
                Content::Skipped(reason) => {
                    self.skip(reason);
                    continue;
                }
                Content::Error(Unreadable { position, message, .. }) => {
                    let origin = document.origin(file);
                    match position {
                        Some(Position { line, .. }) => bail!("{origin}, line {line}: {message}"),
                        None => bail!("{origin}: {message}"),
                    }
                }
            };
            self.objects.push((document.origin(file), object));
        }
        Ok(())
    }

    fn skip(&mut self, reason: SkipReason) {
        *self.skipped.entry(reason).or_default() += 1;
    }
}

/// A document in which positions are looked up. They are read when the first one is needed.
#[derive(Debug)]
pub struct Lines<'t> {
    /// Which document of the file it is, counted from 1.
    pub number: usize,
    /// The line of the file at which it starts, counted from 1.
    pub line: usize,
    /// Its text; for an item of a list, a `List` with only this item.
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

    /// The file and the number of the document.
    pub fn origin(&self, file: &File) -> Origin {
        Origin { file: file.name.clone(), document: self.number }
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
        // Minified JSON: each finding would show the whole document.
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
    /// An object of any kind.
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
    /// Not an object: the reason with which it is counted.
    Skipped(SkipReason),
    /// It cannot be read.
    Error(Unreadable),
}

/// The objects of a document. Messages put objects that do not name a namespace into this one.
pub fn contents(file: &File, document: &Lines<'_>, namespace: &str) -> Vec<Content> {
    // A template can be valid YAML: `{{ .Values.x }}` in quotes.
    if file.is_chart_template && document.text.contains("{{") {
        return vec![Content::Skipped(SkipReason::ChartTemplate)];
    }
    let value = match yaml::manifest(&document.text) {
        Ok(value) => value,
        Err(_) if template::has_action(&document.text) => {
            return vec![Content::Skipped(SkipReason::ChartTemplate)];
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
    let parts = manifests::parts(value, document.item.is_some()).into_iter();
    parts.map(|part| content(file, document, namespace, part)).collect()
}

fn content(file: &File, document: &Lines<'_>, namespace: &str, part: Part) -> Content {
    let Part { path, content } = part;
    let error = |at: &[PathStep], message: String| {
        let steps: Vec<PathStep> = path.iter().chain(at).cloned().collect();
        Unreadable {
            source: document.source(file),
            position: document.position_of(file, &steps),
            message,
        }
    };
    let object = match content {
        PartContent::Object(object) => object,
        PartContent::Kustomization => return Content::Skipped(SkipReason::Kustomization),
        // A directory can have other YAML files, such as values of Helm charts.
        PartContent::NotAnObject(_) if !file.named && path.is_empty() => {
            return Content::Skipped(SkipReason::NotAnObject);
        }
        PartContent::NotAnObject(why) => return Content::Error(error(&[], why.to_owned())),
    };
    let Some((kind, _)) = kind::of(&object) else { return Content::Object { path, object } };
    let text = |pointer: &str| text_at(&object, pointer);
    if let Some(mismatch) = kind.mismatch(&object) {
        let what = locate::text(&mismatch.path);
        let title = match &*display_name(&object) {
            "?" => kind.name.to_owned(),
            name => title(kind.name, namespace_or(&object, namespace), name) + ":",
        };
        let error = error(&mismatch.path, format!("{title} {what} {}", mismatch.problem));
        return Content::Mistyped { path, object, error };
    }
    if text("/metadata/name").is_empty() && text("/metadata/generateName").is_empty() {
        let metadata = [PathStep::Key("metadata".to_owned())];
        return Content::Error(error(&metadata, "the object has no metadata.name".to_owned()));
    }
    Content::Object { path, object }
}
