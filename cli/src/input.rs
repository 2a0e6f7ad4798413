//! Reads manifests file by file and document by document. A document that cannot be read does not stop the others.

use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Result, bail};
use aws_pod_identity_kubernetes::located::{self, Located, Span, Step};
use aws_pod_identity_kubernetes::manifests::{Document, STDIN};
use aws_pod_identity_kubernetes::object::text_at;
use aws_pod_identity_kubernetes::{kind, types, yaml};
use serde_json::Value;

use crate::report::{DocumentError, Position};
use crate::{locate, mask, template};

/// The longest line that reports show, characters.
const MAX_LINE: usize = 1_000;

/// How standard input is named in reports.
const STDIN_NAME: &str = "standard input";

/// The longest file that is read, bytes. A file is in memory as a whole.
const MAX_FILE: u64 = 1 << 30;

/// A file to read.
#[derive(Clone, Debug)]
pub struct File {
    /// How reports name it.
    pub name: String,
    path: Option<PathBuf>,
    /// Whether the user named it, and did not only name a directory that it is in.
    named: bool,
    /// Whether it is in the templates of a Helm chart.
    is_chart_template: bool,
}

/// The files that were named: files, directories with what is below them, globs, and standard input. Files of Helm charts
/// that are not manifests are counted instead.
pub fn files(paths: &[String], skipped: &mut dyn FnMut(&'static str)) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for path in paths {
        if path == STDIN {
            files.push(File::named(STDIN_NAME));
            continue;
        }
        let before = files.len();
        let mut any = false;
        let mut add = |path: PathBuf, files: &mut Vec<File>| {
            if path.is_dir() {
                any |= directory(&path, files, skipped);
            } else {
                files.push(File::at(path, true));
            }
        };
        if Path::new(path).exists() || !path.contains(['*', '?', '[']) {
            add(PathBuf::from(path), &mut files);
        } else {
            let mut matches = glob::glob(path)?.collect::<Result<Vec<_>, _>>()?;
            matches.sort();
            if matches.is_empty() {
                bail!("{path}: no file matches this pattern");
            }
            for path in matches {
                add(path, &mut files);
            }
        }
        if files.len() == before && !any {
            bail!("{path}: no .yaml, .yml or .json file in this directory");
        }
    }
    Ok(files)
}

/// Adds the manifests of a directory and of those below it, in the order of their names. Gives whether there was any file
/// of that kind.
fn directory(
    directory: &Path,
    files: &mut Vec<File>,
    skipped: &mut dyn FnMut(&'static str),
) -> bool {
    let entries = std::fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>());
    let Ok(mut paths) = entries else {
        // When it is read, the error is reported, and the others are checked.
        files.push(File::at(directory.to_owned(), false));
        return true;
    };
    paths.sort();
    let is_chart =
        paths.iter().any(|path| path.file_name().is_some_and(|name| name == "Chart.yaml"));
    let mut any = false;
    for path in paths {
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A link to a directory above would be followed without end.
        if path.is_dir() && !path.is_symlink() && !file.starts_with('.') {
            if is_chart && file == "templates" {
                count_templates(&path, skipped);
                any = true;
            } else {
                any |= self::directory(&path, files, skipped);
            }
        } else if is_manifest(&path) && is_file_or_unreadable(&path) {
            any = true;
            match not_a_manifest(file, is_chart) {
                Some(reason) => skipped(reason),
                None => files.push(File::at(path, false)),
            }
        }
    }
    any
}

fn count_templates(directory: &Path, skipped: &mut dyn FnMut(&'static str)) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            count_templates(&path, skipped);
        } else if is_manifest(&path) {
            skipped(CHART_TEMPLATE);
        }
    }
}

/// Whether a directory above is `templates` of a Helm chart.
fn is_in_templates_of_chart(path: &Path) -> bool {
    let mut above = path.ancestors().skip(1);
    above.any(|directory| {
        directory.file_name().is_some_and(|name| name == "templates")
            && directory.with_file_name("Chart.yaml").exists()
    })
}

