//! From a request to a verdict: the order of the steps, for each kind of subject.

use std::borrow::Cow;

use crate::findings::{Findings, ObjectName, Quoted, Rule, Severity, Visible};
use crate::identity::annotations::{AccountOptions, Annotated, PodOptions};
use crate::identity::lookup::{GetResource, LookupFailure};
use crate::identity::{
    Identity, Resolution, Unresolved, account_options, account_query, read_account,
};
use crate::injection::{Edits, Injection};
use crate::names::{annotation, label};
use crate::object::metadata::Metadata;
use crate::object::pod::Pod;
use crate::object::service_account::ServiceAccount;
use crate::object::{Object, Template};
use crate::request::{AdmissionRequest, Operation};
use crate::response::Verdict;
use crate::rules::keys::Keys;
use crate::rules::projected_tokens::ProjectedTokens;
use crate::rules::{PodRules, sets_identity};
use crate::settings::Settings;

/// A request to judge, and what judging it needs.
pub(crate) struct Admission<'x, 'a> {
    /// The payload that everything else is a view of.
    pub(crate) document: &'a [u8],
    pub(crate) request: &'x AdmissionRequest<'a>,
    pub(crate) settings: &'x Settings<'x>,
}

impl Admission<'_, '_> {
    /// Judges the object of the request.
    #[inline(never)]
    pub(crate) fn judge(&self, get_resource: &mut GetResource<'_>) -> Verdict {
        if self.request.subresource {
            return Verdict::accepted();
        }
        match (&self.request.object, self.request.operation) {
            (Object::Pod(pod), Operation::Create) => self.judge_pod(pod, get_resource),
            (Object::Template(template), Operation::Create | Operation::Update) => {
                self.judge_template(template, get_resource)
            }
            (Object::ServiceAccount(account), Operation::Create | Operation::Update) => {
                self.judge_account(account)
            }
            _ => Verdict::accepted(),
        }
    }

    #[inline(never)]
    fn judge_account(&self, account: &ServiceAccount<'_>) -> Verdict {
        if account.metadata.deleting {
            return Verdict::accepted();
        }
        let namespace = self.request.namespace.decode();
        let name =
            ObjectName { kind: "ServiceAccount", namespace, name: account.metadata.display_name() };
        let keys = Keys {
            object: &name,
            annotations: &account.metadata.annotations,
            settings: self.settings,
        };
        if let Some(Object::ServiceAccount(old)) = &self.request.old_object
            && keys.same_concerns(&old.metadata.annotations)
        {
            return Verdict::accepted();
        }
        let mut findings = Findings::new(&self.settings.severities);
        keys.judge_account(&mut findings);
        account_options(account, &name, self.settings, &mut findings);
        Verdict::accepted().with(&findings.into_sorted())
    }

    #[inline(never)]
    fn judge_pod(&self, pod: &Pod<'_>, get_resource: &mut GetResource<'_>) -> Verdict {
        if let Some(reason) = self.reason_to_skip(pod) {
            return Verdict::accepted().note("skipped", reason);
        }
        let described = self.describe(pod, "Pod", pod.metadata.display_name());
        let mut findings = Findings::new(&self.settings.severities);
        let query = account_query(self.settings, &described.account_name);
        let answer = match query.ask(get_resource) {
            Ok(answer) => answer,
            Err(error) => return self.lookup_failed(&described, query.explain(&error)),
        };
        let account = match answer.as_ref().map(|answer| read_account(query, answer)) {
            None => {
                described.report_missing_account(Severity::Reject, &mut findings);
                None
            }
            Some(Ok(account)) => Some(account),
            Some(Err(error)) => return self.lookup_failed(&described, query.explain(&error)),
        };
        let options = self.judge_account_of_pod(&described, account.as_ref(), &mut findings);
        match self.judge_described(&described, options, get_resource, &mut findings) {
            Ok(verdict) => verdict.with(&findings.into_sorted()),
            Err(Unresolved::LookupFailed(failure)) => self.lookup_failed(&described, failure),
            Err(Unresolved::MappingInvalid(why)) => Verdict::refused(why, 500),
        }
    }

