//! Why something is not checked.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

/// Why an object or a file is not checked. The order is that of the names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// It is a template of a Helm chart, which is not rendered.
    ChartTemplate,
    /// It describes a Helm chart.
    Chart,
    /// It has the values of a Helm chart.
    ChartValues,
    /// A file in a directory is not a Kubernetes manifest.
    NotAnObject,
    /// It is the configuration of kustomize, which is not built.
    Kustomization,
    /// The policy does not evaluate objects of this kind.
    OtherKind(String),
    /// No policy of the cluster selects it.
    NoPolicy,
    /// The policies of the command line do not select it.
    NotSelected,
    /// The policy looks up the service account, which the audit could not read.
    AccountNotRead,
    /// It has finished, so its pods have no containers that run.
    Finished,
    /// The entry of its workload has all of its findings.
    FindingsOfWorkload,
}

impl SkipReason {
    /// The number of things, with the reason.
    pub fn counted(&self, number: usize) -> String {
        format!("{number} {}", self.name(number == 1))
    }

    fn name(&self, is_one: bool) -> Cow<'static, str> {
        let (one, many) = match self {
            Self::ChartTemplate => ("Helm chart template", "Helm chart templates"),
            Self::Chart => ("Helm chart", "Helm charts"),
            Self::ChartValues => ("file with Helm values", "files with Helm values"),
            Self::NotAnObject => {
                ("file without Kubernetes objects", "files without Kubernetes objects")
            }
            Self::Kustomization => ("kustomization", "kustomizations"),
            Self::OtherKind(kind) => {
                let objects = if is_one { "object" } else { "objects" };
                return format!("{objects} of kind {kind}").into();
            }
            Self::NoPolicy => ("object that no policy selects", "objects that no policy selects"),
            Self::NotSelected => (
                "object that the policy does not select",
                "objects that the policy does not select",
            ),
            Self::AccountNotRead => (
                "object whose service account was not read",
                "objects whose service account was not read",
            ),
            Self::FindingsOfWorkload => (
                "pod with the findings of its workload",
                "pods with the findings of their workload",
            ),
            Self::Finished => ("pod or Job that has finished", "pods and Jobs that have finished"),
        };
        Cow::Borrowed(if is_one { one } else { many })
    }
}

/// The name of several such things, which is their key in JSON.
impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name(false))
    }
}

impl Serialize for SkipReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::SkipReason;

    #[test]
    fn one_thing_is_counted_in_the_singular() {
        for (reason, one, many) in [
            (
                SkipReason::NotAnObject,
                "1 file without Kubernetes objects",
                "2 files without Kubernetes objects",
            ),
            (
                SkipReason::OtherKind("ObjectsList".to_owned()),
                "1 object of kind ObjectsList",
                "2 objects of kind ObjectsList",
            ),
            (
                SkipReason::Finished,
                "1 pod or Job that has finished",
                "2 pods and Jobs that have finished",
            ),
        ] {
            assert_eq!((reason.counted(1), reason.counted(2)), (one.to_owned(), many.to_owned()));
        }
    }
}
