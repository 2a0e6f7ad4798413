//! From a request to a verdict: the steps for each kind of object, in their order.

mod custom;
mod template;
mod trust_check;

use std::borrow::Cow;

use crate::aws::RoleArn;
use crate::catalogue::Severity;
use crate::display::ObjectName;
use crate::findings::annotations::AnnotationChecks;
use crate::findings::options::OptionChecks;
use crate::findings::{Findings, MAX_REQUESTS, PodChecks, RoleRequest, sources};
use crate::identity::account::{account_query, read_account};
use crate::identity::lookup::{GetResource, LookupFailure};
use crate::identity::options::{AccountOptions, PodOptions};
use crate::identity::{Resolution, Unresolved};
use crate::injection::{Injection, Plan};
use crate::location::AnnotationOwner;
use crate::names::{annotation, label, variable};
use crate::object::Object;
use crate::object::metadata::Metadata;
use crate::object::pod::Pod;
use crate::object::service_account::ServiceAccount;
use crate::request::{AdmissionRequest, Operation};
use crate::response::{Unchecked, Verdict};
use crate::settings::Settings;

/// A request to evaluate, with the settings of the policy.
pub(crate) struct Admission<'x, 'a> {
    /// The payload that everything else is a view of.
    pub(crate) document: &'a [u8],
    pub(crate) request: &'x AdmissionRequest<'a>,
    pub(crate) settings: &'x Settings<'x>,
    /// Whether the verdict has the roles that pods request from AWS.
    pub(crate) returns_roles: bool,
}

impl Admission<'_, '_> {
    /// Evaluates the object of the request.
    pub(crate) fn evaluate(&self, get_resource: &mut GetResource<'_>) -> Verdict {
        if self.request.subresource {
            return Verdict::accepted();
        }
        match (&self.request.object, self.request.operation) {
            (Object::Pod(pod), Operation::Create) => self.evaluate_pod(pod, get_resource),
            (Object::Template(template), Operation::Create | Operation::Update) => {
                self.evaluate_template(template, get_resource)
            }
            (Object::ServiceAccount(account), Operation::Create | Operation::Update) => {
                self.evaluate_account(account, get_resource)
            }
            (Object::Custom(custom), Operation::Create | Operation::Update) => {
                self.evaluate_custom(custom, get_resource)
            }
            _ => Verdict::accepted(),
        }
    }

    fn evaluate_account(
        &self,
        account: &ServiceAccount<'_>,
        get_resource: &mut GetResource<'_>,
    ) -> Verdict {
        if account.metadata.deleting {
            return Verdict::accepted();
        }
        let namespace = self.namespace(&account.metadata);
        let name =
            ObjectName { kind: "ServiceAccount", namespace, name: account.metadata.display_name() };
        if let Some(Object::ServiceAccount(old)) = &self.request.old_object
            && self
                .annotation_checks(&name, &account.metadata, AnnotationOwner::Account)
                .are_unchanged(&old.metadata.annotations)
        {
            return Verdict::accepted();
        }
        let mut findings = Findings::new(&self.settings.severities);
        let options = self.check_account(&name, account, &mut findings);
        let mut verdict = Verdict::accepted();
        let identity = self.annotated_identity(&name, options, get_resource);
        let request = identity
            .as_ref()
            .and_then(|identity| RoleRequest::of_account(identity, &name, self.settings));
        let requests: Vec<_> = request.into_iter().collect();
        verdict.roles = self.role_uses(&requests, &name, &name);
        verdict.unchecked.extend(self.check_trust(
            &requests,
            &name,
            &name,
            get_resource,
            &mut findings,
        ));
        verdict.with_findings(findings.into_sorted())
    }

    fn evaluate_pod(&self, pod: &Pod<'_>, get_resource: &mut GetResource<'_>) -> Verdict {
        if let Some(reason) = self.reason_to_skip(pod) {
            return Verdict::accepted().note("skipped", reason);
        }
        let described = self.describe(pod, "Pod", &pod.metadata);
        let mut findings = Findings::new(&self.settings.severities);
        let ceilings = Ceilings {
            reports_missing_account: true,
            account: Severity::Reject,
            pod: Severity::Reject,
        };
        match self.evaluate_described(&described, &ceilings, get_resource, &mut findings) {
            Ok(verdict) => verdict.with_findings(findings.into_sorted()),
            Err(Unresolved::LookupFailed(failure)) => self.lookup_failed(&described, failure),
            Err(Unresolved::MappingInvalid(why)) => Verdict::refused(why, 500),
        }
    }

