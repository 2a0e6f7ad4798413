//! Running pods. Pods of the same workload are reported together.

use std::collections::BTreeMap;

use super::owners::Owner;
use crate::output::counted;
use crate::report::{Entry, Finding};

/// How many names of pods a message lists.
const NAMED: usize = 5;

/// The pods of one namespace so far. Lists are sorted by namespace, so the pods of one namespace are in memory at a time,
/// and of them only what is reported.
#[derive(Debug, Default)]
pub(super) struct PodGroups {
    namespace: String,
    groups: BTreeMap<Owner, Group>,
}

#[derive(Debug)]
struct Group {
    entry: Entry,
    /// The findings by ID and text without the name of the pod, and the pods that have each.
    findings: BTreeMap<(String, String), (Finding, Pods)>,
    pods: usize,
    workload: Option<String>,
}

#[derive(Debug, Default)]
struct Pods {
    names: Vec<String>,
    count: usize,
}

impl PodGroups {
    /// Adds the entry of a pod. Returns the entries of the previous namespace when the namespace changes.
    pub(super) fn add(
        &mut self,
        namespace: &str,
        owner: Option<Owner>,
        mut entry: Entry,
        prefix: &str,
    ) -> Vec<Entry> {
        let done = if self.namespace == namespace { Vec::new() } else { self.take() };
        namespace.clone_into(&mut self.namespace);
        let workload =
            owner.as_ref().map(|owner| format!("{} {namespace}/{}", owner.kind, owner.name));
        let key =
            owner.unwrap_or_else(|| Owner { kind: "Pod".to_owned(), name: entry.name.clone() });
        let name = entry.name.clone();
        let found = std::mem::take(&mut entry.findings);
        let group = self.groups.entry(key).or_insert_with(|| Group {
            entry: entry.clone(),
            findings: BTreeMap::new(),
            pods: 0,
            workload,
        });
        group.pods += 1;
        if group.pods == 2 {
            group.entry.name = format!("{prefix}*");
        }
        if entry.injected.is_some() {
            group.entry.injected = entry.injected;
        }
        if entry.trust.as_ref().map(|trust| trust.state)
            > group.entry.trust.as_ref().map(|trust| trust.state)
        {
            group.entry.trust = entry.trust;
        }
        for finding in found {
            let key = (finding.id.clone(), finding.message.problem.clone());
            let (_, pods) = group.findings.entry(key).or_insert_with(|| (finding, Pods::default()));
            pods.count += 1;
            if pods.names.len() <= NAMED {
                pods.names.push(name.clone());
            }
        }
        done
    }

    /// The entries of the namespace.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.groups).into_values().map(Group::into_entry).collect()
    }
}

impl Group {
    fn into_entry(self) -> Entry {
        let Self { mut entry, findings, workload, .. } = self;
        for (mut finding, pods) in findings.into_values() {
            if pods.count > 1 {
                finding.message.problem.push_str(&pods.others(workload.as_deref()));
            }
            entry.findings.push(finding);
        }
        entry.conclude();
        entry
    }
}

impl Pods {
    /// The pods after the first, which the message is about.
    fn others(&self, workload: Option<&str>) -> String {
        let names: Vec<&str> = self.names.iter().skip(1).map(String::as_str).collect();
        let more = self.count - 1 - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let of = workload.map(|workload| format!(" of {workload}")).unwrap_or_default();
        let others = counted(self.count - 1, "other pod");
        format!(" (the same for {others}{of}: {}{more})", names.join(", "))
    }
}
