//! Evaluates the policy for objects.

use std::borrow::Cow;

use aws_pod_identity_core::{
    self as core, FindingKind, NamedConfigMap, ReportedFinding, RoleUse, Severity, Unchecked,
};
use aws_pod_identity_kubernetes::admission::{AdmissionRequest, payload};
use aws_pod_identity_kubernetes::answer::SettingsValidationResponse;
use aws_pod_identity_kubernetes::capabilities::HostCapabilities;
use aws_pod_identity_kubernetes::custom::PodTemplates;
use aws_pod_identity_kubernetes::kind::{self, POD, kinds};
use aws_pod_identity_kubernetes::located::PathStep;
use aws_pod_identity_kubernetes::manifests::Origin;
use aws_pod_identity_kubernetes::object::{text_at, title_of};
use aws_pod_identity_kubernetes::{pod, request};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// One request to the policy.
#[derive(Clone, Debug)]
pub struct Request {
    /// Kind, namespace and name, such as `Pod payments/api-*`, as messages of the policy name the object.
    pub title: String,
    /// For a pod that a controller creates: the title of the workload it comes from.
    pub created_by: Option<String>,
    /// For a pod of a custom resource: where its template is in the object.
    pub template: Vec<PathStep>,
    /// The file and the document of the manifest.
    pub origin: Origin,
    /// The admission request.
    pub request: AdmissionRequest,
}

/// What the policy decides about an object.
#[derive(Clone, Debug)]
pub enum PolicyDecision {
    /// The object is accepted unchanged.
    Accepted,
    /// The object is accepted and changed.
    Changed {
        /// The object that would be stored, in JSON.
        after: Box<RawValue>,
    },
    /// The object is rejected.
    Rejected {
        /// Why.
        message: String,
    },
}

/// One request and the policy's answer.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The request.
    pub request: Request,
    /// What the policy decided.
    pub decision: PolicyDecision,
    /// What was found.
    pub findings: Vec<ReportedFinding>,
    /// What was not checked.
    pub unchecked: Vec<Unchecked>,
    /// The audit annotations of the answer.
    pub audit: Vec<(&'static str, String)>,
    /// The roles that the containers will request.
    pub roles: Vec<RoleUse>,
}

impl Evaluated {
    /// An audit annotation.
    pub fn note(&self, key: &str) -> Option<&str> {
        self.audit.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }
}

/// The policy with its settings.
#[derive(Debug)]
pub struct Policy {
    settings: Value,
    /// Whether it also checks the custom resources that are known without a setting.
    knows_templates: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { settings: json!({}), knows_templates: false }
    }
}

/// The part of a response that is shown.
#[derive(Deserialize)]
struct ShownResponse {
    accepted: bool,
    message: Option<String>,
    mutated_object: Option<Box<RawValue>>,
}

impl Policy {
    /// Fails with the policy's message if the settings are not valid.
    pub fn with_settings(settings: &Value) -> Result<Self, String> {
        let answer = core::validate_settings(settings.to_string().as_bytes());
        let validation: SettingsValidationResponse =
            serde_json::from_slice(&answer).map_err(|error| error.to_string())?;
        if validation.valid {
            Ok(Self { settings: settings.clone(), knows_templates: false })
        } else {
            Err(validation.message.unwrap_or_default())
        }
    }

    /// The same policy, which also checks the custom resources that are known without a setting.
    #[must_use]
    pub fn with_known_templates(self) -> Self {
        Self { knows_templates: true, ..self }
    }

    /// The settings for a request. Those about custom resources are left out for other objects, of which there are many, because
    /// every evaluation reads all settings.
    fn settings_for(&self, request: &AdmissionRequest) -> Cow<'_, Value> {
        let mut settings = Cow::Borrowed(&self.settings);
        let is_custom = !kinds().any(|kind| kind.group == request.kind.group);
        if self.knows_templates && is_custom {
            let templates = self.add_templates(PodTemplates::known());
            if let Value::Object(settings) = settings.to_mut() {
                settings.insert("podTemplates".to_owned(), templates.setting());
            }
        }
        settings
    }

    /// These pod templates of custom resources, and those of the settings.
    pub fn add_templates(&self, templates: PodTemplates) -> PodTemplates {
        templates.with_setting(self.settings.get("podTemplates").unwrap_or(&Value::Null))
    }

    /// The same policy without the setting `roleTrust`: roles are checked otherwise.
    #[must_use]
    pub fn without_role_trust(mut self) -> Self {
        if let Value::Object(settings) = &mut self.settings {
            settings.remove("roleTrust");
        }
        self
    }

    /// The same policy with the severity `warn` for a finding.
    #[must_use]
    pub fn warning(mut self, kind: FindingKind) -> Self {
        if let Value::Object(settings) = &mut self.settings {
            let findings = settings.entry("findings").or_insert(Value::Null);
            if !findings.is_object() {
                *findings = json!({});
            }
            findings[kind.id()] = "warn".into();
        }
        self
    }

    /// Whether the settings name the severity of a finding.
    pub fn names_severity(&self, kind: FindingKind) -> bool {
        let named = |findings: &Value| findings.get(kind.id()).is_some();
        self.settings.get("findings").is_some_and(named)
    }

    /// The severity of each finding under the settings.
    pub fn severities(&self) -> Vec<(FindingKind, Severity)> {
        core::severities(self.settings.to_string().as_bytes()).unwrap_or_default()
    }

    /// The severity of a finding under the settings.
    pub fn severity(&self, kind: FindingKind) -> Severity {
        let found = self.severities().into_iter().find(|(other, _)| *other == kind);
        found.map_or(kind.default_severity(), |(_, severity)| severity)
    }

    /// The ConfigMaps that evaluations may look up.
    pub fn config_maps(&self) -> Vec<NamedConfigMap> {
        core::config_maps(self.settings.to_string().as_bytes()).unwrap_or_default()
    }

    /// Evaluates one request. Fails only if an answer of the policy cannot be read, which is a bug.
    pub fn evaluate(
        &self,
        request: Request,
        cluster: &dyn HostCapabilities,
    ) -> serde_json::Result<Evaluated> {
        let payload = payload(&request.request, &self.settings_for(&request.request))?;
        let core::Evaluation { response, findings, unchecked, audit, roles } =
            core::evaluate(&payload, &mut |query| {
                cluster.host_call("kubewarden", "kubernetes", "get_resource", query)
            });
        let answer: ShownResponse = serde_json::from_slice(&response.body)?;
        let decision = match answer {
            ShownResponse { accepted: false, message, .. } => {
                PolicyDecision::Rejected { message: message.unwrap_or_default() }
            }
            ShownResponse { mutated_object: Some(after), .. } => PolicyDecision::Changed { after },
            _ => PolicyDecision::Accepted,
        };
        Ok(Evaluated { request, decision, findings, unchecked, audit, roles })
    }
}

