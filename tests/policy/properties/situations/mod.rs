//! Generated pods, service accounts and settings.
//!
//! Annotations are generated with the prefix [`PREFIX`] and get the one of the settings in the end.

mod account;
mod blocks;
mod containers;
mod pod;

use std::fmt;

use aws_pod_identity_kubernetes::capabilities::{GetResourceRequest, HostCapabilities};
use policy_testing::json_text::Json;
use policy_testing::pools::{OTHER_PREFIXES, PREFIX as USUAL_PREFIX, ROLE_MAPS};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use account::{annotations, settings};
use pod::pod;

/// The prefix of annotations until the setting is chosen.
const PREFIX: &str = "PREFIX";
const NO_SUCH_ACCOUNT: &str = "missing";

/// One pod under admission, with everything that its verdict depends on.
#[derive(Clone)]
pub(crate) struct Situation {
    /// The pod as text.
    pub(crate) pod: String,
    /// The annotations of its service account as text.
    pub(crate) annotations: String,
    /// The settings as text.
    pub(crate) settings: String,
}

impl fmt::Debug for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\npod: {}\nannotations of the service account: {}\nsettings: {}\n",
            self.pod, self.annotations, self.settings
        )
    }
}

impl Situation {
    /// Any pod that an API server may send, often with parts that prevent the injection.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        Self::from(pod(Tidiness::Any), annotations(Tidiness::Any), settings(Tidiness::Any))
    }

    /// Any pod, with a service account and settings that are valid: such a pod is more often accepted without a warning.
    pub(crate) fn any_pod() -> impl Strategy<Value = Self> {
        Self::from(pod(Tidiness::Any), annotations(Tidiness::Clean), settings(Tidiness::Clean))
    }

    /// A pod that has no additions of the policy yet, with a service account that asks for a role.
    pub(crate) fn clean() -> impl Strategy<Value = Self> {
        Self::from(pod(Tidiness::Clean), annotations(Tidiness::Clean), settings(Tidiness::Clean))
    }

    fn from(
        pod: impl Strategy<Value = Json>,
        annotations: impl Strategy<Value = Json>,
        settings: impl Strategy<Value = Vec<(String, Json)>>,
    ) -> impl Strategy<Value = Self> {
        let prefix = prop_oneof![4 => Just(USUAL_PREFIX), 1 => Just(OTHER_PREFIXES[0])];
        let style = prop_oneof![1 => Just(Vec::new()), 3 => vec(any::<u8>(), 1..200)];
        (pod, annotations, settings, prefix, style).prop_map(
            |(pod, annotations, mut settings, prefix, style)| {
                if prefix != USUAL_PREFIX {
                    settings.push(("annotationPrefix".to_owned(), Json::text(prefix)));
                }
                Self {
                    pod: pod.with_keys(PREFIX, prefix).write(&style),
                    annotations: annotations.with_keys(PREFIX, prefix).write(&style),
                    settings: Json::Object(settings).write(&style),
                }
            },
        )
    }

    /// The same with another pod.
    pub(crate) fn about(&self, pod: impl Into<String>) -> Self {
        Self { pod: pod.into(), ..self.clone() }
    }
}

/// Answers lookups of any name with the service account of a situation.
impl HostCapabilities for Situation {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        let (name, namespace) = (&request.name, &request.namespace);
        if let ("ConfigMap", Some((_, config))) =
            (request.kind.as_str(), ROLE_MAPS.into_iter().find(|(map, _)| map == name))
        {
            return Ok(json!({
                "metadata": {"name": name, "namespace": namespace},
                "data": {"config": config},
            })
            .to_string()
            .into_bytes());
        }
        if request.kind != "ServiceAccount" || name == NO_SUCH_ACCOUNT {
            let kind = &request.kind;
            return Err(format!(
                "Cannot find v1/{kind} named '{name}' inside of namespace '{namespace:?}'"
            ));
        }
        let head = json!({"apiVersion": "v1", "kind": "ServiceAccount"}).to_string();
        let names = json!({"name": name, "namespace": namespace}).to_string();
        Ok(format!(
            "{},\"metadata\":{},\"annotations\":{}}}}}",
            head.trim_end_matches('}'),
            names.trim_end_matches('}'),
            self.annotations
        )
        .into_bytes())
    }
}

/// Whether the generated objects have parts that prevent the injection.
#[derive(Clone, Copy, PartialEq)]
enum Tidiness {
    Any,
    Clean,
}