    /// The verdict about a pod whose identity is not known. It is not checked: nearly every rule depends on the
    /// identity.
    #[inline(never)]
    fn lookup_failed(&self, described: &DescribedPod<'_, '_>, failure: LookupFailure) -> Verdict {
        let LookupFailure { mut message, transient } = failure;
        if self.settings.admit_on_lookup_failure {
            let warning = format!(
                "{}: it is admitted without an AWS identity, and is not checked (lookupFailure: admit): {message}; if \
                 it needs an identity, create it again when the lookup works",
                described.name
            );
            return Verdict::unchecked(warning)
                .note("identity", "none")
                .note("lookup-failure", message);
        }
        if transient {
            message.push_str("; send the request again; controllers do so automatically");
        }
        Verdict::refused(message, 500)
    }

    /// Judges a workload by the pods that its template describes, so that whoever writes it is told, and
    /// not only the controller that creates the pods. The template itself is never changed: controllers
    /// and GitOps tools would fight over it.
    #[inline(never)]
    fn judge_template(
        &self,
        template: &Template<'_>,
        get_resource: &mut GetResource<'_>,
    ) -> Verdict {
        let Some(pod) = &template.pod else { return Verdict::accepted() };
        if template.metadata.deleting
            || self.is_unchanged(template)
            || self.reason_to_skip(pod).is_some()
        {
            return Verdict::accepted();
        }
        let kind = template.workload.name();
        let described = self.describe(pod, kind, template.metadata.display_name());
        let mut findings = Findings::new(&self.settings.severities);
        let query = account_query(self.settings, &described.account_name);
        let answer = query.ask(get_resource);
        let account = match &answer {
            Ok(Some(answer)) => read_account(query, answer).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error.clone()),
        };
        let mut verdict = Verdict::accepted();
        match account {
            Ok(account) => {
                // An account that is missing may come later in the same apply, and one that is wrong is
                // its own affair: neither keeps the workload out.
                let missing = account.is_none();
                if missing && pod.spec.containers.iter().any(sets_identity) {
                    described.report_missing_account(Severity::Warn, &mut findings);
                }
                let mut options = AccountOptions::default();
                findings.at_most(Severity::Warn, |findings| {
                    options = self.judge_account_of_pod(&described, account.as_ref(), findings);
                });
                let ceiling = if missing { Severity::Warn } else { Severity::Reject };
                let mut judged = Ok(Verdict::accepted());
                findings.at_most(ceiling, |findings| {
                    judged = self.judge_described(&described, options, get_resource, findings);
                });
                let unchecked = match judged {
                    Ok(_) => None,
                    Err(Unresolved::LookupFailed(failure)) => Some(failure.message),
                    Err(Unresolved::MappingInvalid(why)) => Some(why),
                };
                verdict.warnings.extend(unchecked.map(|why| described.unchecked(&why)));
            }
            Err(error) => {
                let why = query.explain(&error).message;
                verdict.warnings.push(described.unchecked(&why));
            }
        }
        verdict.with(&findings.into_sorted())
    }

    /// Whether an UPDATE leaves the template as it was: controllers have to be able to write to objects
    /// that are older than the policy.
    fn is_unchanged(&self, template: &Template<'_>) -> bool {
        let Some(Object::Template(old)) = &self.request.old_object else { return false };
        let text = |range: &std::ops::Range<usize>| self.document.get(range.clone());
        text(&template.range) == text(&old.range)
    }

    /// Why a pod is none of the policy's business, whatever its service account says.
    fn reason_to_skip(&self, pod: &Pod<'_>) -> Option<String> {
        let prefix = &self.settings.annotation_prefix;
        let (mirror_prefix, mirror_name) = annotation::MIRROR_POD;
        if pod.metadata.annotations.get(mirror_prefix, mirror_name).is_some() {
            return Some("mirror pod".to_owned());
        }
        if pod.metadata.labels.get(prefix, label::SKIP_WEBHOOK).is_some() {
            return Some(format!("label {prefix}/{}", label::SKIP_WEBHOOK));
        }
        pod.metadata.deleting.then(|| "being deleted".to_owned())
    }

    /// The namespace of the object. API servers name it in the request; requests written by hand may not.
    fn namespace<'m>(&'m self, metadata: &Metadata<'m>) -> Cow<'m, str> {
        let named = self.request.namespace;
        if named.is_empty() { metadata.namespace.decode() } else { named.decode() }
    }

    #[inline(never)]
    fn describe<'p, 'a>(
        &self,
        pod: &'p Pod<'a>,
        kind: &'static str,
        name: Cow<'p, str>,
    ) -> DescribedPod<'p, 'a> {
        let namespace = self.namespace(&pod.metadata).into_owned();
        DescribedPod {
            pod,
            name: ObjectName { kind, namespace: Cow::Owned(namespace.clone()), name },
            account_name: ObjectName {
                kind: "ServiceAccount",
                namespace: Cow::Owned(namespace),
                name: pod.spec.effective_service_account().decode(),
            },
        }
    }

    /// Judges the service account of a pod, which may be older than the policy.
    #[inline(never)]
    fn judge_account_of_pod<'s>(
        &self,
        described: &DescribedPod<'_, '_>,
        account: Option<&ServiceAccount<'s>>,
        findings: &mut Findings<'_>,
    ) -> AccountOptions<'s> {
        let Some(account) = account else { return AccountOptions::default() };
        let name = &described.account_name;
        let annotations = &account.metadata.annotations;
        Keys { object: name, annotations, settings: self.settings }.judge_account(findings);
        account_options(account, name, self.settings, findings)
    }

    /// Judges a pod, or the pod of a template, and plans what is added to it.
    fn judge_described(
        &self,
        described: &DescribedPod<'_, '_>,
        account: AccountOptions<'_>,
        get_resource: &mut GetResource<'_>,
        findings: &mut Findings<'_>,
    ) -> Result<Verdict, Unresolved> {
        let DescribedPod { pod, name, account_name } = described;
        let annotations = &pod.metadata.annotations;
        Keys { object: name, annotations, settings: self.settings }.judge_pod(findings);
        let annotated = Annotated { object: name, annotations, settings: self.settings };
        // What is wrong with an option matters only to a pod that has an identity.
        let mut options = PodOptions::default();
        findings.at_most(Severity::Off, |findings| options = annotated.pod_options(findings));
        let uid = self.request.uid.decode();
        let resolution = Resolution { account: account_name, settings: self.settings, uid: &uid };
        let identity = resolution.resolve(account, options, get_resource, findings)?;

        let tokens = ProjectedTokens::new(&pod.spec.volumes, pod.spec.windows);
        let mut edits = Edits::default();
        if let Some(identity) = &identity {
            annotated.pod_options(findings);
            let settings = self.settings;
            let injection = Injection { pod, pod_name: name, identity, settings, tokens: &tokens };
            edits = injection.plan(findings);
        }
        PodRules::new(pod, [name, account_name], identity.as_ref(), self.settings, &tokens)
            .judge(findings);
        if pod.metadata.stored && !edits.is_empty() {
            described.report_running_without(findings);
        }
        Ok(match &identity {
            None => Verdict::accepted().note("identity", "none"),
            Some(identity) => verdict_with(pod, identity, edits),
        })
    }
}

