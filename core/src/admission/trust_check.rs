//! Which roles the pods of a service account request from AWS, and whether AWS gives them the credentials.

use super::Admission;
use crate::catalogue::Severity;
use crate::display::ObjectName;
use crate::findings::{Findings, NamedBy, RoleRequest, report_untrusted, subject};
use crate::identity::lookup::GetResource;
use crate::identity::options::{AccountOptions, AnnotatedRole, PodOptions};
use crate::identity::role_trust::RoleTrust;
use crate::identity::{Identity, Resolution};
use crate::object::Object;
use crate::response::{NamedContainer, RoleUse, Unchecked};
use aws_pod_identity_trust::exported::Question;

impl Admission<'_, '_> {
    /// Whether the evaluation needs the requests for roles.
    pub(super) fn needs_requests(&self) -> bool {
        self.settings.role_trust.is_some() || self.returns_roles
    }

    /// The identity of the pods of a service account, if its annotation names the role. A role from another source is
    /// checked with the pods.
    pub(super) fn annotated_identity<'s>(
        &'s self,
        account: &'s ObjectName<'s>,
        options: AccountOptions<'s>,
        get_resource: &mut GetResource<'_>,
    ) -> Option<Identity<'s>> {
        if !self.needs_requests() || !matches!(options.role, AnnotatedRole::Usable { .. }) {
            return None;
        }
        let resolution = Resolution { account, settings: self.settings, uid: "", containers: &[] };
        resolution.resolve(options, PodOptions::default(), get_resource).ok()?.identity
    }

    /// The requests as data, for callers that need more than the answer.
    pub(super) fn role_uses(
        &self,
        requests: &[RoleRequest<'_>],
        object: &ObjectName<'_>,
        account: &ObjectName<'_>,
    ) -> Vec<RoleUse> {
        if !self.returns_roles {
            return Vec::new();
        }
        let kept = requests.iter().map(|request| RoleUse {
            role_arn: request.role_arn.to_string(),
            audience: request.audience.to_string(),
            namespace: account.namespace.to_string(),
            service_account: account.name.to_string(),
            container: match &request.named_by {
                NamedBy::Account => None,
                NamedBy::Container(name) => {
                    Some(NamedContainer { object: object.to_string(), name: name.clone() })
                }
            },
            warns_only: self.ceiling(&request.named_by) < Severity::Reject,
            location: request.at.clone().into_location(),
        });
        kept.collect()
    }

    /// The highest severity of a role that AWS does not give. The role of a service account does not reject a workload,
    /// because the service account is checked in its own request.
    fn ceiling(&self, named_by: &NamedBy) -> Severity {
        let is_workload = matches!(self.request.object, Object::Template(_) | Object::Custom(_));
        if is_workload && *named_by == NamedBy::Account { Severity::Warn } else { Severity::Reject }
    }

    /// Checks by the ConfigMap of the setting `roleTrust` whether AWS gives the credentials of roles to the pods of an
    /// account. Returns a warning if the ConfigMap does not say. That never rejects, because AWS decides by the trust
    /// policies, of which the ConfigMap is a copy.
    pub(super) fn check_trust(
        &self,
        requests: &[RoleRequest<'_>],
        object: &ObjectName<'_>,
        account: &ObjectName<'_>,
        get_resource: &mut GetResource<'_>,
        findings: &mut Findings<'_>,
    ) -> Option<Unchecked> {
        let source = self.settings.role_trust.as_ref().filter(|_| !requests.is_empty())?;
        let mut check = || {
            let role_arns = requests.iter().map(|request| &*request.role_arn);
            let trust = RoleTrust::look_up(source, role_arns, get_resource)?;
            let exported = trust.read()?;
            let subject = subject(account);
            for request in requests {
                let RoleRequest { role_arn, audience, named_by, .. } = request;
                let question = Question { role_arn, subject: &subject, audience };
                let decision = exported.decide(&question).map_err(|why| trust.explain(why))?;
                findings.at_most(self.ceiling(named_by), |findings| {
                    report_untrusted(request, &decision, &exported, object, account, findings);
                });
            }
            Ok(())
        };
        let why: Result<(), String> = check();
        why.err().map(|why| Unchecked {
            object: object.to_string(),
            why: format!("{why}, so the trust policies of its roles are not checked"),
        })
    }
}