/// What templates of charts are counted as.
pub const CHART_TEMPLATE: &str = "Helm chart templates";
/// What files of kustomize are counted as.
pub const KUSTOMIZATION: &str = "kustomizations";

/// What a file in a directory is, if its name says that it has no manifests.
fn not_a_manifest(file: &str, is_chart: bool) -> Option<&'static str> {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    match stem {
        "kustomization" | "Kustomization" => Some(KUSTOMIZATION),
        "Chart" => Some("Helm charts"),
        _ if is_chart && stem.starts_with("values") => Some("Helm values"),
        _ => None,
    }
}

/// Whether it is a file, or a link that leads nowhere, which is an error when it is read.
fn is_file_or_unreadable(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |metadata| metadata.is_file())
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json"))
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

impl File {
    /// A text that is no file, by the name that reports give it.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), path: None, named: true, is_chart_template: false }
    }

    fn at(path: PathBuf, named: bool) -> Self {
        // Those in directories are not read at all.
        let is_chart_template = named && is_in_templates_of_chart(&path);
        Self { name: name(&path), path: Some(path), named, is_chart_template }
    }

    /// How close another file is: the most for the same file, otherwise how many directories their paths share.
    pub fn closeness(&self, other: &Self) -> usize {
        if self.name == other.name {
            return usize::MAX;
        }
        let directories = |file: &Self| {
            let parent = file.path.as_deref().and_then(Path::parent).map(Path::to_owned);
            parent.unwrap_or_default()
        };
        let (one, two) = (directories(self), directories(other));
        one.components().zip(two.components()).take_while(|(one, two)| one == two).count()
    }

    /// Whether it is standard input, which can be read only once.
    pub fn is_stdin(&self) -> bool {
        self.path.is_none()
    }

    /// The text of the file.
    pub fn read(&self) -> Result<String, Box<DocumentError>> {
        let mut bytes = Vec::new();
        let read = match &self.path {
            None => std::io::stdin().take(MAX_FILE).read_to_end(&mut bytes),
            Some(path) => std::fs::File::open(path).and_then(|file| {
                // In one piece: a buffer that grows takes twice the memory of a large file.
                let length = file.metadata().map_or(0, |metadata| metadata.len().min(MAX_FILE));
                bytes.reserve_exact(usize::try_from(length).unwrap_or_default() + 1);
                file.take(MAX_FILE).read_to_end(&mut bytes)
            }),
        };
        let cannot = |message: String| {
            let file = self.name.clone();
            Box::new(DocumentError { file, document: None, position: None, message })
        };
        read.map_err(|error| cannot(format!("cannot read {}: {error}", self.name)))?;
        if self.is_stdin() && bytes.is_empty() {
            return Err(cannot(format!(
                "{STDIN_NAME} is empty; does the command before the pipe fail?"
            )));
        }
        text(bytes).map_err(|problem| cannot(format!("{} {problem}", self.name)))
    }
}

/// The text that these bytes are, or what they are instead.
fn text(bytes: Vec<u8>) -> Result<String, String> {
    let line_of = |bytes: &[u8], at: usize| {
        let before = bytes.iter().take(at).filter(|byte| **byte == b'\n');
        before.count() + 1
    };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("is UTF-16 text; save it as UTF-8".to_owned());
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(
            "is compressed by gzip; unpack it, or render a chart with helm template".to_owned()
        );
    }
    if bytes.contains(&0) {
        let at = bytes.iter().take_while(|byte| **byte != 0).count();
        return Err(format!("is not text: line {} has a NUL byte", line_of(&bytes, at)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = line_of(error.as_bytes(), error.utf8_error().valid_up_to());
        format!("is not UTF-8 text: line {line} has other bytes")
    })
}

/// A document in which positions are looked up. They are read when the first one is needed.
#[derive(Debug)]
pub struct Lines<'t> {
    /// Which document of the file it is, counted from 1.
    pub number: usize,
    /// The line of the file at which it starts, counted from 1.
    pub line: usize,
    /// Its text.
    pub text: Cow<'t, str>,
    located: OnceLock<Option<Located>>,
    /// Where its lines start, bytes.
    starts: OnceLock<Vec<usize>>,
}

