//! An in-memory cluster: the objects that a policy may look up, and how the lookups may fail.

mod field_mask;

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::capabilities::{GetResourceRequest, HostCapabilities};
use crate::object::DEFAULT_NAMESPACE;

pub use field_mask::FieldMask;

/// Whether the policy can read the cluster, or why it cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// It can: every object can be read.
    #[default]
    Granted,
    /// The policy has no entry of `contextAwareResources` for the kinds that it looks up.
    NotGranted,
    /// The policy server's service account lacks the RBAC rights.
    Forbidden,
    /// The API server cannot be reached.
    Unreachable,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    api_version: String,
    kind: String,
    namespace: Option<String>,
    name: String,
}

/// The objects of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    objects: HashMap<Key, Value>,
    access: Access,
    default_service_accounts: bool,
}

impl Cluster {
    /// A cluster without objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object; see [`insert`](Self::insert).
    #[must_use]
    pub fn with(mut self, object: Value) -> Self {
        self.insert(object);
        self
    }

    /// Makes all lookups fail, or succeed again.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Gives every namespace the service account `default`, which a real cluster creates.
    #[must_use]
    pub fn with_default_service_accounts(mut self) -> Self {
        self.default_service_accounts = true;
        self
    }

    /// Adds an object, or replaces the one of the same kind and name. An object without a namespace gets `default`, unless it
    /// is a namespace.
    pub fn insert(&mut self, mut object: Value) {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let kind = text(object.get("kind")).unwrap_or_default();
        let mut namespace = text(object.pointer("/metadata/namespace"));
        if namespace.is_none() && kind != "Namespace" {
            namespace = Some(DEFAULT_NAMESPACE.to_owned());
            if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
                metadata.insert("namespace".to_owned(), DEFAULT_NAMESPACE.into());
            }
        }
        let key = Key {
            api_version: text(object.get("apiVersion")).unwrap_or_default(),
            name: text(object.pointer("/metadata/name")).unwrap_or_default(),
            kind,
            namespace,
        };
        self.objects.insert(key, object);
    }

    /// Its objects, in any order.
    pub fn objects(&self) -> impl Iterator<Item = &Value> {
        self.objects.values()
    }

    fn find(&self, request: &GetResourceRequest) -> Option<Value> {
        let key = Key {
            api_version: request.api_version.clone(),
            kind: request.kind.clone(),
            namespace: request.namespace.clone(),
            name: request.name.clone(),
        };
        let found = self.objects.get(&key).cloned();
        found.or_else(|| self.default_service_account(request))
    }

    fn default_service_account(&self, request: &GetResourceRequest) -> Option<Value> {
        let wanted = (request.api_version.as_str(), request.kind.as_str(), request.name.as_str());
        let asked = self.default_service_accounts && wanted == ("v1", "ServiceAccount", "default");
        asked.then(|| {
            serde_json::json!({
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": "default", "namespace": request.namespace},
            })
        })
    }
}

impl HostCapabilities for Cluster {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        self.access != Access::NotGranted
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        match self.access {
            Access::Granted | Access::NotGranted => {}
            Access::Forbidden => return Err(forbidden(request)),
            Access::Unreachable => return Err(unreachable_api_server()),
        }
        let object = self.find(request).ok_or_else(|| not_found(request))?;
        serde_json::to_vec(&masked(object, request)).map_err(|error| error.to_string())
    }
}

/// The object as the host passes it on: apiVersion, kind and metadata whole, the rest pruned.
fn masked(object: Value, request: &GetResourceRequest) -> Value {
    let (Value::Object(mut rest), Some(paths)) = (object.clone(), &request.field_masks) else {
        return object;
    };
    let mut kept = Map::new();
    for key in ["apiVersion", "kind", "metadata"] {
        if let Some(value) = rest.remove(key) {
            kept.insert(key.to_owned(), value);
        }
    }
    let mut rest = Value::Object(rest);
    FieldMask::new(paths).prune(&mut rest);
    if let Value::Object(rest) = rest {
        kept.extend(rest);
    }
    Value::Object(kept)
}

fn not_found(request: &GetResourceRequest) -> String {
    format!(
        "Cannot find {}/{} named '{}' inside of namespace '{:?}'",
        request.api_version,
        request.kind,
        request.name,
        request.namespace.as_deref()
    )
}