/// The requests that an API server would send about an object of a kind that the policy checks: the object itself, and
/// for a workload the pods that it would create.
pub fn requests_of(templates: &PodTemplates, origin: &Origin, object: &Value) -> Vec<Request> {
    let of_custom = || {
        let (_, version) = text_at(object, "/apiVersion").split_once('/')?;
        Some((templates.kind_of(object)?, version))
    };
    let Some((kind, version)) = kind::of(object).or_else(of_custom) else { return Vec::new() };
    let object = if kind == POD { pod::admitted(object.clone()) } else { object.clone() };
    let created = pod::of_workload(kind, &object);
    let custom = pod::of_custom(templates, &object);
    let workload = title_of(&object);
    let request = |kind, version, object: Value, user, created_by, number| Request {
        title: title_of(&object),
        created_by,
        template: Vec::new(),
        origin: origin.clone(),
        request: request::create(kind, version, object, user, number),
    };
    let mut requests = vec![request(kind, version, object, request::administrator(), None, 1)];
    if let Some(created) = created {
        let user = request::controller(created.controller);
        requests.push(request(POD, "v1", created.pod, user, Some(workload.clone()), 2));
    }
    for (custom, number) in custom.into_iter().zip(2..) {
        let user = request::controller("controller");
        let request = request(POD, "v1", custom.pod, user, Some(workload.clone()), number);
        requests.push(Request { template: custom.template, ..request });
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(object: &Value) -> Vec<Request> {
        requests_of(
            &PodTemplates::known(),
            &Origin { file: "f.yaml".to_owned(), document: 1 },
            object,
        )
    }

    #[test]
    fn a_workload_is_followed_by_the_pod_it_would_create() {
        let requests = requests(&json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "agent", "namespace": "ops"},
            "spec": {"template": {"spec": {"containers": []}}},
        }));
        let titles: Vec<_> = requests.iter().map(|request| request.title.as_str()).collect();
        assert_eq!(titles, ["DaemonSet ops/agent", "Pod ops/agent-*"]);
        assert_eq!(requests[1].created_by.as_deref(), Some("DaemonSet ops/agent"));
        assert_eq!(requests[1].request.resource.resource, "pods");
    }

    #[test]
    fn a_custom_resource_is_followed_by_the_pods_whose_account_is_known() {
        let requests = requests(&json!({
            "apiVersion": "ray.io/v1", "kind": "RayCluster",
            "metadata": {"name": "training", "namespace": "ml"},
            "spec": {
                "headGroupSpec": {"template": {"spec": {"containers": []}}},
                "workerGroupSpecs": [
                    {"template": {"spec": {"serviceAccountName": "a", "containers": {}}}},
                    {"template": {"spec": {"serviceAccountName": "a", "containers": []}}},
                ],
            },
        }));
        let titles: Vec<_> = requests.iter().map(|request| request.title.as_str()).collect();
        assert_eq!(titles, ["RayCluster ml/training", "Pod ml/training-*"]);
        assert_eq!(requests[0].request.resource.resource, "rayclusters");
        assert_eq!(requests[1].template[2], PathStep::Index(1));
    }

    #[test]
    fn other_kinds_are_not_sent() {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}});
        assert!(requests(&object).is_empty());
    }

    #[test]
    fn a_pod_is_sent_as_the_api_server_completes_it() {
        let requests = requests(&json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {},
        }));
        let object = requests[0].request.object.as_ref().unwrap();
        assert_eq!(object["spec"]["serviceAccountName"], "default");
    }
}
