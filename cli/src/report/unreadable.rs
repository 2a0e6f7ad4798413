//! What could not be read.

use serde::Serialize;

use super::Position;

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unreadable {
    /// Where it is from.
    #[serde(flatten)]
    pub source: UnreadableSource,
    /// Where in the file.
    pub position: Option<Position>,
    /// What is wrong, and how to fix it.
    pub message: String,
}

/// Where something is from that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum UnreadableSource {
    /// A file, or one of its documents.
    File {
        /// The file as it was given, or as it was found in a directory.
        file: String,
        /// Which of its documents, counted from 1; none if the file itself cannot be read.
        document: Option<usize>,
    },
    /// A list or an object of a live cluster, which the message names.
    Cluster {
        /// The name of the kubeconfig's context, or `in-cluster`.
        cluster: String,
    },
}

impl UnreadableSource {
    /// The file, or the cluster, as headings name it.
    pub fn heading(&self) -> String {
        match self {
            Self::File { file, .. } => file.clone(),
            Self::Cluster { cluster } => cluster_heading(cluster),
        }
    }
}

/// A cluster as headings name it.
pub fn cluster_heading(cluster: &str) -> String {
    format!("cluster {cluster}")
}