/// The verdict about a pod that has an identity, but for findings.
fn verdict_with(pod: &Pod<'_>, identity: &Identity<'_>, edits: Edits) -> Verdict {
    let mut containers = String::new();
    for container in pod.spec.containers.iter().filter(|container| identity.is_for(container)) {
        if !containers.is_empty() {
            containers.push(',');
        }
        containers.push_str(&container.name.decode());
    }
    let mut verdict = Verdict::accepted().note("identity", identity.kind());
    if let Some(role_arn) = identity.role_arn() {
        verdict = verdict.note("role-arn", role_arn);
    }
    verdict = if containers.is_empty() {
        verdict.note("skipped", "every container is left out")
    } else if edits.is_empty() {
        verdict.note("containers", containers).note("skipped", "everything is in place")
    } else {
        verdict.note("containers", containers)
    };
    verdict.edits = edits;
    verdict
}

/// A pod, or the pod of a template, with the names that messages use.
struct DescribedPod<'p, 'a> {
    pod: &'p Pod<'a>,
    /// The pod, or the workload.
    name: ObjectName<'p>,
    account_name: ObjectName<'a>,
}

impl DescribedPod<'_, '_> {
    /// The warning about a workload that could not be checked.
    fn unchecked(&self, why: &str) -> String {
        format!("{}: {why}; its pods are checked when they are created", self.name)
    }

    fn report_missing_account(&self, severity: Severity, findings: &mut Findings<'_>) {
        findings.report_as(Rule::ServiceAccountMissing, severity, || {
            let problem = format!(
                "{}: its service account {} does not exist in namespace {}",
                self.name,
                Quoted(&self.account_name.name),
                Visible(&self.account_name.namespace)
            );
            (problem, "create it, or correct spec.serviceAccountName")
        });
    }

    fn report_running_without(&self, findings: &mut Findings<'_>) {
        findings.report(Rule::RunningWithoutIdentity, || {
            let problem = format!(
                "{}: it runs without the AWS identity that {} gives",
                self.name, self.account_name
            );
            (problem, "restart it")
        });
    }
}