impl<'t> Lines<'t> {
    /// The document, which is not copied.
    pub fn of(document: &Document<'t>) -> Self {
        let Document { number, line, text } = *document;
        Self {
            number,
            line,
            text: Cow::Borrowed(text),
            located: OnceLock::new(),
            starts: OnceLock::new(),
        }
    }

    /// A copy of the document.
    pub fn copy(document: &Document<'_>) -> Lines<'static> {
        let Document { number, line, text } = *document;
        Lines {
            number,
            line,
            text: Cow::Owned(text.to_owned()),
            located: OnceLock::new(),
            starts: OnceLock::new(),
        }
    }

    /// The position in the file of the value at the end of a path, or of what exists of the path.
    pub fn position_of(&self, file: &File, path: &[Step]) -> Option<Position> {
        self.locate(file, |located| located.find(path))
    }

    /// Likewise, the position of its key if it has one.
    pub fn position_of_key(&self, file: &File, path: &[Step]) -> Option<Position> {
        self.locate(file, |located| located.find_key(path))
    }

    fn locate(&self, file: &File, find: impl Fn(&Located) -> Span) -> Option<Position> {
        let located = self.located.get_or_init(|| located::read(&self.text)).as_ref()?;
        let span = find(located);
        Some(self.position(file, span.line, span.column, span.length))
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
            line: self.line + line.saturating_sub(1),
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
        path: Vec<Step>,
        /// The object.
        object: Value,
    },
    /// Something else, by what it is.
    Skipped(&'static str),
    /// It cannot be read.
    Error(DocumentError),
}

/// The objects of a document.
pub fn contents(file: &File, document: &Lines<'_>) -> Vec<Content> {
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
            return vec![Content::Error(DocumentError {
                file: file.name.clone(),
                document: Some(document.number),
                position,
                message: error.problem,
            })];
        }
    };
    let mut contents = Vec::new();
    if !value.is_null() {
        take_apart(file, document, Vec::new(), value, &mut contents);
    }
    contents
}

/// Adds the object, or the items of a list.
fn take_apart(
    file: &File,
    document: &Lines<'_>,
    path: Vec<Step>,
    mut object: Value,
    contents: &mut Vec<Content>,
) {
    let text = |pointer: &str| text_at(&object, pointer);
    let (kind, api_version) = (text("/kind"), text("/apiVersion"));
    let missing = match (&object, api_version, kind) {
        (Value::Object(_), "", _) => "the object has no apiVersion; is it a Kubernetes manifest?",
        (Value::Object(_), _, "") => "the object has no kind; is it a Kubernetes manifest?",
        (Value::Object(_), ..) => "",
        (Value::Array(_), ..) => {
            "a list without kind and apiVersion; put its items under items: in an object of kind List"
        }
        _ => "not a Kubernetes object, which is a mapping with apiVersion and kind",
    };
    let error = |at: &[Step], message: String| {
        let steps: Vec<Step> = path.iter().cloned().chain(at.iter().cloned()).collect();
        Content::Error(DocumentError {
            file: file.name.clone(),
            document: Some(document.number),
            position: document.position_of(file, &steps),
            message,
        })
    };
    if !missing.is_empty() {
        // A directory can have other YAML files, such as values of Helm charts.
        contents.push(if file.named || !path.is_empty() {
            error(&[], missing.to_owned())
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
            path.extend([Step::Key("items".to_owned()), Step::Index(index)]);
            take_apart(file, document, path, item, contents);
        }
        return;
    }
    if let Some((kind, _)) = kind::of(&object) {
        if let Some(mismatch) = types::check(kind.name, &object) {
            let what = locate::text(&mismatch.path);
            let message = format!("{} {what} {}", kind.name, mismatch.problem);
            contents.push(error(&mismatch.path, message));
            return;
        }
        if text("/metadata/name").is_empty() && text("/metadata/generateName").is_empty() {
            contents.push(error(
                &[Step::Key("metadata".to_owned())],
                "the object has no metadata.name".to_owned(),
            ));
            return;
        }
    }
    contents.push(Content::Object { path, object });
}
