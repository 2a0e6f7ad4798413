//! The checks. They report everything that is wrong with an object as findings, each with its kind and severity.
//!
//! There is one file for each family of checks. The modules before this one return errors as data, and only the checks
//! turn them into findings. Checks of containers read [effective containers](EffectiveContainer), which have their own
//! variables and mounts and the planned ones. So a check cannot disagree with the injection.

pub(crate) mod annotations;
mod collector;
mod container_credentials;
mod credentials;
mod endpoint;
mod environment;
mod injection;
pub(crate) mod options;
mod pod;
mod region;
mod role;
mod role_requests;
pub(crate) mod sources;
mod token;
mod untrusted_role;

pub(crate) use collector::{Checked, Finding, Findings, Sorted};
pub(crate) use role_requests::{MAX_REQUESTS, NamedBy, RoleRequest};
pub(crate) use untrusted_role::{report_untrusted, subject};

use crate::display::{ObjectName, Quoted};
use crate::identity::Identity;
use crate::injection::{EffectiveContainer, Injection, Mount, Plan};
use crate::location::{ContainerPart, FindingCause, MaybeLocation};
use crate::object::container::{Container, ContainerKind};
use crate::object::pod::Pod;
use crate::settings::Settings;

/// A pod to check, or the pod of a template, with what is planned for it.
pub(crate) struct PodChecks<'x, 'a> {
    /// The name of the pod, or of the workload.
    name: &'x ObjectName<'x>,
    /// The pod's service account.
    account: &'x ObjectName<'x>,
    pod: &'x Pod<'a>,
    identity: Option<&'x Identity<'x>>,
    settings: &'x Settings<'x>,
    injection: &'x Injection<'x, 'a>,
    plan: &'x Plan<'x, 'a>,
    /// Whether all containers run as the same user.
    one_user: bool,
}

/// A container of the pod.
struct ContainerChecks<'x, 'a> {
    pod: &'x PodChecks<'x, 'a>,
    container: &'x EffectiveContainer<'x, 'a>,
}

impl<'x, 'a> PodChecks<'x, 'a> {
    pub(crate) fn new(
        name: &'x ObjectName<'x>,
        account: &'x ObjectName<'x>,
        plan: &'x Plan<'x, 'a>,
    ) -> Self {
        let injection = plan.injection();
        let Injection { pod, identity, settings, .. } = *injection;
        let one_user = has_one_user(pod);
        Self { name, account, pod, identity, settings, injection, plan, one_user }
    }

    /// Checks the pod, and its containers that have an identity.
    pub(crate) fn check(&self, findings: &mut Findings<'_>) {
        for container in self.containers() {
            container.check_injection(findings);
        }
        self.check_volume(findings);
        for container in self.containers() {
            container.check_environment(findings);
            container.check_credentials(findings);
            container.check_container_credentials(findings);
            container.check_region(findings);
            container.check_endpoint(findings);
            container.check_token(findings);
        }
        self.check_pod(findings);
    }

    fn containers(&self) -> impl Iterator<Item = ContainerChecks<'_, 'a>> {
        self.plan.containers.iter().map(|container| ContainerChecks { pod: self, container })
    }

    /// The location of a part of a container.
    fn at_container(
        &self,
        container: &Container<'_>,
        part: impl FnOnce() -> ContainerPart,
    ) -> MaybeLocation {
        MaybeLocation::new(|| {
            let list = match container.kind {
                ContainerKind::Init => "initContainers",
                ContainerKind::Main => "containers",
            };
            let in_list = self.pod.spec.containers.iter().filter(|one| one.kind == container.kind);
            // The container is in the list, so this is its index.
            let index = in_list.take_while(|one| !std::ptr::eq(*one, container)).count();
            FindingCause::Container { list, index, part: part() }
        })
    }

    fn windows(&self) -> bool {
        self.pod.spec.windows
    }
}

impl Checked for PodChecks<'_, '_> {
    fn object(&self) -> &ObjectName<'_> {
        self.name
    }
}

impl Checked for ContainerChecks<'_, '_> {
    fn object(&self) -> &ObjectName<'_> {
        self.pod.name
    }

    fn container(&self) -> Option<String> {
        Some(self.name())
    }
}

impl<'x> ContainerChecks<'x, '_> {
    /// The name of the container in messages about the pod.
    fn name(&self) -> String {
        let list = match self.container.manifest.kind {
            ContainerKind::Init => "init container",
            ContainerKind::Main => "container",
        };
        format!("{list} {}", Quoted(&self.container.manifest.name.decode()))
    }

    /// The location of a part of the container.
    fn at(&self, part: impl FnOnce() -> ContainerPart) -> MaybeLocation {
        self.pod.at_container(self.container.manifest, part)
    }

    /// The location of a variable whose value the message does not show.
    fn at_variable(&self, name: &str) -> MaybeLocation {
        self.at_definition(name, 0, false)
    }

    /// The location of a variable whose value the message shows.
    fn at_value(&self, name: &str) -> MaybeLocation {
        self.at_definition(name, 0, true)
    }

    /// The location of one of the definitions of a variable, counted from the last one.
    fn at_definition(&self, name: &str, from_last: usize, shows_value: bool) -> MaybeLocation {
        self.at(|| self.definition(name, from_last, shows_value))
    }

    fn definition(&self, name: &str, from_last: usize, shows_value: bool) -> ContainerPart {
        let any_case = self.pod.windows();
        ContainerPart::Variable { name: name.to_owned(), any_case, from_last, shows_value }
    }

    /// The location of a mount.
    fn at_mount(&self, mount: &Mount<'_>) -> MaybeLocation {
        self.at(|| {
            let index = self.container.mounts.iter().position(|other| std::ptr::eq(other, mount));
            index.map_or(ContainerPart::All, ContainerPart::Mount)
        })
    }

    /// The identity, if the container gets it.
    fn identity(&self) -> Option<&'x Identity<'x>> {
        self.container.identity
    }

    /// Whether the container gets a web identity.
    fn gets_web_identity(&self) -> bool {
        self.identity().is_some_and(Identity::is_web_identity)
    }

    /// Whether the container gets container credentials.
    fn gets_container_credentials(&self) -> bool {
        self.identity().is_some_and(Identity::is_container_credentials)
    }
}

/// Whether all containers of a pod run as the same user, by their own security context or that of the pod.
fn has_one_user(pod: &Pod<'_>) -> bool {
    let of_pod = pod.spec.security.run_as_user;
    let mut users =
        pod.spec.containers.iter().map(|container| container.security.run_as_user.or(of_pod));
    let first = users.next();
    users.all(|user| Some(user) == first)
}
