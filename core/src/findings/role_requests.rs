//! Which roles the containers of a pod request from AWS.

use std::borrow::Cow;

use super::{ContainerChecks, PodChecks};
use crate::aws::RoleArn;
use crate::aws::sts::Sts;
use crate::display::ObjectName;
use crate::identity::Identity;
use crate::location::MaybeLocation;
use crate::names::variable::{ROLE_ARN, WEB_IDENTITY_TOKEN_FILE};
use crate::settings::Settings;

/// A request to the STS of AWS: the role, and the audience of the token.
pub(crate) struct RoleRequest<'x> {
    pub(crate) role_arn: Cow<'x, str>,
    pub(crate) audience: Cow<'x, str>,
    pub(crate) named_by: NamedBy,
    /// Where the role is named.
    pub(crate) at: MaybeLocation,
}

/// What names the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// The service account, or settings for it.
    Account,
    /// A container, as messages about the pod name it.
    Container(String),
}

impl<'x> RoleRequest<'x> {
    /// The request of the pods of a service account that have this identity; none if they use another STS or have no
    /// role of AWS.
    pub(crate) fn of_account(
        identity: &'x Identity<'_>,
        account: &ObjectName<'_>,
        settings: &Settings<'_>,
    ) -> Option<Self> {
        let role_arn = identity.role()?.text();
        let at = MaybeLocation::role_of_account(account, settings);
        is_for_aws(role_arn, Some(identity.sts())).then(|| Self {
            role_arn: Cow::Borrowed(role_arn),
            audience: Cow::Borrowed(&identity.token.audience),
            named_by: NamedBy::Account,
            at,
        })
    }
}

/// Whether the request is for the STS of AWS, and the role can be one of AWS.
fn is_for_aws(role_arn: &str, sts: Option<Sts>) -> bool {
    sts == Some(Sts::Aws) && RoleArn::parse(role_arn).is_ok()
}

/// The largest number of roles of a pod that are checked, so that hostile pods cost little. The answer says if a pod has more.
pub(crate) const MAX_REQUESTS: usize = 30;

impl PodChecks<'_, '_> {
    /// The requests of the containers to AWS, as far as the manifest and the plan show them, each role and audience
    /// once: the first ones, at most one more than [`MAX_REQUESTS`].
    pub(crate) fn role_requests(&self) -> Vec<RoleRequest<'_>> {
        let mut requests: Vec<RoleRequest<'_>> = Vec::new();
        for container in &self.plan.containers {
            let checks = ContainerChecks { pod: self, container };
            let Some((role_arn, audience)) = checks.role_and_audience() else { continue };
            let known = |request: &RoleRequest<'_>| {
                request.role_arn == role_arn && request.audience == audience
            };
            if requests.iter().any(known) {
                continue;
            }
            let ours = container.identity.and_then(Identity::role).map(RoleArn::text);
            let (named_by, at) = if ours == Some(&*role_arn) {
                (NamedBy::Account, MaybeLocation::role_of_account(self.account, self.settings))
            } else {
                (NamedBy::Container(checks.name()), checks.at_value(ROLE_ARN))
            };
            requests.push(RoleRequest { role_arn, audience, named_by, at });
            if requests.len() > MAX_REQUESTS {
                break;
            }
        }
        requests
    }
}

impl<'x> ContainerChecks<'x, '_> {
    /// The role, and the audience of the token, if the container certainly requests the role from AWS.
    fn role_and_audience(&self) -> Option<(Cow<'x, str>, Cow<'x, str>)> {
        let role_arn = self.container.literal(ROLE_ARN)?;
        let file = self.container.literal(WEB_IDENTITY_TOKEN_FILE)?;
        if !is_for_aws(role_arn, self.sts()) {
            return None;
        }
        let audience = self.audience_of(file).filter(|audience| !audience.is_empty())?;
        Some((Cow::Borrowed(role_arn), audience))
    }
}
