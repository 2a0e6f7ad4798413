//! Which files are read, and their texts.

use std::ffi::OsString;
use std::fs::FileType;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{CHART_TEMPLATE, KUSTOMIZATION};
use crate::report::{Unreadable, UnreadableSource};

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
    let Ok(entries) = sorted_entries(directory) else {
        // When it is read, the error is reported, and the others are checked.
        files.push(File::at(directory.to_owned(), false));
        return true;
    };
    let is_chart = entries.iter().any(|(name, _)| name == "Chart.yaml");
    let mut any = false;
    for (name, kind) in entries {
        let path = directory.join(&name);
        let file = name.to_str().unwrap_or_default();
        // Links to directories are not followed: one to a directory above would have no end.
        if kind.is_some_and(|kind| kind.is_dir()) && !file.starts_with('.') {
            if is_chart && file == "templates" {
                count_templates(&path, skipped);
                any = true;
            } else {
                any |= self::directory(&path, files, skipped);
            }
        } else if is_manifest(&path)
            && (kind.is_some_and(|kind| kind.is_file()) || is_file_or_unreadable(&path))
        {
            any = true;
            match not_a_manifest(file, is_chart) {
                Some(reason) => skipped(reason),
                None => files.push(File::at(path, false)),
            }
        }
    }
    any
}

/// The names in a directory in alphabetical order, with the types that the directory has, so that most files need not be
/// looked at one by one.
fn sorted_entries(directory: &Path) -> io::Result<Vec<(OsString, Option<FileType>)>> {
    let entries = std::fs::read_dir(directory)?;
    let entries =
        entries.map(|entry| entry.map(|entry| (entry.file_name(), entry.file_type().ok())));
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(entries)
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