/// The error of the API server as the client of the host writes it: the message three times, on several lines.
fn forbidden(request: &GetResourceRequest) -> String {
    let resource = format!("{}s", request.kind.to_lowercase());
    let message = format!(
        "{resource} \"{}\" is forbidden: User \"system:serviceaccount:kubewarden:policy-server\" \
         cannot get resource \"{resource}\" in API group \"\" in the namespace \"{}\"",
        request.name,
        request.namespace.as_deref().unwrap_or_default()
    );
    format!(
        "ApiError: {message}: Forbidden (Status {{ status: Some(Failure), code: 403, \
         message: {message:?}, metadata: Some(ListMeta {{ continue_: None, remaining_item_count: None, \
         resource_version: None, self_link: None }}), reason: \"Forbidden\", details: None }})\n\n\
         Caused by:\n    {message}: Forbidden"
    )
}

fn unreachable_api_server() -> String {
    "ServiceError: client error (Connect)\n\nCaused by:\n    0: client error (Connect)\n    \
     1: tcp connect error\n    2: Connection refused (os error 111)"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(name: &str, masks: Option<&[&str]>) -> Vec<u8> {
        let request = GetResourceRequest {
            api_version: "v1".to_owned(),
            kind: "ServiceAccount".to_owned(),
            name: name.to_owned(),
            namespace: Some("payments".to_owned()),
            disable_cache: true,
            field_masks: masks.map(|masks| masks.iter().map(|mask| (*mask).to_owned()).collect()),
        };
        serde_json::to_vec(&request).unwrap()
    }

    fn get(cluster: &Cluster, request: &[u8]) -> Result<Value, String> {
        let answer = cluster.host_call("kubewarden", "kubernetes", "get_resource", request)?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    fn account() -> Value {
        json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "api", "namespace": "payments", "labels": {"a": "b"},
                "annotations": {"c": "d"}},
            "secrets": [{"name": "s"}], "automountServiceAccountToken": true,
        })
    }

    #[test]
    fn a_lookup_without_masks_returns_the_whole_object() {
        let cluster = Cluster::new().with(account());
        assert_eq!(get(&cluster, &request("api", None)).unwrap(), account());
        assert_eq!(get(&cluster, &request("api", Some(&[]))).unwrap(), account());
    }

    #[test]
    fn masks_keep_the_metadata_and_remove_other_fields() {
        let cluster = Cluster::new().with(account());
        let found = get(&cluster, &request("api", Some(&["metadata.annotations"]))).unwrap();
        assert_eq!(found["metadata"], account()["metadata"]);
        assert_eq!(found["kind"], "ServiceAccount");
        assert_eq!(found.get("secrets"), None);
    }

    #[test]
    fn a_missing_object_has_the_message_of_the_policy_server() {
        assert_eq!(
            get(&Cluster::new(), &request("x", None)).unwrap_err(),
            "Callback evaluation failure: Cannot find v1/ServiceAccount named 'x' inside of namespace \
             'Some(\"payments\")'"
        );
    }

    #[test]
    fn missing_rbac_permissions_have_the_message_of_the_policy_server() {
        let cluster = Cluster::new().with_access(Access::Forbidden);
        let error = get(&cluster, &request("x", None)).unwrap_err();
        let start = "Callback evaluation failure: ApiError: serviceaccounts \"x\" is forbidden";
        assert!(error.starts_with(start), "{error}");
        assert!(error.lines().count() > 1, "{error}");
    }

    #[test]
    fn a_policy_without_context_aware_resources_sees_nothing() {
        let cluster = Cluster::new().with(account()).with_access(Access::NotGranted);
        let error = get(&cluster, &request("api", None)).unwrap_err();
        assert!(error.starts_with("Policy has not been granted access to Kubernetes"));
    }

    #[test]
    fn the_default_account_exists_only_if_it_is_added() {
        assert!(get(&Cluster::new(), &request("default", None)).is_err());
        let cluster = Cluster::new().with_default_service_accounts();
        let found = get(&cluster, &request("default", None)).unwrap();
        assert_eq!(found["metadata"]["namespace"], "payments");
    }

    #[test]
    fn an_object_without_a_namespace_is_found_in_default() {
        let cluster = Cluster::new().with(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"},
        }));
        let request = br#"{"api_version":"v1","kind":"ConfigMap","name":"m","namespace":"default",
            "disable_cache":false,"field_masks":null}"#;
        assert_eq!(get(&cluster, request).unwrap()["metadata"]["namespace"], "default");
    }
}
