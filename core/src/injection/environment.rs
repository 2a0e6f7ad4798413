//! The environment variables that a container lacks.

use crate::findings::{Findings, Quoted, Rule};
use crate::identity::Credentials;
use crate::identity::role_arn::is_session_name;
use crate::names::variable;
use crate::subject::container::Container;
use aws_pod_identity_json::push_member;

use super::Injection;

/// The variables to append to a container's `env`, as JSON values with commas between them; empty if it
/// has all it needs.
pub(super) fn missing_variables(
    injection: &Injection<'_, '_>,
    container: &Container<'_>,
    findings: &mut Findings<'_>,
) -> String {
    let mut missing = Variables(String::new());
    let has = |name| container.variable(name).is_some();
    let settings = injection.settings;

    if injection.identity.sts_regional_endpoints && !has(variable::STS_REGIONAL_ENDPOINTS) {
        missing.add(variable::STS_REGIONAL_ENDPOINTS, "regional");
    }
    if let Some(region) = &settings.region {
        // An injected variable would win over one that `envFrom` brings.
        let may = !container.has_env_from || settings.region_with_env_from;
        if may && !has(variable::REGION) && !has(variable::DEFAULT_REGION) {
            missing.add(variable::DEFAULT_REGION, region);
            missing.add(variable::REGION, region);
        }
    }
    match &injection.identity.credentials {
        Credentials::WebIdentity { role_arn } => {
            add_web_identity(injection, container, role_arn, &mut missing, findings);
            if settings.session_name_is_pod_name && !has(variable::ROLE_SESSION_NAME) {
                missing.add_field(variable::ROLE_SESSION_NAME, session_name_field(injection));
            }
        }
        Credentials::ContainerCredentials { full_uri } => {
            if !has(variable::CONTAINER_FULL_URI) && !has(variable::CONTAINER_TOKEN_FILE) {
                let token_path = injection.identity.token_path(injection.pod.spec.windows);
                missing.add(variable::CONTAINER_FULL_URI, full_uri);
                missing.add(variable::CONTAINER_TOKEN_FILE, &token_path);
            }
        }
    }
    if settings.disable_instance_metadata && !has(variable::EC2_METADATA_DISABLED) {
        missing.add(variable::EC2_METADATA_DISABLED, "true");
    }
    missing.0
}

/// The pod's name, or its uid where STS would refuse the name. (A generated name is at most 63 characters
/// long and fits.)
fn session_name_field(injection: &Injection<'_, '_>) -> &'static str {
    let name = injection.pod.metadata.name;
    if name.is_empty() || is_session_name(&name.decode()) {
        "metadata.name"
    } else {
        "metadata.uid"
    }
}

/// The role and the token's file belong together: none or both are added, unless one is there already
/// and is the one that would have been added.
fn add_web_identity(
    injection: &Injection<'_, '_>,
    container: &Container<'_>,
    role_arn: &str,
    missing: &mut Variables,
    findings: &mut Findings<'_>,
) {
    const ROLE: &str = variable::ROLE_ARN;
    const FILE: &str = variable::WEB_IDENTITY_TOKEN_FILE;
    let token_path = injection.identity.token_path(injection.pod.spec.windows);
    let (present, absent, ours, other) = match (container.variable(ROLE), container.variable(FILE))
    {
        (None, None) => {
            missing.add(ROLE, role_arn);
            missing.add(FILE, &token_path);
            return;
        }
        (Some(_), Some(_)) => return,
        (Some(role), None) => (role, FILE, role_arn, &*token_path),
        (None, Some(file)) => (file, ROLE, &*token_path, role_arn),
    };
    let value = present.literal();
    if value.as_deref() == Some(ours) {
        missing.add(absent, other);
        return;
    }
    // An empty value is nobody's identity, and wins over what `envFrom` brings.
    if container.has_env_from && !present.is_empty() {
        // The other half may come from there, and then the pair is the container's own.
        return;
    }
    findings.report(Rule::WebIdentityIncomplete, || {
        let name = container.describe(injection.pod_name);
        let set = present.name.decode();
        let ours = Quoted(ours);
        let problem = match value {
            Some(value) => {
                format!(
                    "{name}: {set} {} is set without {absent} and is not {ours}",
                    Quoted(&value)
                )
            }
            None => format!(
                "{name}: {set} is set without {absent}, by a reference that need not lead to {ours}"
            ),
        };
        (problem, format!("remove {set} to have both set from the service account, or set both"))
    });
}

/// Environment variables as JSON.
struct Variables(String);

impl Variables {
    fn add(&mut self, name: &str, value: &str) {
        self.start(name);
        push_member(&mut self.0, "value", value);
        self.0.push('}');
    }

    /// Adds a variable whose value is a field of the pod.
    fn add_field(&mut self, name: &str, path: &str) {
        self.start(name);
        self.0.push_str("\"valueFrom\":{\"fieldRef\":{");
        push_member(&mut self.0, "fieldPath", path);
        self.0.push_str("}}}");
    }

    fn start(&mut self, name: &str) {
        if self.0.is_empty() {
            self.0.reserve(256);
        } else {
            self.0.push(',');
        }
        self.0.push('{');
        push_member(&mut self.0, "name", name);
        self.0.push(',');
    }
}
