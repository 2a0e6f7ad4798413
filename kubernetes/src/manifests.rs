//! Manifests from files, directories and standard input.

mod documents;

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::yaml::YamlError;

pub use documents::{Document, split};

/// The file name that stands for standard input.
pub const STDIN: &str = "-";

/// One object and where it was found.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where it was found.
    pub origin: Origin,
    /// The object, as it was written.
    pub object: Value,
}

/// A place in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file as it was given, or found in a directory that was given.
    pub file: String,
    /// Which of its documents, counted from 1.
    pub document: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, document {}", self.file, self.document)
    }
}

/// Why manifests could not be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file or directory cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// The file or directory.
        path: String,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// A directory holds nothing that could be read.
    #[error("{path}: no .yaml, .yml or .json file in this directory")]
    EmptyDirectory {
        /// The directory.
        path: String,
    },
    /// A document is not YAML.
    #[error("{origin}: {error}")]
    Yaml {
        /// The document.
        origin: Origin,
        /// What is wrong with it; the line is counted in the file.
        error: YamlError,
    },
    /// A document is YAML, but no Kubernetes object.
    #[error("{origin}: {problem}")]
    NotAnObject {
        /// The document.
        origin: Origin,
        /// What the object does not have.
        problem: &'static str,
    },
}

/// Reads everything that was named: files, directories with all their directories, and `-`.
pub fn read(paths: &[String]) -> Result<Vec<Manifest>, InputError> {
    let mut manifests = Vec::new();
    for path in paths {
        if path == STDIN {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| unreadable("standard input", error))?;
            manifests.extend(documents::parse("standard input", &text)?);
            continue;
        }
        for file in files(Path::new(path))? {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&name, error))?;
            manifests.extend(documents::parse(&name, &text)?);
        }
    }
    Ok(manifests)
}

/// The file itself, or the manifests in a directory and below it, in the order of their names.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let found = files_in(path)?;
    if found.is_empty() {
        let path = path.display().to_string();
        return Err(InputError::EmptyDirectory { path });
    }
    Ok(found)
}

fn files_in(directory: &Path) -> Result<Vec<PathBuf>, InputError> {
    let failed = |error| unreadable(&directory.display().to_string(), error);
    let entries = std::fs::read_dir(directory).map_err(failed)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        // A link to a directory above would be followed without end.
        if path.is_dir() && !path.is_symlink() {
            found.extend(files_in(&path)?);
        } else if is_manifest(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json"))
}

fn unreadable(path: &str, error: std::io::Error) -> InputError {
    let path = path.to_owned();
    InputError::Read { path, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[String]) -> Vec<String> {
        let manifests = read(paths).unwrap();
        let name =
            |manifest: &Manifest| manifest.object["metadata"]["name"].as_str().unwrap().to_owned();
        manifests.iter().map(name).collect()
    }

    #[test]
    fn a_directory_is_read_with_its_directories_in_the_order_of_names() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("b")).unwrap();
        let object =
            |name: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n");
        for (file, name) in [("c.yaml", "last"), ("a.yml", "first"), ("b/x.json", "middle")] {
            std::fs::write(directory.path().join(file), object(name)).unwrap();
        }
        std::fs::write(directory.path().join("README.md"), "not a manifest").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(directory.path(), directory.path().join("b/up")).unwrap();
        let path = directory.path().display().to_string();
        assert_eq!(names(&[path]), ["first", "middle", "last"]);
    }

    #[test]
    fn a_missing_file_and_an_empty_directory_are_named() {
        let error = read(&["no/such.yaml".to_owned()]).unwrap_err();
        assert!(error.to_string().starts_with("cannot read no/such.yaml: "), "{error}");
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().display().to_string();
        let error = read(std::slice::from_ref(&path)).unwrap_err();
        assert!(error.to_string().starts_with(&path), "{error}");
    }
}
