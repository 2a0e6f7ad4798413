//! Manifests: the documents of a text, and the objects in them.

mod documents;
mod list;

use std::fmt;

use serde_json::Value;

use crate::yaml::YamlError;

pub use documents::{Document, parse, split};

/// One object, and its origin.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where it was found.
    pub origin: Origin,
    /// The object, as it was written.
    pub object: Value,
}

/// The file and the document that an object is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
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
    /// A document is not YAML.
    #[error("{origin}: {error}")]
    Yaml {
        /// The document.
        origin: Origin,
        /// What is wrong with it; the line is counted in the file.
        error: YamlError,
    },
    /// A document is YAML, but not a Kubernetes object.
    #[error("{origin}: {problem}")]
    NotAnObject {
        /// The document.
        origin: Origin,
        /// What the object does not have.
        problem: &'static str,
    },
}
