//! From a request to a verdict: the order of the steps, for each kind of subject.

use std::borrow::Cow;

use crate::findings::{Findings, ObjectName, Rule, Visible};
use crate::identity::annotations::{AccountOptions, Annotated};
use crate::identity::lookup::GetResource;
use crate::identity::{
    Credentials, account_options, account_query, look_up_account, read_account, resolve,
};
use crate::injection::Injection;
use crate::names::{annotation, label};
use crate::request::{AdmissionRequest, Operation};
use crate::settings::Settings;
use crate::subject::Subject;
use crate::subject::pod::Pod;
use crate::verdict::Verdict;

/// Judges the object of a request.
pub(crate) fn judge(
    request: &AdmissionRequest<'_>,
    settings: &Settings<'_>,
    get_resource: &mut GetResource<'_>,
) -> Verdict {
    if request.subresource {
        return Verdict::accepted();
    }
    match (&request.subject, request.operation) {
        (Subject::Pod(pod), Operation::Create) => judge_pod(request, pod, settings, get_resource),
        _ => Verdict::accepted(),
    }
}

/// Why a pod is none of the policy's business, whatever its service account says.
fn reason_to_skip(pod: &Pod<'_>, settings: &Settings<'_>) -> Option<String> {
    let (mirror_prefix, mirror_name) = annotation::MIRROR_POD;
    if pod.metadata.annotations.get(mirror_prefix, mirror_name).is_some() {
        return Some("mirror pod".to_owned());
    }
    if pod.metadata.labels.get(&settings.annotation_prefix, label::SKIP_WEBHOOK).is_some() {
        return Some(format!("label {}/{}", settings.annotation_prefix, label::SKIP_WEBHOOK));
    }
    pod.metadata.deleting.then(|| "being deleted".to_owned())
}

fn judge_pod(
    request: &AdmissionRequest<'_>,
    pod: &Pod<'_>,
    settings: &Settings<'_>,
    get_resource: &mut GetResource<'_>,
) -> Verdict {
    if let Some(reason) = reason_to_skip(pod, settings) {
        return Verdict::accepted().note("skipped", reason);
    }
    let namespace = request.namespace.decode();
    let account_name = pod.spec.effective_service_account().decode();
    let pod_name = ObjectName {
        kind: "Pod",
        namespace: Cow::Borrowed(&namespace),
        name: pod.metadata.display_name(),
    };
    let mut findings = Findings::new(&settings.severities);

    let query = account_query(settings, &namespace, &account_name);
    let answer = match look_up_account(query, get_resource) {
        Ok(answer) => answer,
        Err(error) => return Verdict::refused(query.explain(&error), 500),
    };
    let account = match &answer {
        Some(answer) => match read_account(query, answer) {
            Ok(account) => {
                let name = ObjectName {
                    kind: "ServiceAccount",
                    namespace: Cow::Borrowed(&namespace),
                    name: Cow::Borrowed(&account_name),
                };
                account_options(&account, &name, settings, &mut findings)
            }
            Err(error) => return Verdict::refused(query.explain(&error), 500),
        },
        None => {
            findings.report(Rule::ServiceAccountMissing, || {
                let problem = format!(
                    "{pod_name}: its service account {} does not exist in namespace {}",
                    Visible(&account_name),
                    Visible(&namespace)
                );
                (problem, "create it, or correct spec.serviceAccountName")
            });
            AccountOptions::default()
        }
    };

    let pod_annotations = Annotated {
        object: &pod_name,
        annotations: &pod.metadata.annotations,
        prefix: &settings.annotation_prefix,
    };
    let options = pod_annotations.pod_options(&mut findings);
    let Some(identity) = resolve(account, options, settings) else {
        return Verdict::accepted().note("identity", "none").with(&findings.into_sorted());
    };

    let injection = Injection { pod, pod_name: &pod_name, identity: &identity, settings };
    let edits = injection.plan(&mut findings);
    let mut verdict = Verdict::accepted();
    match &identity.credentials {
        Credentials::WebIdentity { role_arn } => {
            verdict = verdict.note("identity", "web identity").note("role-arn", &**role_arn);
        }
    }
    let containers: Vec<_> =
        injection.containers().map(|container| container.name.decode()).collect();
    verdict = if containers.is_empty() {
        verdict.note("skipped", "every container is left out")
    } else {
        verdict.note("containers", containers.join(","))
    };
    if edits.is_empty() && !containers.is_empty() && !findings.reject() {
        verdict = verdict.note("skipped", "everything is in place");
    }
    verdict.edits = edits;
    verdict.with(&findings.into_sorted())
}
