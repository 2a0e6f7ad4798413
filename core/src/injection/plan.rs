//! Deciding what is added to a pod.

use super::container::{EffectiveContainer, FileLocation, Mount, PlannedValue, PlannedVariable};
use super::edits::Edits;
use super::json;
use super::token::{TokenPaths, may_be_accepted};
use crate::aws::names::is_session_name;
use crate::identity::{Credentials, Identity, names_role};
use crate::names::{label, variable};
use crate::object::container::Container;
use crate::object::pod::Pod;
use crate::object::projected_tokens::ProjectedTokens;
use crate::object::variable::Variable;
use crate::object::volume::{TokenProjection, Volume};
use crate::paths::ContainerPath;
use crate::settings::Settings;
use std::borrow::Cow;

/// A pod, its identity if it has one, and the data that the plan uses more than once.
pub(crate) struct Injection<'x, 'a> {
    pub(crate) pod: &'x Pod<'a>,
    pub(crate) identity: Option<&'x Identity<'x>>,
    pub(crate) settings: &'x Settings<'x>,
    /// The tokens that the pod's own volumes project.
    pub(crate) tokens: ProjectedTokens<'x, 'a>,
    token: Option<TokenPaths<'x, 'a>>,
}

/// What is added to a pod.
pub(crate) struct Plan<'x, 'a> {
    injection: &'x Injection<'x, 'a>,
    /// The containers that have an AWS identity, planned or set up by their manifest.
    pub(crate) containers: Vec<EffectiveContainer<'x, 'a>>,
    pub(crate) volume: PlannedVolume<'x, 'a>,
    /// Whether the pod is labeled.
    label: bool,
}

/// What the plan does with the token's volume.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlannedVolume<'x, 'a> {
    /// Nothing: no container mounts it, or the pod has it.
    Unchanged,
    Added,
    /// The pod has another volume of that name.
    Blocked(&'x Volume<'a>),
    /// The pod has it, with a token for another audience.
    OtherAudience(&'x TokenProjection<'a>),
}

impl<'x, 'a> Injection<'x, 'a> {
    pub(crate) fn new(
        pod: &'x Pod<'a>,
        identity: Option<&'x Identity<'x>>,
        settings: &'x Settings<'x>,
    ) -> Self {
        let windows = pod.spec.windows;
        let tokens = ProjectedTokens::new(&pod.spec.volumes, windows);
        let token = identity.map(|identity| TokenPaths::new(pod, &tokens, identity));
        let mut injection = Self { pod, identity, settings, tokens, token };
        // If all containers have their own roles and tokens, the pod does not need the identity.
        let is_of_container = identity
            .is_some_and(|identity| matches!(identity.credentials, Credentials::RoleOfContainer));
        if is_of_container && !pod.spec.containers.iter().any(|one| injection.gets_identity(one)) {
            injection.identity = None;
            injection.token = None;
        }
        injection
    }

    /// Whether the container gets the identity.
    fn gets_identity(&self, container: &Container<'_>) -> bool {
        let (Some(identity), Some(token)) = (self.identity, &self.token) else { return false };
        identity.chooses(container)
            && match identity.credentials {
                Credentials::RoleOfContainer => {
                    names_role(container, identity.sts())
                        && (container.variable(identity.token_variable()).is_none()
                            || token.is_named_by(container))
                }
                _ => true,
            }
    }

