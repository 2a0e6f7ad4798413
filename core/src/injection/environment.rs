//! The environment variables that a container lacks.

use crate::findings::{Findings, Quoted, Rule};
use crate::identity::Credentials;
use crate::json::push_member;
use crate::names::variable;
use crate::subject::container::Container;

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
        }
    }
    missing.0
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
    let token_path = injection.token_path();
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
    if container.has_env_from {
        // The other half may come from there, and then the pair is the container's own.
        return;
    }
    findings.report(Rule::WebIdentityIncomplete, || {
        let name = injection.container_name(container);
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
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push('{');
        push_member(&mut self.0, "name", name);
        self.0.push(',');
        push_member(&mut self.0, "value", value);
        self.0.push('}');
    }
}