    /// The verdict about a pod whose identity is not known. It is not checked: nearly every check depends on the
    /// identity.
    fn lookup_failed(&self, described: &DescribedPod<'_, '_>, failure: LookupFailure) -> Verdict {
        let LookupFailure { mut message, transient } = failure;
        if self.settings.admit_on_lookup_failure {
            let object = described.name.to_string();
            let why = format!(
                "it is admitted without an AWS identity and without checks (lookupFailure: \
                 admit): {message}; if it needs an identity, create it again when the lookup works",
            );
            return Verdict::unchecked(Unchecked { object, why })
                .note("identity", "none")
                .note("lookup-failure", message);
        }
        if transient {
            message.push_str("; retry the request (controllers retry automatically)");
        }
        Verdict::refused(message, 500)
    }

    /// Why a pod is skipped, whatever its service account is.
    fn reason_to_skip(&self, pod: &Pod<'_>) -> Option<String> {
        let deleted = || pod.metadata.deleting.then(|| "being deleted".to_owned());
        self.reason_to_skip_pods(pod).or_else(deleted)
    }

    /// Why the pods of a template are skipped. They do not get a `deletionTimestamp` from the template, so it is not
    /// checked.
    fn reason_to_skip_pods(&self, pod: &Pod<'_>) -> Option<String> {
        let prefix = &self.settings.annotation_prefix;
        let (mirror_prefix, mirror_name) = annotation::MIRROR_POD;
        if pod.metadata.annotations.get(mirror_prefix, mirror_name).is_some() {
            return Some("mirror pod".to_owned());
        }
        if pod.metadata.labels.get(prefix, label::SKIP_WEBHOOK).is_some() {
            return Some(format!("label {prefix}/{}", label::SKIP_WEBHOOK));
        }
        None
    }

    /// The namespace of the object. API servers set it in the request; a request that is written by hand may lack it.
    fn namespace<'m>(&'m self, metadata: &Metadata<'m>) -> Cow<'m, str> {
        let named = self.request.namespace;
        if named.is_empty() { metadata.namespace.decode() } else { named.decode() }
    }

    fn describe<'p, 'a>(
        &self,
        pod: &'p Pod<'a>,
        kind: &'p str,
        metadata: &'p Metadata<'a>,
    ) -> DescribedPod<'p, 'a> {
        let name = metadata.display_name();
        let namespace = self.namespace(metadata).into_owned();
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

    fn annotation_checks<'n>(
        &'n self,
        object: &'n ObjectName<'n>,
        metadata: &'n Metadata<'n>,
        owner: AnnotationOwner,
    ) -> AnnotationChecks<'n, 'n> {
        AnnotationChecks {
            object,
            owner,
            annotations: &metadata.annotations,
            settings: self.settings,
        }
    }

