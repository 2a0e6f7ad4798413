//! The report of a command, as data: commands fill it, and output formats show it.

mod skip_reason;
mod summary;
mod trust;
mod unreadable;

use std::fmt;

use aws_pod_identity_kubernetes::object;
use serde::{Serialize, Serializer};

pub use skip_reason::SkipReason;
pub use summary::{Summary, Totals};
pub use trust::{Trust, TrustLink, TrustLinkState, TrustState};
pub use unreadable::{Unreadable, UnreadableSource, cluster_heading};

/// The version of the JSON format. `docs/report.schema.json` describes it.
pub const SCHEMA_VERSION: &str = "1";

/// The ID of a finding that is not in the catalogue: the policy could not evaluate the object.
pub const NOT_EVALUATED: &str = "not-evaluated";
/// The ID of the finding about an object that is in a file twice.
pub const DUPLICATE: &str = "duplicate-object";
/// The ID of what could not be read.
pub const UNREADABLE: &str = "unreadable";
/// The IDs that are not in the catalogue. `docs/findings.md` describes them, too.
pub const IDS_OF_PROGRAM: [&str; 3] = [DUPLICATE, NOT_EVALUATED, UNREADABLE];

/// The program, its command and its settings.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The version of this format.
    pub schema_version: &'static str,
    /// The program.
    pub tool: Tool,
    /// The command: `check` or `audit`.
    pub command: &'static str,
    /// Where the settings are from, such as the name of a file.
    pub settings: String,
}

/// The program.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl Header {
    /// The header of a command of this program.
    pub fn new(command: &'static str, settings: impl Into<String>) -> Self {
        let tool = Tool { name: "aws-pod-identity", version: env!("CARGO_PKG_VERSION") };
        Self { schema_version: SCHEMA_VERSION, tool, command, settings: settings.into() }
    }
}

/// Where an object is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Source {
    /// A document of a file.
    File {
        /// The file as it was given, or as it was found in a directory.
        file: String,
        /// Which of its documents, counted from 1.
        document: usize,
        /// The line of the file at which the document starts, counted from 1.
        line: usize,
    },
    /// A live cluster.
    Cluster {
        /// The name of the kubeconfig's context, or `in-cluster`.
        cluster: String,
    },
}

/// What the policy does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectVerdict {
    /// The object is stored unchanged.
    Unchanged,
    /// An identity is injected.
    Injected,
    /// The object is stored, with warnings.
    Warned,
    /// The object is not stored.
    Rejected,
}

impl ObjectVerdict {
    /// The verdict of an evaluation with these findings.
    fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>, is_injected: bool) -> Self {
        match findings.into_iter().map(|finding| finding.severity).max() {
            Some(Severity::Reject) => Self::Rejected,
            Some(Severity::Warn) => Self::Warned,
            None if is_injected => Self::Injected,
            None => Self::Unchanged,
        }
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Injected => "injected",
            Self::Warned => "warned",
            Self::Rejected => "rejected",
        }
    }
}

/// How severe a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is a warning.
    Warn,
    /// It rejects the object.
    Reject,
}

/// What makes the program exit with 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// An object that is rejected
    #[default]
    Reject,
    /// An object that is rejected, or has warnings
    Warn,
    /// Nothing
    Never,
}

/// One object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Where it is from.
    pub source: Source,
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name; a generated name is the prefix and `*`.
    pub name: String,
    /// What the policy does with it, or with its pods if that is more severe. [`Self::conclude`] derives it.
    pub verdict: ObjectVerdict,
    /// The findings about it.
    pub findings: Vec<Finding>,
    /// The name of the service account of the pod or of the workload's pods.
    pub service_account: Option<String>,
    /// The ARN of the role that the containers get.
    pub role: Option<String>,
    /// Whether the role trusts the service account, if this was checked.
    pub trust: Option<Trust>,
    /// The pods that a workload creates.
    pub pods: Option<Pods>,
    /// What is injected into the pod or into the workload's pods.
    pub injected: Option<Injected>,
    /// The containers that have the identity after admission, also if nothing is injected because they have it already.
    #[serde(skip)]
    pub containers: Vec<String>,
}

