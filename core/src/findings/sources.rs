//! Findings about the identity as a whole: whether its sources agree, and whether a running pod has it.

use super::Findings;
use super::role::check_role;
use crate::catalogue::{FindingKind, Severity};
use crate::display::{ObjectName, Quoted, Visible};
use crate::identity::role_map::RoleMapProblem;
use crate::identity::{Credentials, Resolved, RoleSource};
use crate::location::MaybeLocation;
use crate::settings::Settings;

/// Checks the identity of an object, and its sources.
pub(crate) fn check_resolved(
    resolved: &Resolved<'_>,
    account: &ObjectName<'_>,
    settings: &Settings<'_>,
    findings: &mut Findings<'_>,
) {
    if let Some(problem) = &resolved.role_map_problem {
        report_role_map(problem, account, settings, findings);
    }
    let Some(identity) = &resolved.identity else { return };
    match &identity.credentials {
        Credentials::ContainerCredentials { unused_role: Some(role), .. } => {
            findings.report(account, FindingKind::IdentityDeclaredTwice, || {
                let problem = format!(
                    "its pods use container credentials (EKS Pod Identity), so the role {} is not \
                     used",
                    Quoted(role.text())
                );
                (
                    MaybeLocation::role_of_account(account, settings),
                    problem,
                    "remove the role-arn annotation, or remove the service account from the \
                     setting containerCredentials",
                )
            });
        }
        // A role in an annotation is checked with the annotation.
        Credentials::WebIdentity { role, source } if *source != RoleSource::Annotation => {
            let named = || {
                let source = source.describe();
                let text = format!("its role from {source}, {},", Quoted(role.text()));
                (MaybeLocation::account_name(), text)
            };
            check_role(role, identity.sts(), account, &named, settings, findings);
        }
        _ => {}
    }
}

fn report_role_map(
    problem: &RoleMapProblem<'_>,
    account: &ObjectName<'_>,
    settings: &Settings<'_>,
    findings: &mut Findings<'_>,
) {
    const KIND: FindingKind = FindingKind::RoleMapInvalid;
    let Some(source) = &settings.role_map else { return };
    let map = source.object_name();
    let is_whole_map = match problem {
        RoleMapProblem::Missing | RoleMapProblem::NoConfig | RoleMapProblem::Malformed => true,
        RoleMapProblem::Entry { .. } | RoleMapProblem::TokenExpiration { .. } => false,
    };
    let severity = match problem {
        RoleMapProblem::Entry { .. } => KIND.default_severity(),
        // A map that cannot be read may have no entry for the account. A token with another lifetime works.
        _ => Severity::Warn,
    };
    findings.report_as(if is_whole_map { &map } else { account }, KIND, severity, || {
        let mut text = problem.to_string();
        if is_whole_map {
            text = format!("{text}, so {account} gets no role from it");
        }
        (MaybeLocation::account_name(), text, "ask the cluster administrators to correct it")
    });
}

/// Reports that the service account of a pod does not exist.
pub(crate) fn report_missing_account(
    name: &ObjectName<'_>,
    account: &ObjectName<'_>,
    severity: Severity,
    findings: &mut Findings<'_>,
) {
    findings.report_as(name, FindingKind::ServiceAccountMissing, severity, || {
        let problem = format!(
            "its service account {} does not exist in namespace {}",
            Quoted(&account.name),
            Visible(&account.namespace)
        );
        (
            MaybeLocation::missing_account(account),
            problem,
            "create the service account, or correct spec.serviceAccountName",
        )
    });
}

/// Reports that a running pod does not have its identity.
pub(crate) fn report_running_without(
    name: &ObjectName<'_>,
    account: &ObjectName<'_>,
    findings: &mut Findings<'_>,
) {
    findings.report(name, FindingKind::RunningWithoutIdentity, || {
        let problem = format!("the running pod does not have the AWS identity of {account}");
        (MaybeLocation::account_name(), problem, "recreate the pod")
    });
}
