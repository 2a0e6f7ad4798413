//! The totals of a report.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Entry, ObjectVerdict, SkipReason, Unreadable, UnreadableSource};

/// The totals of a report, and the objects that were skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Numbers of objects and findings.
    pub totals: Totals,
    /// The number of objects that were skipped, by the reason.
    pub skipped: BTreeMap<SkipReason, usize>,
    /// How many of the errors are files that could not be read at all.
    #[serde(skip)]
    pub unread_files: usize,
    /// How many of the errors are lists and objects of a cluster.
    #[serde(skip)]
    pub unread_in_cluster: usize,
}

impl Summary {
    /// Counts an object.
    pub fn count(&mut self, entry: &Entry) {
        let totals = &mut self.totals;
        totals.objects += 1;
        totals.findings += entry.findings.len();
        *match entry.verdict {
            ObjectVerdict::Rejected => &mut totals.rejected,
            ObjectVerdict::Warned => &mut totals.warned,
            ObjectVerdict::Injected => &mut totals.injected,
            ObjectVerdict::Unchanged => &mut totals.unchanged,
        } += 1;
    }

    /// Counts something that could not be read.
    pub fn count_unreadable(&mut self, unreadable: &Unreadable) {
        self.totals.errors += 1;
        match unreadable.source {
            UnreadableSource::File { document: None, .. } => self.unread_files += 1,
            UnreadableSource::File { .. } => {}
            UnreadableSource::Cluster { .. } => self.unread_in_cluster += 1,
        }
    }

    /// Counts an object or a file that is not checked.
    pub fn skip(&mut self, reason: SkipReason) {
        *self.skipped.entry(reason).or_default() += 1;
    }
}

/// Numbers of objects and findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Objects that were checked.
    pub objects: usize,
    /// Of them: objects that are rejected, or whose pods are.
    pub rejected: usize,
    /// Of them: objects with warnings only.
    pub warned: usize,
    /// Of them: objects without findings that get an identity.
    pub injected: usize,
    /// Of them: the others.
    pub unchanged: usize,
    /// Findings.
    pub findings: usize,
    /// Files and documents, or lists and objects of a cluster, that could not be read.
    pub errors: usize,
}
