//! Rules about pods, about the pods that templates describe, and about the keys of annotations. Rules about the
//! value of one option are where the option is read (`identity`), those about what keeps an identity from being
//! wired in where it would be (`injection`).

mod container_credentials;
mod credentials;
mod environment;
pub(crate) mod keys;
mod pod;
pub(crate) mod projected_tokens;
mod region;
mod token;

use std::borrow::Cow;

use crate::findings::{Findings, ObjectName};
use crate::identity::Identity;
use crate::identity::partition::Partition;
use crate::identity::role_arn::RoleArn;
use crate::names::variable;
use crate::object::container::Container;
use crate::object::pod::{Pod, PodSpec};
use crate::object::volume::Volume;
use crate::paths::ContainerPath;
use crate::settings::Settings;
use aws_pod_identity_json::search::{same, split};
use projected_tokens::ProjectedTokens;

/// A pod to judge, with all that rules ask about it.
pub(crate) struct PodRules<'x, 'a> {
    pod: &'x Pod<'a>,
    name: &'x ObjectName<'x>,
    /// The pod's service account.
    account: &'x ObjectName<'x>,
    identity: Option<&'x Identity<'x>>,
    settings: &'x Settings<'x>,
    /// Whether all containers run as the same user.
    one_user: bool,
    tokens: &'x ProjectedTokens<'x, 'a>,
    /// The volume of the pod that has the name of the identity's own.
    own_volume: Option<&'x Volume<'a>>,
    /// Where the identity's token is mounted, usually.
    mount_path: Option<ContainerPath<'x>>,
}

/// One container of it.
struct ContainerRules<'x, 'a> {
    rules: &'x PodRules<'x, 'a>,
    container: &'x Container<'a>,
}

/// Whether all containers of a pod run as the same user, by their own or by the pod's security context.
fn has_one_user(pod: &Pod<'_>) -> bool {
    let mut users = pod
        .spec
        .containers
        .iter()
        .map(|container| container.security.run_as_user.or(pod.spec.security.run_as_user));
    let first = users.next();
    users.all(|user| Some(user) == first)
}

impl<'x, 'a> PodRules<'x, 'a> {
    pub(crate) fn new(
        pod: &'x Pod<'a>,
        [name, account]: [&'x ObjectName<'x>; 2],
        identity: Option<&'x Identity<'x>>,
        settings: &'x Settings<'x>,
        tokens: &'x ProjectedTokens<'x, 'a>,
    ) -> Self {
        let PodSpec { volumes, windows, .. } = &pod.spec;
        let token = identity.map(|identity| &identity.token);
        Self {
            pod,
            name,
            account,
            identity,
            settings,
            one_user: has_one_user(pod),
            tokens,
            own_volume: token
                .and_then(|token| volumes.iter().find(|volume| volume.name.is(&token.volume))),
            mount_path: token.map(|token| ContainerPath::new(&*token.mount_path, *windows)),
        }
    }

    /// Judges the pod, and those of its containers that have an identity or set one up by hand.
    #[inline(never)]
    pub(crate) fn judge(&self, findings: &mut Findings<'_>) {
        let mut concerned = false;
        for container in &self.pod.spec.containers {
            if self.gets_identity(container) || sets_identity(container) {
                concerned = true;
                self.judge_container(container, findings);
            }
        }
        self.judge_pod(concerned, findings);
    }

    fn judge_container(&self, container: &Container<'a>, findings: &mut Findings<'_>) {
        let rules = ContainerRules { rules: self, container };
        rules.judge_environment(findings);
        rules.judge_credentials(findings);
        rules.judge_container_credentials(findings);
        rules.judge_region(findings);
        rules.judge_token(findings);
    }

    /// Whether the pod's identity is for the container.
    fn gets_identity(&self, container: &Container<'_>) -> bool {
        self.identity.is_some_and(|identity| identity.is_for(container))
    }
}

impl ContainerRules<'_, '_> {
    fn describe(&self) -> String {
        self.container.describe(self.rules.name)
    }

    /// The identity, if it is for this container.
    fn identity(&self) -> Option<&Identity<'_>> {
        self.rules.identity.filter(|identity| identity.is_for(self.container))
    }

    /// The role that programs in the container will see, where that can be told.
    fn role_arn(&self) -> Option<Cow<'_, str>> {
        match self.container.variable(variable::ROLE_ARN) {
            Some(role) => role.literal(),
            None => self.identity().and_then(Identity::role_arn).map(Cow::Borrowed),
        }
    }

    /// The partition of that role.
    fn partition(&self) -> Option<Partition> {
        let role = self.role_arn()?;
        let ours = self.identity().and_then(Identity::role_arn);
        if ours.is_some_and(|ours| same(ours, &role)) {
            // Known to be well-formed, and asked for each container.
            return Partition::of_name(split(&role, b':').nth(1)?);
        }
        RoleArn::parse(&role).ok().map(|arn| arn.partition)
    }
}

/// Whether the manifest gives the container an AWS identity by itself.
pub(crate) fn sets_identity(container: &Container<'_>) -> bool {
    let by_hand = [
        variable::ROLE_ARN,
        variable::WEB_IDENTITY_TOKEN_FILE,
        variable::CONTAINER_FULL_URI,
        variable::CONTAINER_RELATIVE_URI,
        variable::CONTAINER_TOKEN_FILE,
    ];
    container.variables.iter().any(|variable| by_hand.iter().any(|name| variable.name.is(name)))
}
