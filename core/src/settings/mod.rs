//! The policy's settings. They are validated while they are read, so they are always valid, except for the role ARNs of
//! `roleMappings`: these are checked when the policy is loaded, and when a request uses one.
//!
//! Every key is optional; `docs/settings.md` describes them. Reading collects all problems instead of stopping at the
//! first one, and uses the default for an invalid value. That default has no effect, because a policy whose settings
//! have problems evaluates no object.

mod allowed_roles;
mod check;
mod compose_role_arn;
mod config_map;
mod container_credentials;
mod keys;
mod pod_templates;
mod read;
mod role_mappings;

use std::borrow::Cow;

use crate::aws::sts::Sts;
use crate::catalogue::{FindingKind, Severities, Severity};
use crate::names;
use crate::nearest::nearest;
use allowed_roles::{AllowedRole, AllowedRoles};
use aws_pod_identity_json::{Error, Kind, Reader};
use compose_role_arn::ComposeRoleArn;
pub(crate) use config_map::ConfigMapName;
use container_credentials::ContainerCredentials;
pub use keys::SettingKey;
use keys::keys;
pub(crate) use pod_templates::PodTemplates;
use read::Field;
pub(crate) use role_mappings::{RoleMapping, RoleOptions};

/// The settings of one policy.
#[derive(Clone, Debug)]
pub(crate) struct Settings<'a> {
    /// Prefix of every annotation and label that is read.
    pub(crate) annotation_prefix: Cow<'a, str>,
    /// The default audience of tokens.
    pub(crate) audience: Cow<'a, str>,
    /// The default lifetime of tokens, seconds.
    pub(crate) token_expiration: u32,
    /// Where the token is mounted: an absolute path without a slash at its end.
    pub(crate) mount_path: Cow<'a, str>,
    /// The value of the region variables.
    pub(crate) region: Option<Cow<'a, str>>,
    /// Whether containers with `envFrom` get the region too.
    pub(crate) region_with_env_from: bool,
    /// Whether AWS SDKs use the regional STS endpoint, unless an annotation sets it.
    pub(crate) sts_regional_endpoints: bool,
    /// The endpoint of STS, unless an annotation sets another one (`AWS_ENDPOINT_URL_STS`).
    pub(crate) sts_endpoint_url: Option<Cow<'a, str>>,
    /// Whether sessions are named after the pod (`AWS_ROLE_SESSION_NAME`).
    pub(crate) session_name_is_pod_name: bool,
    /// Whether AWS SDKs do not use the instance metadata service (`AWS_EC2_METADATA_DISABLED`).
    pub(crate) disable_instance_metadata: bool,
    /// Whether a container that sets a role itself, and no token file, gets the token.
    pub(crate) role_arn_from_env: bool,
    /// How the ARN of a role is composed from its name.
    pub(crate) compose_role_arn: Option<ComposeRoleArn<'a>>,
    /// Roles for service accounts that have no annotation.
    pub(crate) role_mappings: Vec<RoleMapping<'a>>,
    /// The webhook's ConfigMap with such roles.
    pub(crate) role_map: Option<ConfigMapName<'a>>,
    /// The ConfigMap that says which tokens roles accept.
    pub(crate) role_trust: Option<ConfigMapName<'a>>,
    /// EKS Pod Identity, and the service accounts that use it.
    pub(crate) container_credentials: Option<ContainerCredentials<'a>>,
    /// Which namespaces may use which roles.
    pub(crate) allowed_roles: AllowedRoles<'a>,
    /// Where custom resources have pod templates.
    pub(crate) pod_templates: Vec<PodTemplates<'a>>,
    /// Whether the host may answer lookups from its cache, which is up to 5 seconds old.
    pub(crate) cached_lookup: bool,
    /// Whether a pod is admitted unchanged if the lookup for its identity fails.
    pub(crate) admit_on_lookup_failure: bool,
    /// How severe each finding is.
    pub(crate) severities: Severities,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            annotation_prefix: Cow::Borrowed(names::ANNOTATION_PREFIX),
            audience: Cow::Borrowed(names::STS_AUDIENCE),
            token_expiration: names::expiration::DEFAULT,
            mount_path: Cow::Borrowed(names::web_identity::MOUNT_PATH),
            region: None,
            region_with_env_from: false,
            sts_regional_endpoints: false,
            sts_endpoint_url: None,
            session_name_is_pod_name: false,
            disable_instance_metadata: false,
            role_arn_from_env: false,
            compose_role_arn: None,
            role_mappings: Vec::new(),
            role_map: None,
            role_trust: None,
            container_credentials: None,
            allowed_roles: AllowedRoles::default(),
            pod_templates: Vec::new(),
            cached_lookup: false,
            admit_on_lookup_failure: false,
            severities: Severities::default(),
        }
    }
}