    /// Where the identity's token is mounted.
    pub(crate) fn mount_path(&self) -> Option<&ContainerPath<'x>> {
        self.token.as_ref().map(|token| &token.mount)
    }

    /// The path of the token's file below its mount.
    pub(crate) fn token_below_mount(&self) -> Option<&ContainerPath<'static>> {
        self.token.as_ref().map(|token| &token.below_mount)
    }

    /// Whether the manifest of a container names the token's file.
    pub(crate) fn names_token_file(&self, container: &Container<'_>) -> bool {
        self.token.as_ref().is_some_and(|token| token.is_named_by(container))
    }

    /// The path of the token's file as programs see it.
    pub(crate) fn token_file(&self) -> Option<&str> {
        self.token.as_ref().map(|token| &*token.file)
    }

    /// Plans the additions that give the pod its identity. The parts that it already has are left unchanged.
    pub(crate) fn plan(&'x self) -> Plan<'x, 'a> {
        let mut containers = Vec::new();
        let mut any = false;
        let mut needs_volume = false;
        for container in &self.pod.spec.containers {
            let identity = self.identity.filter(|_| self.gets_identity(container));
            if identity.is_none() && !container.sets_identity() {
                continue;
            }
            let turned_off = identity.and_then(|identity| turned_off(container, identity));
            let identity = identity.filter(|_| turned_off.is_none());
            let windows = self.pod.spec.windows;
            let mut mounts = Vec::with_capacity(container.mounts.len() + 1);
            mounts.extend(container.mounts.iter().map(|mount| Mount::of_manifest(mount, windows)));
            let planned = Vec::new();
            let mut effective = EffectiveContainer {
                manifest: container,
                identity,
                planned,
                mounts,
                turned_off,
                blocking: None,
            };
            if let (Some(identity), Some(token)) = (identity, &self.token) {
                any = true;
                effective.planned = self.missing_variables(container, identity, token);
                needs_volume |= self.plan_mount(&mut effective, identity, token);
            }
            containers.push(effective);
        }
        let volume = if needs_volume { self.plan_volume() } else { PlannedVolume::Unchanged };
        let mut plan = Plan { injection: self, containers, volume, label: false };
        // A pod that has everything already is left unchanged.
        plan.label = any && !plan.is_empty() && self.lacks_label();
        plan
    }

    /// The variables that a container lacks.
    fn missing_variables(
        &'x self,
        container: &Container<'_>,
        identity: &'x Identity<'x>,
        token: &'x TokenPaths<'x, 'a>,
    ) -> Vec<PlannedVariable<'x>> {
        const FILE: &str = variable::WEB_IDENTITY_TOKEN_FILE;
        let token_file = &*token.file;
        let Settings { region, region_with_env_from, .. } = self.settings;
        let has = |name| container.variable(name).is_some();
        let mut planned = Vec::new();
        let mut add = |name, value| {
            planned.push(PlannedVariable { name, value: PlannedValue::Literal(value) });
        };

        if identity.sts_regional_endpoints && !has(variable::STS_REGIONAL_ENDPOINTS) {
            add(variable::STS_REGIONAL_ENDPOINTS, "regional");
        }
        if let Some(region) = region {
            // An injected variable would override one from `envFrom`.
            let may = !container.has_env_from || *region_with_env_from;
            if may && !has(variable::REGION) && !has(variable::DEFAULT_REGION) {
                add(variable::DEFAULT_REGION, region);
                add(variable::REGION, region);
            }
        }
        match &identity.credentials {
            Credentials::WebIdentity { role, .. } => {
                // The role and the file belong together. One is added to the other only if the other has the value that
                // the policy would add.
                const ROLE: &str = variable::ROLE_ARN;
                let has_ours = |name, ours| container.literal(name) == Some(ours);
                let role = role.text();
                if !has(ROLE) && (!has(FILE) || has_ours(FILE, token_file)) {
                    add(ROLE, role);
                }
                let names_other =
                    || self.settings.role_arn_from_env && names_role(container, identity.sts());
                if !has(FILE) && (!has(ROLE) || has_ours(ROLE, role) || names_other()) {
                    add(FILE, token_file);
                }
            }
            Credentials::RoleOfContainer => {
                if !has(FILE) {
                    add(FILE, token_file);
                }
            }
            Credentials::ContainerCredentials { full_uri, .. } => {
                if !has(variable::CONTAINER_FULL_URI) && !has(variable::CONTAINER_TOKEN_FILE) {
                    add(variable::CONTAINER_FULL_URI, full_uri);
                    add(variable::CONTAINER_TOKEN_FILE, token_file);
                }
            }
        }
        // A container with another token may use another STS.
        if let Some(url) = &identity.sts_endpoint_url
            && !has(variable::ENDPOINT_URL_STS)
            && (token.is_named_by(container) || planned.iter().any(|planned| planned.name == FILE))
        {
            let value = PlannedValue::Literal(url);
            planned.push(PlannedVariable { name: variable::ENDPOINT_URL_STS, value });
        }
        if identity.is_web_identity()
            && self.settings.session_name_is_pod_name
            && !has(variable::ROLE_SESSION_NAME)
        {
            let value = PlannedValue::Field(self.session_name_field());
            planned.push(PlannedVariable { name: variable::ROLE_SESSION_NAME, value });
        }
        if self.settings.disable_instance_metadata && !has(variable::EC2_METADATA_DISABLED) {
            let value = PlannedValue::Literal("true");
            planned.push(PlannedVariable { name: variable::EC2_METADATA_DISABLED, value });
        }
        planned
    }

    /// The pod's name, or its UID if STS would reject the name. (A generated name has at most 63 characters, so it is
    /// valid.)
    fn session_name_field(&self) -> &'static str {
        let name = self.pod.metadata.name;
        if name.is_empty() || is_session_name(&name.decode()) {
            "metadata.name"
        } else {
            "metadata.uid"
        }
    }

    /// Plans the token's mount. Returns whether the container needs the token's volume.
    fn plan_mount(
        &self,
        container: &mut EffectiveContainer<'x, 'a>,
        identity: &'x Identity<'x>,
        token: &TokenPaths<'x, 'a>,
    ) -> bool {
        let is_of_token = |mount: &Mount<'_>| mount.volume == identity.token.volume;
        let mounts_volume = container.mounts.iter().any(is_of_token);
        let at_path = container.mounts.iter().position(|mount| mount.path.is(&token.mount));
        let mount_at_path = at_path.and_then(|at| container.mounts.get(at));
        let named = token.named_file(container.manifest);
        if let Some(mount) = mount_at_path
            && self.is_token(container.manifest, mount, named.as_ref(), identity, token)
        {
            return is_of_token(mount);
        }
        // If the container names its own token file and the policy's token cannot be mounted, nothing is planned.
        if named.as_ref().is_some_and(|file| !file.may_be_within(&token.mount)) {
            if matches!(self.plan_volume(), PlannedVolume::Blocked(_)) {
                return false;
            }
            if mount_at_path.is_some_and(|mount| !is_of_token(mount)) {
                return mounts_volume;
            }
        }
        // After an injection, a manifest names the file, too, but it also has the mount.
        let is_in_place =
            container.mounts.iter().any(|mount| is_of_token(mount) && mount.path.is(&token.mount));
        // The file that the manifest names may be on another volume, at the usual path or below.
        if !is_in_place
            && let Some(FileLocation { index, mount, .. }) =
                named.as_ref().and_then(|file| container.locate(file))
            && !is_of_token(mount)
            && mount.path.is_within(&token.mount)
        {
            container.blocking = Some(index);
            return mounts_volume;
        }
        // With a mount of the volume at another path, programs do not find the token at the path in the variable. For
        // example, Argo Workflows repeats the mounts of the main container of a pod at other paths.
        let is_file = |mount: &Mount<'_>| {
            is_of_token(mount)
                && mount.sub_path
                && mount.path.is(&token.mount.join(&token.below_mount))
        };
        let names_another = container.manifest.variable(identity.token_variable()).is_some()
            && !named.is_some_and(|file| token.is_file(&file));
        if is_in_place || container.mounts.iter().any(is_file) || (mounts_volume && names_another) {
            return true;
        }
        container.blocking = at_path;
        // A container that cannot have the mount needs no volume for it.
        if at_path.is_some() {
            return mounts_volume;
        }
        container.mounts.push(Mount {
            volume: Cow::Borrowed(&identity.token.volume),
            text: Cow::Borrowed(&identity.token.mount_path),
            path: token.mount.clone(),
            read_only: true,
            sub_path: false,
            planned: true,
        });
        true
    }

    /// Whether the mount at the token's path gives the container the identity's token, from a volume with another name.
    fn is_token(
        &self,
        container: &Container<'_>,
        mount: &Mount<'_>,
        named: Option<&ContainerPath<'_>>,
        identity: &Identity<'_>,
        token: &TokenPaths<'_, '_>,
    ) -> bool {
        let token_at = |below: &ContainerPath<'_>| self.tokens.get(&mount.volume, below);
        let found = match named {
            Some(file) => file.perhaps_relative_to(&token.mount).and_then(|below| token_at(&below)),
            // The manifest does not show the value of the variable.
            None if container.variable(identity.token_variable()).is_some() => None,
            None => token_at(&token.below_mount),
        };
        found.is_some_and(|(_, found)| may_be_accepted(&found.audience.decode(), identity))
    }

    fn plan_volume(&self) -> PlannedVolume<'x, 'a> {
        let (Some(paths), Some(identity)) = (&self.token, self.identity) else {
            return PlannedVolume::Unchanged;
        };
        match paths.volume {
            None => PlannedVolume::Added,
            Some((present, None)) => PlannedVolume::Blocked(present),
            Some((_, Some(token))) if token.audience.is(&identity.token.audience) => {
                PlannedVolume::Unchanged
            }
            Some((_, Some(token))) => PlannedVolume::OtherAudience(token),
        }
    }

    /// Whether the pod lacks the label that the webhook gives to pods with container credentials.
    fn lacks_label(&self) -> bool {
        let (prefix, name) = label::POD_IDENTITY;
        self.identity.is_some_and(Identity::is_container_credentials)
            && self.pod.metadata.labels.get(prefix, name).is_none()
    }
}

