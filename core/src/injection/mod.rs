//! What is written into a pod: environment variables, the token's mount and its volume.
//!
//! Names, order and conditions are those of the Amazon EKS Pod Identity webhook v0.6.17; `docs/injection.md`
//! has the tables and the few deliberate differences.

mod environment;
mod mount_path;
mod splice;

pub(crate) use splice::Edits;

use std::borrow::Cow;

use crate::findings::{Findings, ObjectName, Quoted, Rule};
use crate::identity::{Identity, Token};
use crate::json::{push_member, push_string};
use crate::settings::Settings;
use crate::subject::container::{Container, Role};
use crate::subject::pod::Pod;
use environment::missing_variables;
use mount_path::same_path;

/// What it takes to judge and inject one pod.
pub(crate) struct Injection<'x, 'a> {
    pub(crate) pod: &'x Pod<'a>,
    pub(crate) pod_name: &'x ObjectName<'x>,
    pub(crate) identity: &'x Identity<'x>,
    pub(crate) settings: &'x Settings<'x>,
}

impl<'x, 'a> Injection<'x, 'a> {
    /// The containers that the identity is for.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &'x Container<'a>> {
        let skipped = self.identity.skip_containers.as_ref();
        self.pod.spec.containers.iter().filter(move |container| {
            skipped.is_none_or(|skipped| !skipped.contains(&container.name.decode()))
        })
    }

    /// Plans the edits that wire the identity into the pod, and reports what stands in their way. What
    /// is already in place is left as it is.
    pub(crate) fn plan(&self, findings: &mut Findings<'_>) -> Edits {
        let mut edits = Edits::default();
        let mut any = false;
        for container in self.containers() {
            any = true;
            let variables = missing_variables(self, container, findings);
            if !variables.is_empty() {
                edits.append(container.place, "env", &container.env, &variables);
            }
            self.mount_token(container, &mut edits, findings);
        }
        if any {
            self.add_volume(&mut edits, findings);
        }
        edits
    }

    /// A container as messages name it.
    pub(crate) fn container_name(&self, container: &Container<'_>) -> String {
        let list = match container.role {
            Role::Init => "init container",
            Role::Main => "container",
        };
        format!("{}: {list} {}", self.pod_name, Quoted(&container.name.decode()))
    }

    /// The path of the token's file as the programs in the containers see it.
    pub(crate) fn token_path(&self) -> String {
        let Token { mount_path, file, .. } = &self.identity.token;
        if self.pod.spec.windows {
            format!("C:{mount_path}/{file}").replace('/', "\\")
        } else {
            format!("{mount_path}/{file}")
        }
    }

    fn mount_token(
        &self,
        container: &Container<'_>,
        edits: &mut Edits,
        findings: &mut Findings<'_>,
    ) {
        let token = &self.identity.token;
        if container.mounts.iter().any(|mount| mount.volume.is(&token.volume)) {
            return;
        }
        let other = container.mounts.iter().find(|mount| {
            same_path(&mount.path.decode(), &token.mount_path, self.pod.spec.windows)
        });
        if let Some(other) = other {
            findings.report(Rule::TokenMountConflict, || {
                let problem = format!(
                    "{}: volume {} is mounted at {}, where the token of the AWS identity goes",
                    self.container_name(container),
                    Quoted(&other.volume.decode()),
                    Quoted(&other.path.decode())
                );
                (problem, "mount it somewhere else")
            });
            return;
        }
        let mut mount = String::with_capacity(128);
        mount.push('{');
        push_member(&mut mount, "name", &token.volume);
        mount.push_str(",\"readOnly\":true,");
        push_member(&mut mount, "mountPath", &token.mount_path);
        mount.push('}');
        edits.append(container.place, "volumeMounts", &container.volume_mounts, &mount);
    }

    fn add_volume(&self, edits: &mut Edits, findings: &mut Findings<'_>) {
        let token = &self.identity.token;
        let spec = &self.pod.spec;
        let Some(owner) = spec.place else { return };
        let Some(present) = spec.volume_list.iter().find(|volume| volume.name.is(&token.volume))
        else {
            edits.append(owner, "volumes", &spec.volumes, &self.volume());
            return;
        };
        let same = |source: &crate::subject::volume::TokenProjection<'_>| {
            source.audience.is(&token.audience) && source.path.is(&token.file)
        };
        if present.tokens.iter().any(same) {
            return;
        }
        findings.report(Rule::TokenVolumeConflict, || {
            let difference: Cow<'_, str> = match present.tokens.first() {
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