impl Entry {
    /// An entry without findings.
    pub fn new(source: Source, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            source,
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            verdict: ObjectVerdict::Unchanged,
            findings: Vec::new(),
            service_account: None,
            role: None,
            trust: None,
            pods: None,
            injected: None,
            containers: Vec::new(),
        }
    }

    /// Adds a finding. If the entry has the same already, that one gets the higher severity of the two.
    pub fn add(&mut self, finding: Finding) {
        match self.findings.iter_mut().find(|other| other.is_same(&finding)) {
            Some(other) => {
                other.severity = other.severity.max(finding.severity);
                other.of_pods |= finding.of_pods;
            }
            None => self.findings.push(finding),
        }
    }

    /// Sorts the findings, with the most severe ones first, and derives the verdicts from them and from the injection. To be
    /// called after each change of them.
    pub fn conclude(&mut self) {
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let is_injected = self.injected.is_some();
        self.verdict = ObjectVerdict::of(&self.findings, is_injected);
        if let Some(pods) = &mut self.pods {
            let of_pods = self.findings.iter().filter(|finding| finding.of_pods);
            pods.verdict = ObjectVerdict::of(of_pods, is_injected);
        }
    }

    /// Kind, namespace and name, as in messages.
    pub fn title(&self) -> String {
        object::title(&self.kind, &self.namespace, &self.name)
    }
}

/// The pods that a workload creates.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pods {
    /// Their name, with `*` for the part that Kubernetes generates.
    pub name: String,
    /// What the policy does with them. [`Entry::conclude`] derives it.
    pub verdict: ObjectVerdict,
}

impl Pods {
    /// Pods without findings.
    pub fn new(name: String) -> Self {
        Self { name, verdict: ObjectVerdict::Unchanged }
    }
}

/// What is injected into a pod.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Injected {
    /// The kind of the identity.
    pub identity: Identity,
    /// The containers that get it.
    pub containers: Vec<String>,
    /// The changes as a unified diff of the pod's YAML, if it was asked for. Values that may be secrets are masked.
    pub diff: Option<String>,
}

/// The kind of an identity, in the words of the audit annotation `identity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Identity {
    /// Credentials of a role from AWS STS.
    #[serde(rename = "web identity")]
    WebIdentity,
    /// Credentials from the EKS Pod Identity agent.
    #[serde(rename = "container credentials")]
    ContainerCredentials,
}

impl Identity {
    const ALL: [Self; 2] = [Self::WebIdentity, Self::ContainerCredentials];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::WebIdentity => "web identity",
            Self::ContainerCredentials => "container credentials",
        }
    }

    /// The identity with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|identity| identity.name() == name)
    }
}

/// One finding about an object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The ID in `docs/findings.md`.
    pub id: String,
    /// How severe it is.
    pub severity: Severity,
    /// What is wrong and where, with the offending value.
    pub message: Message,
    /// How to fix it; empty if there is no advice.
    pub remedy: String,
    /// What in the manifests causes it, as far as this is known.
    pub location: Option<Location>,
    /// Whether it is about the pods that a workload creates, and not only about the workload.
    #[serde(skip)]
    pub of_pods: bool,
    /// The name of the service account that it says does not exist.
    #[serde(skip)]
    pub missing_account: Option<String>,
}

impl Finding {
    /// Whether it rejects the object.
    pub fn rejects(&self) -> bool {
        self.severity == Severity::Reject
    }

    /// The message and the remedy in one line.
    pub fn line(&self) -> String {
        match self.remedy.as_str() {
            "" => self.message.to_string(),
            remedy => format!("{}; {remedy}", self.message),
        }
    }

    /// The position in a file of what causes it.
    pub fn position(&self) -> Option<&Position> {
        self.location.as_ref()?.position.as_ref()
    }

    /// Whether both are about the same location, with the same text: a workload and its pod have the same findings.
    fn is_same(&self, other: &Self) -> bool {
        let path = |finding: &Self| finding.location.as_ref().map(|location| location.path.clone());
        self.id == other.id
            && self.message.problem == other.message.problem
            && path(self) == path(other)
    }
}

/// The message of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The object that it is about, such as `Pod payments/api`; empty if the problem names it.
    pub object: String,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.object {
            "" => f.write_str(&self.problem),
            object => write!(f, "{object}: {}", self.problem),
        }
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A location in an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The path in the object, such as `spec.containers[0].env[1].name`.
    pub path: String,
    /// Where this is in a file. It can be in another file than the object: findings about a pod can be caused by its service
    /// account.
    pub position: Option<Position>,
}

/// A position in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The file.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// Its length in characters; at least 1.
    pub length: usize,
    /// The text of the line; empty if it is longer than 1,000 characters. Values that may be secrets are masked.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_schema_lists_the_values_that_the_program_writes() {
        let schema: Value =
            serde_json::from_str(include_str!("../../../docs/report.schema.json")).unwrap();
        let entry = &schema["$defs"]["entry"]["properties"];
        let identity = &entry["injected"]["oneOf"][1]["properties"]["identity"]["enum"];
        assert_eq!(*identity, json!(Identity::ALL));
        assert_eq!(*identity, json!(Identity::ALL.map(Identity::name)));
        let of_core = ["web identity", "container credentials", "none", ""];
        let known = of_core.map(|name| Identity::from_name(name).is_some());
        assert_eq!(known, [true, true, false, false]);
    }
}
