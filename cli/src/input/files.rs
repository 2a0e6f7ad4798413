//! Finds the files to check, and reads them.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::FileType;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::report::{SkipReason, Unreadable, UnreadableSource};

/// The file name that stands for standard input.
const STDIN: &str = "-";

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
    pub(super) named: bool,
    /// Whether it is in the templates of a Helm chart.
    pub(super) is_chart_template: bool,
}

/// The files that were named: files, directories with what is below them, globs, and standard input. A file that several of the
/// paths name is read once. Files of Helm charts that are not manifests are counted instead.
pub fn files(paths: &[String], skipped: &mut dyn FnMut(SkipReason)) -> Result<Vec<File>> {
    let mut found = Found::default();
    for path in paths {
        if path == STDIN {
            if !found.files.iter().any(File::is_stdin) {
                found.files.push(File::named(STDIN_NAME));
            }
            continue;
        }
        let mut any = false;
        if Path::new(path).exists() || !path.contains(['*', '?', '[']) {
            any |= found.add(PathBuf::from(path));
        } else {
            let mut matches = glob::glob(path)?.collect::<Result<Vec<_>, _>>()?;
            matches.sort();
            if matches.is_empty() {
                bail!("{path}: no file matches this pattern");
            }
            for path in matches {
                any |= found.add(path);
            }
        }
        if !any {
            bail!("{path}: no .yaml, .yml or .json file in this directory");
        }
    }
    for one in found.known.into_values() {
        if let Known::Skipped(reason) = one {
            skipped(reason);
        }
    }
    Ok(found.files)
}

/// The files that were found so far.
#[derive(Default)]
struct Found {
    files: Vec<File>,
    /// By their paths, in which links to directories are resolved, because several paths can lead to one directory. A link to a
    /// file is a file of its own: it can be in the directory of another environment, with other service accounts.
    known: HashMap<PathBuf, Known>,
}

enum Known {
    /// Its number in the files.
    File(usize),
    Skipped(SkipReason),
}

impl Found {
    /// Adds a file, or the manifests of a directory. Returns whether there is any manifest.
    fn add(&mut self, path: PathBuf) -> bool {
        if path.is_dir() {
            let resolved = path.canonicalize().unwrap_or_else(|_| path.clone());
            return self.directory(&path, &resolved);
        }
        let resolved = with_resolved_directory(&path);
        self.file(File::at(path, true), resolved);
        true
    }

    fn file(&mut self, file: File, resolved: PathBuf) {
        match self.known.get(&resolved) {
            Some(Known::File(number)) => {
                if let Some(known) = self.files.get_mut(*number).filter(|_| file.named) {
                    known.named = true;
                    known.is_chart_template = file.is_chart_template;
                }
            }
            Some(Known::Skipped(_)) if !file.named => {}
            _ => {
                self.known.insert(resolved, Known::File(self.files.len()));
                self.files.push(file);
            }
        }
    }

    fn skip(&mut self, resolved: PathBuf, reason: SkipReason) {
        self.known.entry(resolved).or_insert(Known::Skipped(reason));
    }

    /// Adds the manifests of a directory and of those below it, in the order of their names. Returns whether there is any
    /// manifest.
    fn directory(&mut self, directory: &Path, resolved: &Path) -> bool {
        let Ok(entries) = sorted_entries(directory) else {
            // When it is read, the error is reported, and the others are checked.
            self.file(File::at(directory.to_owned(), false), resolved.to_owned());
            return true;
        };
        let is_chart = entries.iter().any(|(name, _)| name == "Chart.yaml");
        let mut any = false;
        for (name, kind) in entries {
            let (path, resolved) = (directory.join(&name), resolved.join(&name));
            let file = name.to_str().unwrap_or_default();
            // Links to directories are not followed: a link to a parent directory would be an endless loop.
            if kind.is_some_and(|kind| kind.is_dir()) && !file.starts_with('.') {
                if is_chart && file == "templates" {
                    self.skip_templates(&path, &resolved);
                    any = true;
                } else {
                    any |= self.directory(&path, &resolved);
                }
            } else if is_manifest(&path)
                && (kind.is_some_and(|kind| kind.is_file()) || is_file_or_unreadable(&path))
            {
                any = true;
                match not_a_manifest(file, is_chart) {
                    Some(reason) => self.skip(resolved, reason),
                    None => self.file(File::at(path, false), resolved),
                }
            }
        }
        any
    }

