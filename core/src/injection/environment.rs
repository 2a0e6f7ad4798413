//! The environment variables that containers lack.

use crate::findings::{Findings, Quoted, Rule};
use crate::identity::Credentials;
use crate::identity::role_arn::is_session_name;
use crate::names::variable;
use crate::object::container::Container;
use aws_pod_identity_json::push_member;

use super::Injection;

/// What is the same for all containers of a pod.
pub(super) struct Environment<'x, 'a> {
    injection: &'x Injection<'x, 'a>,
    /// The value of the variable that names the token's file.
    token_path: String,
    /// Both variables of a web identity, as JSON values: what most containers lack.
    web_identity: Variables,
}

impl<'x, 'a> Environment<'x, 'a> {
    pub(super) fn new(injection: &'x Injection<'x, 'a>) -> Self {
        let token_path = injection.identity.token_path(injection.pod.spec.windows);
        let mut web_identity = Variables::default();
        if let Some(role_arn) = injection.identity.role_arn() {
            web_identity.add(variable::ROLE_ARN, role_arn);
            web_identity.add(variable::WEB_IDENTITY_TOKEN_FILE, &token_path);
        }
        Self { injection, token_path, web_identity }
    }

    /// The variables to append to a container's `env`, as JSON values with commas between them; empty if
    /// it has all it needs.
    pub(super) fn missing(&self, container: &Container<'_>, findings: &mut Findings<'_>) -> String {
        let mut missing = Variables::default();
        let has = |name| container.variable(name).is_some();
        let settings = self.injection.settings;

        if self.injection.identity.sts_regional_endpoints && !has(variable::STS_REGIONAL_ENDPOINTS)
        {
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
        match &self.injection.identity.credentials {
            Credentials::WebIdentity { role_arn } => {
                self.add_web_identity(container, role_arn, &mut missing, findings);
                if settings.session_name_is_pod_name && !has(variable::ROLE_SESSION_NAME) {
                    missing
                        .add_field(variable::ROLE_SESSION_NAME, session_name_field(self.injection));
                }
            }
            Credentials::ContainerCredentials { full_uri } => {
                if !has(variable::CONTAINER_FULL_URI) && !has(variable::CONTAINER_TOKEN_FILE) {
                    missing.add(variable::CONTAINER_FULL_URI, full_uri);
                    missing.add(variable::CONTAINER_TOKEN_FILE, &self.token_path);
                }
            }
        }
        if settings.disable_instance_metadata && !has(variable::EC2_METADATA_DISABLED) {
            missing.add(variable::EC2_METADATA_DISABLED, "true");
        }
        missing.0
    }

    /// The role and the token's file belong together: none or both are added, unless one is there already
    /// and is the one that would have been added.
    fn add_web_identity(
        &self,
        container: &Container<'_>,
        role_arn: &str,
        missing: &mut Variables,
        findings: &mut Findings<'_>,
    ) {
        const ROLE: &str = variable::ROLE_ARN;
        const FILE: &str = variable::WEB_IDENTITY_TOKEN_FILE;
        let token_path = &*self.token_path;
        let (present, absent, ours, other) =
            match (container.variable(ROLE), container.variable(FILE)) {
                (None, None) => {
                    missing.add_all(&self.web_identity);
                    return;
                }
                (Some(role), Some(file)) if file.is_empty() && !role.is_empty() => {
                    findings.report(Rule::WebIdentityIncomplete, || {
                        let name = container.describe(self.injection.pod_name);
                        let problem = format!("{name}: {ROLE} is set, but {FILE} is empty");
                        (problem, format!("remove both to have them set, or set {FILE}"))
                    });
                    return;
                }
                (Some(_), Some(_)) => return,
                (Some(role), None) => (role, FILE, role_arn, token_path),
                (None, Some(file)) => (file, ROLE, token_path, role_arn),
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
            let name = container.describe(self.injection.pod_name);
            let set = present.name.decode();
            let ours = Quoted(ours);
            let problem = match value {
                Some(value) if value.is_empty() => {
                    format!("{name}: {set} is empty, and {absent} is not set")
                }
                Some(value) => format!(
                    "{name}: {set} {} is set without {absent} and is not {ours}",
                    Quoted(&value)
                ),
                None => format!(
                    "{name}: {set} is set without {absent}, from elsewhere, so that nobody can tell whether \
                     it is {ours}"
                ),
            };
            let remedy =
                format!("remove {set} to have both set from the service account, or set both");
            (problem, remedy)
        });
    }
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

/// Environment variables, as JSON values with commas between them.
#[derive(Default)]
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

    fn add_all(&mut self, others: &Variables) {
        self.separate();
        self.0.push_str(&others.0);
    }

    fn start(&mut self, name: &str) {
        self.separate();
        self.0.push('{');
        push_member(&mut self.0, "name", name);
        self.0.push(',');
    }

    fn separate(&mut self) {
        if self.0.is_empty() {
            self.0.reserve(256);
        } else {
            self.0.push(',');
        }
    }
}
