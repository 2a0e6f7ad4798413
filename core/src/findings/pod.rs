//! Findings about a pod as a whole.

use super::container_credentials::is_of_eks_agent;
use super::{Findings, PodChecks};
use crate::catalogue::FindingKind;
use crate::display::Quoted;
use crate::identity::Credentials;
use crate::identity::container_list::ContainerChoice;
use crate::location::{AnnotationOwner, ContainerPart, MaybeLocation};
use crate::names::{annotation, container_credentials, label};

impl PodChecks<'_, '_> {
    pub(super) fn check_pod(&self, findings: &mut Findings<'_>) {
        let any_identity = !self.plan.containers.is_empty();
        if self.identity.is_none() {
            findings.report(self, FindingKind::IdentityRequired, || {
                let problem =
                    format!("{} has no AWS identity, but this policy requires one", self.account);
                let key = format!("{}/{}", self.settings.annotation_prefix, annotation::ROLE_ARN);
                (
                    MaybeLocation::account_name(),
                    problem,
                    format!("annotate the service account with {key}"),
                )
            });
        }
        if self.identity.is_some() || any_identity {
            self.check_service_account_names(findings);
        }
        if self.identity.is_some() {
            self.check_lists(findings);
            self.check_agent(findings);
        }
        if any_identity {
            self.check_isolation(findings);
        }
    }

    fn check_service_account_names(&self, findings: &mut Findings<'_>) {
        let spec = &self.pod.spec;
        let (name, old) = (spec.service_account_name, spec.service_account);
        if name.is_empty() || old.is_empty() || name.is(&old.decode()) {
            return;
        }
        findings.report(self, FindingKind::ServiceAccountMismatch, || {
            let problem = format!(
                "serviceAccountName is {}, but the deprecated serviceAccount is {}, which \
                 Kubernetes ignores",
                Quoted(&name.decode()),
                Quoted(&old.decode())
            );
            (MaybeLocation::pod_field("serviceAccount"), problem, "remove serviceAccount")
        });
    }

    /// Checks the annotations with lists of containers.
    fn check_lists(&self, findings: &mut Findings<'_>) {
        let Some(identity) = self.identity else { return };
        let containers = &self.pod.spec.containers;
        let choice = identity.containers.as_ref().filter(|_| identity.choice_is_of_pod);
        if let Some((key, list)) = choice.map(ContainerChoice::list) {
            for name in list.unknown(containers.iter().map(|container| container.name.decode())) {
                findings.report(self, FindingKind::ContainersAnnotationUnknown, || {
                    let problem = format!(
                        "annotation {}/{key} lists {}, but the pod does not have a container of \
                         this name",
                        self.settings.annotation_prefix,
                        Quoted(name)
                    );
                    let prefix = &self.settings.annotation_prefix;
                    (
                        AnnotationOwner::Pod.at_value(self.name, || format!("{prefix}/{key}")),
                        problem,
                        "correct or remove the name, unless another webhook adds the container",
                    )
                });
            }
        }
        // The setting roleArnFromEnv excludes the containers that do not name a role, which is intended.
        if identity.role().is_none() && identity.is_web_identity() {
            return;
        }
        if !containers.is_empty() && !containers.iter().any(|container| identity.chooses(container))
        {
            findings.report(self, FindingKind::ContainersAllSkipped, || {
                let problem = format!(
                    "every container is excluded, so none gets the AWS identity of {}",
                    self.account
                );
                (
                    self.at_choice(),
                    problem,
                    "include at least one container, or use a service account without an AWS \
                     identity",
                )
            });
        }
    }

    /// The location of the pod's annotation that chooses the containers, or of its service account's name if it has
    /// none.
    fn at_choice(&self) -> MaybeLocation {
        let identity = self.identity.filter(|identity| identity.choice_is_of_pod);
        match identity.and_then(|identity| identity.containers.as_ref()) {
            Some(choice) => {
                let prefix = &self.settings.annotation_prefix;
                let (key, _) = choice.list();
                AnnotationOwner::Pod.at_value(self.name, || format!("{prefix}/{key}"))
            }
            None => MaybeLocation::account_name(),
        }
    }

    /// Checks whether the EKS Pod Identity agent can serve the pod at all ("EKS Pod Identity
    /// considerations", Amazon EKS User Guide).
    fn check_agent(&self, findings: &mut Findings<'_>) {
        // Another agent, such as one in the pod, may work anywhere.
        let credentials = self.identity.map(|identity| &identity.credentials);
        let Some(Credentials::ContainerCredentials { full_uri, .. }) = credentials else { return };
        if !is_of_eks_agent(full_uri) {
            return;
        }
        let (prefix, name) = label::FARGATE_PROFILE;
        let fargate = self.pod.metadata.labels.get(prefix, name).is_some()
            || self.pod.spec.scheduler_name.is(container_credentials::FARGATE_SCHEDULER);
        let where_ = if self.pod.spec.windows {
            "Windows"
        } else if fargate {
            "Fargate"
        } else {
            return;
        };
        findings.report(self, FindingKind::ContainerCredentialsUnsupported, || {
            let problem = format!(
                "{} uses container credentials (EKS Pod Identity), which do not work on {where_}",
                self.account
            );
            (
                MaybeLocation::account_name(),
                problem,
                "remove the service account from the setting containerCredentials, and annotate \
                 it with a role",
            )
        });
    }

    /// Checks whether containers can use the role of the node, or the tokens of other containers.
    fn check_isolation(&self, findings: &mut Findings<'_>) {
        let spec = &self.pod.spec;
        if spec.host_network {
            findings.report(self, FindingKind::HostNetwork, || {
                let problem = "it uses the host network, where it can reach the node's role \
                               through the instance metadata service";
                (
                    MaybeLocation::pod_field("hostNetwork"),
                    problem,
                    "set hostNetwork to false, unless the pod needs the host network",
                )
            });
        }
        let privileged = spec.containers.iter().find(|container| container.security.privileged);
        if spec.share_process_namespace || privileged.is_some() {
            findings.report(self, FindingKind::SharedProcessNamespace, || {
                let (at, why) = match privileged.filter(|_| !spec.share_process_namespace) {
                    Some(container) => (
                        self.at_container(container, || ContainerPart::Security("privileged")),
                        "it has a privileged container",
                    ),
                    None => (
                        MaybeLocation::pod_field("shareProcessNamespace"),
                        "its containers share a process namespace",
                    ),
                };
                let problem = format!("{why}, so one container can read the token of another");
                (at, problem, "run containers with and without the AWS identity in different pods")
            });
        }
    }
}