    fn skip_templates(&mut self, directory: &Path, resolved: &Path) {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let (path, resolved) = (entry.path(), resolved.join(entry.file_name()));
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.skip_templates(&path, &resolved);
            } else if is_manifest(&path) {
                self.skip(resolved, SkipReason::ChartTemplate);
            }
        }
    }
}

/// The path of a file, with links in its directory resolved.
fn with_resolved_directory(path: &Path) -> PathBuf {
    let Some(name) = path.file_name() else { return path.to_owned() };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    directory.canonicalize().map_or_else(|_| path.to_owned(), |directory| directory.join(name))
}

/// The names in a directory in alphabetical order, with the types that the directory has, so that most files need no separate
/// system call.
fn sorted_entries(directory: &Path) -> io::Result<Vec<(OsString, Option<FileType>)>> {
    let entries = std::fs::read_dir(directory)?;
    let entries =
        entries.map(|entry| entry.map(|entry| (entry.file_name(), entry.file_type().ok())));
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(entries)
}

/// Whether a directory above is `templates` of a Helm chart.
fn is_in_templates_of_chart(path: &Path) -> bool {
    let mut above = path.ancestors().skip(1);
    above.any(|directory| {
        directory.file_name().is_some_and(|name| name == "templates")
            && directory.with_file_name("Chart.yaml").exists()
    })
}

/// What a file in a directory is, if its name says that it has no manifests.
fn not_a_manifest(file: &str, is_chart: bool) -> Option<SkipReason> {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    match stem {
        "kustomization" | "Kustomization" => Some(SkipReason::Kustomization),
        "Chart" => Some(SkipReason::Chart),
        _ if is_chart && stem.starts_with("values") => Some(SkipReason::ChartValues),
        _ => None,
    }
}

/// Whether it is a file, or a broken link, which is an error when it is read.
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
    /// Text that is not from a file, with its name in reports.
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

    /// The size of the file in bytes; 0 if it is not known.
    pub fn size(&self) -> u64 {
        let metadata = self.path.as_deref().and_then(|path| path.metadata().ok());
        metadata.map_or(0, |metadata| metadata.len())
    }

    /// The text of the file.
    pub fn read(&self) -> Result<String, Box<Unreadable>> {
        let mut bytes = Vec::new();
        let read = match &self.path {
            None => io::stdin().take(MAX_FILE).read_to_end(&mut bytes),
            Some(path) => std::fs::File::open(path).and_then(|file| {
                // In one piece: a buffer that grows takes twice the memory of a large file.
                let length = file.metadata().map_or(0, |metadata| metadata.len().min(MAX_FILE));
                bytes.reserve_exact(usize::try_from(length).unwrap_or_default() + 1);
                file.take(MAX_FILE).read_to_end(&mut bytes)
            }),
        };
        let cannot = |message: String| {
            let source = UnreadableSource::File { file: self.name.clone(), document: None };
            Box::new(Unreadable { source, position: None, message })
        };
        read.map_err(|error| cannot(format!("cannot read {}: {error}", self.name)))?;
        if self.is_stdin() && bytes.is_empty() {
            return Err(cannot(format!(
                "{STDIN_NAME} is empty; check the command before the pipe"
            )));
        }
        text(bytes).map_err(|problem| cannot(format!("{} {problem}", self.name)))
    }
}

/// The bytes as UTF-8, or an error that names their encoding.
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
        format!("is not UTF-8 text: line {line} has other bytes; save it as UTF-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_read_with_its_directories_in_the_order_of_names() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("b")).unwrap();
        for file in ["c.yaml", "a.yml", "b/x.json", "README.md"] {
            std::fs::write(directory.path().join(file), "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(directory.path(), directory.path().join("b/up")).unwrap();
        let path = directory.path().display().to_string();
        let found = files(std::slice::from_ref(&path), &mut |_| {}).unwrap();
        let names: Vec<&str> =
            found.iter().filter_map(|file| file.name.strip_prefix(&path)).collect();
        assert_eq!(names, ["/a.yml", "/b/x.json", "/c.yaml"]);
    }

    #[test]
    fn an_empty_directory_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().display().to_string();
        let error = files(std::slice::from_ref(&path), &mut |_| {}).unwrap_err();
        assert!(error.to_string().starts_with(&path), "{error}");
    }
}