/// The variable of the identity that the container sets to an empty value. Charts write an empty value where nothing is
/// configured, and users turn a role off with one. SDKs treat it as absent.
fn turned_off(container: &Container<'_>, identity: &Identity<'_>) -> Option<&'static str> {
    let names = if identity.is_web_identity() {
        [variable::ROLE_ARN, variable::WEB_IDENTITY_TOKEN_FILE]
    } else {
        [variable::CONTAINER_FULL_URI, variable::CONTAINER_TOKEN_FILE]
    };
    names.into_iter().find(|name| container.variable(name).is_some_and(Variable::is_empty))
}

impl<'x, 'a> Plan<'x, 'a> {
    pub(crate) fn injection(&self) -> &'x Injection<'x, 'a> {
        self.injection
    }

    /// Whether nothing is added.
    pub(crate) fn is_empty(&self) -> bool {
        !self.label
            && !matches!(self.volume, PlannedVolume::Added)
            && self.containers.iter().all(|container| {
                container.planned.is_empty() && container.mounts.iter().all(|mount| !mount.planned)
            })
    }

    /// The plan as edits of the document.
    pub(crate) fn edits(&self) -> Edits {
        let mut edits = Edits::default();
        let Injection { pod, identity: Some(identity), .. } = self.injection else { return edits };
        let mount = json::mount(&identity.token);
        for EffectiveContainer { manifest, planned, mounts, .. } in &self.containers {
            if !planned.is_empty() {
                edits.append(manifest.end, "env", &manifest.env, &json::variables(planned));
            }
            if mounts.last().is_some_and(|mount| mount.planned) {
                edits.append(manifest.end, "volumeMounts", &manifest.volume_mounts, &mount);
            }
        }
        if let (PlannedVolume::Added, Some(end)) = (self.volume, pod.spec.end) {
            edits.append(end, "volumes", &pod.spec.volume_array, &json::volume(&identity.token));
        }
        if let (true, Some(end)) = (self.label, pod.metadata.end) {
            let (prefix, name) = label::POD_IDENTITY;
            let label = json::label(&format!("{prefix}/{name}"), label::POD_IDENTITY_ENABLED);
            edits.append_members(end, "labels", &pod.metadata.label_map, &label);
        }
        edits
    }
}
