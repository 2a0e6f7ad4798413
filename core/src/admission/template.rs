//! Workloads: they are evaluated by the pods that their templates describe.

use std::borrow::Cow;

use super::{Admission, Ceilings};
use crate::catalogue::Severity;
use crate::display::ObjectName;
use crate::findings::Findings;
use crate::identity::Unresolved;
use crate::identity::lookup::GetResource;
use crate::location::AnnotationOwner;
use crate::object::container::Container;
use crate::object::metadata::Metadata;
use crate::object::pod::Pod;
use crate::object::{Object, Template};
use crate::response::{Unchecked, Verdict};

/// The usual path of a template. Messages do not name it.
const USUAL_PATH: &str = "spec.template";

impl Admission<'_, '_> {
    /// Evaluates a workload by the pods that its template describes. So the user who writes the workload sees the
    /// findings. Those of its pods are returned to a controller only. The template is never changed: controllers and
    /// GitOps tools would revert the change.
    pub(super) fn evaluate_template(
        &self,
        template: &Template<'_>,
        get_resource: &mut GetResource<'_>,
    ) -> Verdict {
        let Some(pod) = &template.pod else { return Verdict::accepted() };
        if template.metadata.deleting || self.is_unchanged(template) {
            return Verdict::accepted();
        }
        let kind = template.workload.kind;
        let mut findings = Findings::new(&self.settings.severities);
        let mut verdict = Verdict::accepted();
        let owner = TemplateOwner { kind, metadata: &template.metadata, path: "" };
        self.check_template(&owner, pod, get_resource, &mut findings, &mut verdict);
        verdict.with_findings(findings.into_sorted())
    }

    /// Checks the pod that a template of a workload describes.
    pub(super) fn check_template(
        &self,
        owner: &TemplateOwner<'_>,
        pod: &Pod<'_>,
        get_resource: &mut GetResource<'_>,
        findings: &mut Findings<'_>,
        verdict: &mut Verdict,
    ) {
        if self.reason_to_skip_pods(pod).is_some() {
            return;
        }
        let TemplateOwner { kind, metadata, path } = *owner;
        let mut described = self.describe(pod, kind, metadata);
        let owner = AnnotationOwner::Workload;
        self.annotation_checks(&described.name, metadata, owner).check_wrong_object(findings);
        described.name.name = shown(described.name.name, path);
        // A missing service account may be created later by the same command, and a wrong one is checked in its own
        // request. Neither rejects the workload.
        let ceilings = Ceilings {
            reports_missing_account: pod.spec.containers.iter().any(Container::sets_identity),
            account: Severity::Warn,
            // Controllers of custom resources may set another service account than "default".
            pod: if path.is_empty() || pod.spec.names_service_account() {
                Severity::Reject
            } else {
                Severity::Warn
            },
        };
        let why = match self.evaluate_described(&described, &ceilings, get_resource, findings) {
            Ok(mut evaluated) => {
                verdict.unchecked.append(&mut evaluated.unchecked);
                verdict.roles.append(&mut evaluated.roles);
                return;
            }
            Err(Unresolved::LookupFailed(failure)) => failure.message,
            Err(Unresolved::MappingInvalid(why)) => why,
        };
        verdict.unchecked.push(unchecked_pods(&described.name, &why));
    }

    /// Whether an UPDATE leaves the template unchanged. Controllers must be able to update objects that are older than
    /// the policy.
    fn is_unchanged(&self, template: &Template<'_>) -> bool {
        let Some(Object::Template(old)) = &self.request.old_object else { return false };
        let text = |range: &std::ops::Range<usize>| self.document.get(range.clone());
        text(&template.range) == text(&old.range)
    }
}

/// The workload of a template.
pub(super) struct TemplateOwner<'o> {
    pub(super) kind: &'o str,
    pub(super) metadata: &'o Metadata<'o>,
    /// The path of the template; empty for the workloads of Kubernetes.
    pub(super) path: &'o str,
}

/// The warning about a workload that could not be checked.
fn unchecked_pods(workload: &ObjectName<'_>, why: &str) -> Unchecked {
    let why = format!("{why}; its pods are checked when they are created");
    Unchecked { object: workload.to_string(), why }
}

/// The name of a custom resource in messages about one of its templates.
fn shown<'n>(name: Cow<'n, str>, path: &str) -> Cow<'n, str> {
    if path.is_empty() || path == USUAL_PATH {
        return name;
    }
    Cow::Owned([&*name, " (", path, ")"].concat())
}