keys! {
    Settings {
        "annotationPrefix" => |settings, field| {
            field.checked(&mut settings.annotation_prefix, check::dns_subdomain)
        },
        "audience" => |settings, field| field.checked(&mut settings.audience, check::audience),
        "tokenExpirationSeconds" => |settings, field| field.seconds(&mut settings.token_expiration),
        "mountPath" => |settings, field| field.checked(&mut settings.mount_path, check::mount_path),
        // The Rancher UI sends an empty string for a field that was cleared.
        "region" => |settings, field| {
            let mut region = Cow::default();
            field.checked(&mut region, check::region)?;
            settings.region = Some(region).filter(|region| !region.is_empty());
            Ok(())
        },
        "regionWithEnvFrom" => |settings, field| field.flag(&mut settings.region_with_env_from),
        "stsRegionalEndpoints" => |settings, field| {
            field.flag(&mut settings.sts_regional_endpoints)
        },
        "stsEndpointUrl" => |settings, field| {
            settings.sts_endpoint_url = field.endpoint_url()?;
            Ok(())
        },
        "sessionName" => |settings, field| {
            let pod_name = field.word(&[("none", false), ("podName", true)])?;
            settings.session_name_is_pod_name = pod_name.unwrap_or_default();
            Ok(())
        },
        "disableInstanceMetadata" => |settings, field| {
            field.flag(&mut settings.disable_instance_metadata)
        },
        "roleArnFromEnv" => |settings, field| field.flag(&mut settings.role_arn_from_env),
        "composeRoleArn": ComposeRoleArn => |settings, field| {
            settings.compose_role_arn = ComposeRoleArn::read(field)?;
            Ok(())
        },
        "roleMappings": RoleMapping => |settings, field| {
            settings.role_mappings = RoleMapping::read_all(field)?;
            Ok(())
        },
        "roleMap": ConfigMapName => |settings, field| {
            settings.role_map = ConfigMapName::read(field, names::role_map::NAME)?;
            Ok(())
        },
        "roleTrust": ConfigMapName => |settings, field| {
            settings.role_trust = ConfigMapName::read(field, names::ROLE_TRUST)?;
            Ok(())
        },
        "containerCredentials": ContainerCredentials => |settings, field| {
            settings.container_credentials = ContainerCredentials::read(field)?;
            Ok(())
        },
        "allowedRoles": AllowedRole => |settings, field| {
            settings.allowed_roles = AllowedRoles::read(field)?;
            Ok(())
        },
        "podTemplates": PodTemplates => |settings, field| {
            settings.pod_templates = PodTemplates::read_all(field)?;
            Ok(())
        },
        "serviceAccountLookup" => |settings, field| {
            let cached = field.word(&[("fresh", false), ("cached", true)])?;
            settings.cached_lookup = cached.unwrap_or_default();
            Ok(())
        },
        "lookupFailure" => |settings, field| {
            let admit = field.word(&[("reject", false), ("admit", true)])?;
            settings.admit_on_lookup_failure = admit.unwrap_or_default();
            Ok(())
        },
        "findings" => |settings, field| settings.read_findings(field),
        "defaultSeverity" => |settings, field| {
            if let Some(ceiling) = field.word(&[("warn", Severity::Warn)])? {
                settings.severities.limit(ceiling);
            }
            Ok(())
        },
    }
}

/// A key that is not a setting, but that the Rancher UI sends as `null`.
const RANCHER_DESCRIPTION: &str = "description";

/// What is wrong with settings, one sentence each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    pub(crate) fn push(&mut self, problem: String) {
        self.0.push(problem);
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    /// All problems as one text, a line for each; none if there are no problems.
    pub(crate) fn report(&self) -> Option<String> {
        match self.0.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            several => {
                let mut text = format!("{} problems:", several.len());
                for problem in several {
                    text.push_str("\n- ");
                    text.push_str(problem);
                }
                Some(text)
            }
        }
    }
}

impl<'a> Settings<'a> {
    /// Reads settings over the defaults. An error means that they are not JSON; everything else that is wrong with
    /// them is among the problems.
    pub(crate) fn read(
        &mut self,
        reader: &mut Reader<'a>,
        problems: &mut Problems,
    ) -> Result<(), Error> {
        if reader.null()? {
            return Ok(());
        }
        let kind = reader.kind()?;
        if kind != Kind::Object {
            problems.push(format!("settings must be an object, not {}", kind.describe()));
            reader.skip()?;
            return Ok(());
        }
        reader.members(|reader, key| {
            let key = key.decode();
            let mut field = Field::new(reader, &key, problems);
            if field.key == RANCHER_DESCRIPTION && field.is_null()? {
                return Ok(());
            }
            self.read_key(&mut field)
        })?;
        Ok(())
    }

    /// Reads settings as [`Settings::read`] does, and also checks all role mappings, of which a request only checks the
    /// one that it uses.
    pub(crate) fn validate(reader: &mut Reader<'a>) -> Result<Problems, Error> {
        let mut settings = Self::default();
        let mut problems = Problems::default();
        settings.read(reader, &mut problems)?;
        role_mappings::check_roles(&settings.role_mappings, settings.sts(), &mut problems);
        Ok(problems)
    }

    /// The STS of accounts that have no annotation for another one.
    pub(crate) fn sts(&self) -> Sts {
        Sts::of_endpoint(self.sts_endpoint_url.as_deref())
    }

    /// The endpoint of the STS that programs use. `annotated` is the endpoint in the annotation of the service account.
    pub(crate) fn sts_endpoint<'s>(
        &'s self,
        annotated: Option<Cow<'s, str>>,
    ) -> Option<Cow<'s, str>> {
        annotated.or_else(|| self.sts_endpoint_url.as_deref().map(Cow::Borrowed))
    }

    fn read_findings(&mut self, field: &mut Field<'_, 'a>) -> Result<(), Error> {
        field.members(&mut |field| {
            let severity = field.severity()?;
            let id = field.key;
            match (FindingKind::from_id(id), severity) {
                (Some(kind), Some(severity)) => self.severities.set(kind, severity),
                (Some(_), None) => {}
                (None, _) => {
                    let ids = FindingKind::ALL.iter().map(|kind| kind.id());
                    field.problem(match nearest(id, ids) {
                        Some(known) => format!("there is no such finding; did you mean {known}?"),
                        None => "there is no such finding; docs/findings.md lists all findings"
                            .to_owned(),
                    });
                }
            }
            Ok(())
        })?;
        Ok(())
    }
}