    /// Checks the annotations of a service account, which may be older than the policy, and reads its options.
    fn check_account<'s>(
        &self,
        name: &ObjectName<'_>,
        account: &ServiceAccount<'s>,
        findings: &mut Findings<'_>,
    ) -> AccountOptions<'s> {
        self.annotation_checks(name, &account.metadata, AnnotationOwner::Account)
            .check_account(findings);
        let (options, problems) =
            AccountOptions::read(&account.metadata.annotations, self.settings);
        let owner = AnnotationOwner::Account;
        let checks = OptionChecks { object: name, owner, settings: self.settings };
        checks.check_account(&options, &problems, findings);
        options
    }

    /// Looks up the service account of a pod, or of the pod of a template, and checks both.
    fn evaluate_described(
        &self,
        described: &DescribedPod<'_, '_>,
        ceilings: &Ceilings,
        get_resource: &mut GetResource<'_>,
        findings: &mut Findings<'_>,
    ) -> Result<Verdict, Unresolved> {
        let DescribedPod { name, account_name, .. } = described;
        let query = account_query(self.settings, account_name);
        let failed = |error| Unresolved::LookupFailed(query.explain(&error));
        let answer = query.ask(get_resource).map_err(failed)?;
        let account = answer.as_ref().map(|answer| read_account(query, answer));
        let account = account.transpose().map_err(failed)?;
        let (options, ceiling) = if let Some(account) = &account {
            let options = findings.at_most(ceilings.account, |findings| {
                self.check_account(account_name, account, findings)
            });
            (options, ceilings.pod)
        } else {
            if ceilings.reports_missing_account {
                let severity = ceilings.account;
                sources::report_missing_account(name, account_name, severity, findings);
            }
            let options = AccountOptions::of_missing_account(self.settings);
            (options, ceilings.pod.min(ceilings.account))
        };
        findings.at_most(ceiling, |findings| {
            self.evaluate_with_account(described, options, get_resource, findings)
        })
    }

    /// Plans what is added to a pod, or to the pod of a template, and checks it.
    fn evaluate_with_account(
        &self,
        described: &DescribedPod<'_, '_>,
        account: AccountOptions<'_>,
        get_resource: &mut GetResource<'_>,
        findings: &mut Findings<'_>,
    ) -> Result<Verdict, Unresolved> {
        let DescribedPod { pod, name, account_name } = described;
        self.annotation_checks(name, &pod.metadata, AnnotationOwner::Pod).check_pod(findings);
        let (options, problems) = PodOptions::read(&pod.metadata.annotations, self.settings);
        let uid = self.request.uid.decode();
        let resolution = Resolution {
            account: account_name,
            settings: self.settings,
            uid: &uid,
            containers: &pod.spec.containers,
        };
        let resolved = resolution.resolve(account, options, get_resource)?;
        sources::check_resolved(&resolved, account_name, self.settings, findings);
        let injection = Injection::new(pod, resolved.identity.as_ref(), self.settings);
        if injection.identity.is_some() {
            // Without an identity, wrong options of the pod have no effect.
            let owner = AnnotationOwner::Pod;
            let checks = OptionChecks { object: name, owner, settings: self.settings };
            checks.check_values(&problems, findings);
        }
        let plan = injection.plan();
        let checks = PodChecks::new(name, account_name, &plan);
        checks.check(findings);
        let mut requests = if self.needs_requests() { checks.role_requests() } else { Vec::new() };
        let has_more = requests.len() > MAX_REQUESTS;
        requests.truncate(MAX_REQUESTS);
        let unchecked = self.check_trust(&requests, name, account_name, get_resource, findings);
        if pod.metadata.stored && !plan.is_empty() {
            sources::report_running_without(name, account_name, findings);
        }
        let mut verdict = verdict_with(&plan);
        verdict.unchecked.extend(unchecked);
        if has_more {
            let why = format!(
                "it uses more than {MAX_REQUESTS} roles, of which only the first {MAX_REQUESTS} are checked"
            );
            verdict.unchecked.push(Unchecked { object: name.to_string(), why });
        }
        verdict.roles = self.role_uses(&requests, name, account_name);
        // Templates are not edited.
        if let Object::Pod(_) = self.request.object {
            verdict.edits = plan.edits();
        }
        Ok(verdict)
    }
}

/// The largest number of roles that are listed for the audit log: more than fit into an audit annotation.
const MAX_ROLES: usize = 100;

/// The verdict about a pod, without findings and edits.
fn verdict_with(plan: &Plan<'_, '_>) -> Verdict {
    let Some(identity) = plan.injection().identity else {
        return Verdict::accepted().note("identity", "none");
    };
    let mut verdict = Verdict::accepted().note("identity", identity.kind());
    let injected = plan.containers.iter().filter(|container| container.identity.is_some());
    let mut roles: Vec<&str> = Vec::new();
    // Containers may name their own roles.
    if identity.is_web_identity() && plan.injection().settings.role_arn_from_env {
        for role in injected.clone().filter_map(|one| one.literal(variable::ROLE_ARN)) {
            if !roles.contains(&role) {
                roles.push(role);
            }
            if roles.len() == MAX_ROLES {
                break;
            }
        }
    }
    if roles.is_empty() {
        roles.extend(identity.role().map(RoleArn::text));
    }
    if !roles.is_empty() {
        verdict = verdict.note("role-arn", roles.join(","));
    }
    let names: Vec<_> = injected.map(|container| container.manifest.name.decode()).collect();
    verdict = if names.is_empty() {
        verdict.note("skipped", "every container is excluded")
    } else if plan.is_empty() {
        verdict.note("containers", names.join(",")).note("skipped", "already injected")
    } else {
        verdict.note("containers", names.join(","))
    };
    verdict
}

/// The highest severities of findings about a pod and its service account.
struct Ceilings {
    /// Whether a missing service account is reported.
    reports_missing_account: bool,
    /// The severity of findings about the service account, or if it is missing.
    account: Severity,
    /// The severity of findings about the pod.
    pod: Severity,
}

/// A pod, or the pod of a template, with the names that messages use.
struct DescribedPod<'p, 'a> {
    pod: &'p Pod<'a>,
    /// The pod, or the workload.
    name: ObjectName<'p>,
    account_name: ObjectName<'a>,
}
