//! Findings about a role, which an annotation, the settings or a variable names.

use super::{Checked, Findings};
use crate::aws::RoleArn;
use crate::aws::sts::Sts;
use crate::catalogue::FindingKind;
use crate::display::{ObjectName, Visible};
use crate::location::MaybeLocation;
use crate::settings::Settings;

/// Checks the role of a service account. The rules of AWS apply only to roles of AWS. `named` gives the location of the
/// role, and the start of the problem: what names the role, and the ARN.
pub(super) fn check_role(
    arn: &RoleArn<'_>,
    sts: Sts,
    account: &ObjectName<'_>,
    named: &dyn Fn() -> (MaybeLocation, String),
    settings: &Settings<'_>,
    findings: &mut Findings<'_>,
) {
    let is_of_aws = sts == Sts::Aws;
    let reserved = if !is_of_aws {
        None
    } else if arn.path().starts_with("/aws-service-role/") {
        Some("is a service-linked role, which only its AWS service can assume")
    } else if arn.path().starts_with("/aws-reserved/") {
        Some("is a role of IAM Identity Center (SSO), which a web identity cannot assume")
    } else {
        None
    };
    if let Some(why) = reserved {
        findings.report(account, FindingKind::RoleArnNotAssumable, || {
            let (at, role) = named();
            (at, format!("{role} {why}"), "use a role that trusts the cluster's OIDC provider")
        });
    }
    if is_of_aws && is_node_role(arn.name()) {
        findings.report(account, FindingKind::RoleArnNodeRole, || {
            let (at, role) = named();
            let problem = format!(
                "{role} looks like the role of the cluster's nodes, which usually does not trust \
                 the cluster's OIDC provider"
            );
            (at, problem, "use a separate role with only the permissions that the pods need")
        });
    }
    if account.name == "default" {
        findings.report(account, FindingKind::RoleOnDefaultServiceAccount, || {
            let (at, role) = named();
            let problem = format!(
                "{role} applies to every pod in the namespace that does not set a service account"
            );
            (at, problem, "create a separate service account for the pods that need the role")
        });
    }
    check_allowed(arn.text(), account, account, named, settings, findings);
}

/// Checks whether the settings allow the role for the service account.
pub(super) fn check_allowed(
    role_arn: &str,
    checked: &dyn Checked,
    account: &ObjectName<'_>,
    named: &dyn Fn() -> (MaybeLocation, String),
    settings: &Settings<'_>,
    findings: &mut Findings<'_>,
) {
    if !settings.allowed_roles.allow(&account.namespace, &account.name, role_arn) {
        findings.report(checked, FindingKind::RoleArnNotAllowed, || {
            let (at, role) = named();
            let problem =
                format!("{role} is not allowed in namespace {}", Visible(&account.namespace));
            (
                at,
                problem,
                "use an allowed role, or ask the cluster administrators to extend the setting \
                 allowedRoles",
            )
        });
    }
}

/// Whether the name is one that EKS, eksctl, Karpenter or CloudFormation templates give to the role of nodes.
fn is_node_role(name: &str) -> bool {
    const NAMES: [&str; 3] =
        ["AmazonEKSAutoNodeRole", "AmazonEKSNodeRole", "AmazonEKSHybridNodesRole"];
    // eksctl starts the name of a role with the name of the cluster, which may contain "-nodegroup-".
    let of_account = name.contains("-addon-iamserviceaccount-");
    NAMES.contains(&name)
        || name.starts_with("KarpenterNodeRole-")
        || name.contains("NodeInstanceRole")
        || (name.starts_with("eksctl-") && name.contains("-nodegroup-") && !of_account)
}
