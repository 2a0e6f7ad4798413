//! Manifests: the documents of a text, and the objects in them.

mod documents;
mod list;
mod objects;

use std::fmt;

pub use documents::{Document, split};
pub use objects::{Part, PartContent, parts};

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
