//! What is written into a pod: environment variables, the token's mount and its volume.
//!
//! Names, order and conditions are those of the Amazon EKS Pod Identity webhook v0.6.17; `docs/injection.md`
//! has the tables and the few deliberate differences.

mod environment;
mod splice;

pub(crate) use splice::Edits;

use std::borrow::Cow;

use crate::findings::{Findings, ObjectName, Quoted, Rule};
use crate::identity::{Credentials, Identity};
use crate::names::{label, variable};
use crate::object::container::{Container, VolumeMount};
use crate::object::pod::Pod;
use crate::paths::ContainerPath;
use crate::rules::projected_tokens::ProjectedTokens;
use crate::settings::Settings;
use aws_pod_identity_json::{push_member, push_string};
use environment::Environment;

/// What it takes to judge and inject one pod.
pub(crate) struct Injection<'x, 'a> {
    pub(crate) pod: &'x Pod<'a>,
    pub(crate) pod_name: &'x ObjectName<'x>,
    pub(crate) identity: &'x Identity<'x>,
    pub(crate) settings: &'x Settings<'x>,
    pub(crate) tokens: &'x ProjectedTokens<'x, 'a>,
}

impl<'x, 'a> Injection<'x, 'a> {
    /// The containers that the identity is for.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &'x Container<'a>> {
        self.pod.spec.containers.iter().filter(|container| self.identity.is_for(container))
    }

    /// Plans the edits that wire the identity into the pod, and reports what stands in their way. What
    /// is already in place is left as it is.
    #[inline(never)]
    pub(crate) fn plan(&self, findings: &mut Findings<'_>) -> Edits {
        let mut edits = Edits::default();
        let mut any = false;
        let mut needs_volume = false;
        // The same for each container.
        let environment = Environment::new(self);
        let windows = self.pod.spec.windows;
        let place = ContainerPath::new(&*self.identity.token.mount_path, windows);
        let mount = self.mount();
        for container in self.containers() {
            any = true;
            let variables = environment.missing(container, findings);
            if !variables.is_empty() {
                edits.append(container.end, "env", &container.env, &variables);
            }
            let other = container.mounts_and_paths(windows).find(|(_, path)| path.is(&place));
            if other.is_some_and(|other| self.is_token(container, other)) {
                continue;
            }
            needs_volume = true;
            if self.lacks_mount(container, other.map(|(mount, _)| mount), findings) {
                edits.append(container.end, "volumeMounts", &container.volume_mounts, &mount);
            }
        }
        if needs_volume {
            self.add_volume(&mut edits, findings);
        }
        if any {
            self.add_label(&mut edits);
        }
        edits
    }

    /// Whether the token's mount is to be added to the container. `other` is one in its place, which is
    /// reported.
    fn lacks_mount(
        &self,
        container: &Container<'_>,
        other: Option<&VolumeMount<'_>>,
        findings: &mut Findings<'_>,
    ) -> bool {
        let token = &self.identity.token;
        if container.mounts.iter().any(|mount| mount.volume.is(&token.volume)) {
            return false;
        }
        if let Some(other) = other {
            findings.report(Rule::TokenMountConflict, || {
                let problem = format!(
                    "{}: volume {} is mounted at {}, where the token of the AWS identity goes",
                    container.describe(self.pod_name),
                    Quoted(&other.volume.decode()),
                    Quoted(&other.path.decode())
                );
                (problem, "mount it somewhere else, or remove it: the token's own volume is added")
            });
            return false;
        }
        true
    }

    /// Whether that mount brings the container the identity's token: as good as ours, under another name.
    fn is_token(
        &self,
        container: &Container<'_>,
        (mount, at): (&VolumeMount<'_>, &ContainerPath<'_>),
    ) -> bool {
        let windows = self.pod.spec.windows;
        let token = || {
            let volume = mount.volume.decode();
            match container.variable(variable::WEB_IDENTITY_TOKEN_FILE) {
                // It will be set to the usual file.
                None => {
                    let file = ContainerPath::of_file(&self.identity.token.file, windows);
                    self.tokens.get(&volume, &file)
                }
                Some(file) => {
                    let file = ContainerPath::new(file.literal()?, windows);
                    self.tokens.get(&volume, &file.relative_to(at)?)
                }
            }
        };
        token().is_some_and(|(_, token)| token.audience.is(&self.identity.token.audience))
    }

    /// The token's mount, as JSON.
    fn mount(&self) -> String {
        let token = &self.identity.token;
        let mut mount = String::with_capacity(128);
        mount.push('{');
        push_member(&mut mount, "name", &token.volume);
        mount.push_str(",\"readOnly\":true,");
        push_member(&mut mount, "mountPath", &token.mount_path);
        mount.push('}');
        mount
    }

    fn add_volume(&self, edits: &mut Edits, findings: &mut Findings<'_>) {
        let token = &self.identity.token;
        let spec = &self.pod.spec;
        let Some(owner) = spec.end else { return };
        let Some(present) = spec.volumes.iter().find(|volume| volume.name.is(&token.volume)) else {
            edits.append(owner, "volumes", &spec.volume_array, &self.volume());
            return;
        };
        let same = |source: &crate::object::volume::TokenProjection<'_>| {
            source.audience.is(&token.audience) && source.path.is(&token.file)
        };
        if present.projected.tokens.iter().any(same) {
            return;
        }
        findings.report(Rule::TokenVolumeConflict, || {
            let difference: Cow<'_, str> = match present.projected.tokens.first() {
                None => Cow::Borrowed("it projects no service-account token"),
                Some(other) if !other.audience.is(&token.audience) => Cow::Owned(format!(
                    "its audience is {}, not {}",
                    Quoted(&other.audience.decode()),
                    Quoted(&token.audience)
                )),
                Some(other) => Cow::Owned(format!(
                    "its token's path is {}, not {}",
                    Quoted(&other.path.decode()),
                    Quoted(&token.file)
                )),
            };
            let problem = format!(
                "{}: volume {} is not the token of the pod's AWS identity: {difference}",
                self.pod_name,
                Quoted(&token.volume)
            );
            (problem, "give that volume another name, or remove it and have the token's added")
        });
    }

    /// Marks a pod that gets container credentials, as the webhook does.
    fn add_label(&self, edits: &mut Edits) {
        let Credentials::ContainerCredentials { .. } = self.identity.credentials else { return };
        let (prefix, name) = label::POD_IDENTITY;
        let metadata = &self.pod.metadata;
        let Some(owner) = metadata.end else { return };
        if metadata.labels.get(prefix, name).is_none() {
            let mut member = String::new();
            push_string(&mut member, &format!("{prefix}/{name}"));
            member.push(':');
            push_string(&mut member, label::POD_IDENTITY_ENABLED);
            edits.append_members(owner, "labels", &metadata.label_map, &member);
        }
    }

    /// The token's volume, as JSON.
    fn volume(&self) -> String {
        let token = &self.identity.token;
        let mut volume = String::with_capacity(192);
        volume.push('{');
        push_member(&mut volume, "name", &token.volume);
        volume.push_str(",\"projected\":{\"sources\":[{\"serviceAccountToken\":{");
        push_member(&mut volume, "audience", &token.audience);
        volume.push_str(",\"expirationSeconds\":");
        volume.push_str(&token.expiration.to_string());
        volume.push_str(",\"path\":");
        push_string(&mut volume, &token.file);
        volume.push_str("}}]}}");
        volume
    }
}
