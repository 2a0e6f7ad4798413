//! Asking the host for a resource of the cluster, and distinguishing its errors.
//!
//! The host has no structured errors. Its errors are texts, whose wording (policy-server 1.36) is matched as narrowly as
//! possible. A text that is not recognized is a failed lookup, never a missing resource.

use std::fmt::{self, Display};

use crate::display::{Visible, shortened};
use crate::names::MAX_OBJECT_NAME;
use crate::object::metadata::Metadata;
use aws_pod_identity_json::{push_member, push_string};

/// Asks the host for one resource. It takes a `GetResourceRequest` of the Kubewarden SDK as JSON, and returns the
/// resource as JSON, or the host's error as text.
pub type GetResource<'h> = dyn FnMut(&[u8]) -> Result<Vec<u8>, String> + 'h;

/// A resource of the core API group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'q> {
    pub(crate) kind: &'static str,
    pub(crate) namespace: &'q str,
    pub(crate) name: &'q str,
    /// Whether an answer from the host's cache, up to 5 seconds old, is good enough.
    pub(crate) cached: bool,
    /// The only fields that are needed in addition to the resource's metadata.
    pub(crate) fields: &'q [&'q str],
}

/// Why a lookup failed. [`Query::explain`] adds the resource and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LookupError {
    /// The policy server's own service account is not allowed to read such resources. With the first line of the host's error.
    Forbidden(String),
    /// The policy has no access to such resources: its ClusterAdmissionPolicy does not grant it, or it is a
    /// namespaced AdmissionPolicy.
    NotGranted,
    /// The policy may not call the host: capabilities of namespaced policies, or of kwctl, are restricted.
    NoCapability,
    /// Any other error of the host, its first line.
    Failed(String),
    /// The answer is not the resource that was asked for.
    Unusable(&'static str),
}

impl Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(line) => {
                write!(f, "the policy server is not allowed to read it ({line})")
            }
            Self::NotGranted => {
                f.write_str("this policy does not have access to this kind of resource")
            }
            Self::NoCapability => {
                f.write_str("this policy does not have the host capability kubernetes/get_resource")
            }
            Self::Failed(line) => f.write_str(line),
            Self::Unusable(why) => {
                write!(f, "the answer of the policy server cannot be used: {why}")
            }
        }
    }
}

/// A failed lookup, in words.
#[derive(Clone, Debug)]
pub(crate) struct LookupFailure {
    /// What cannot be looked up and why, with the remedy if a configuration has to change.
    pub(crate) message: String,
    /// Whether the lookup may succeed later although no configuration changes.
    pub(crate) transient: bool,
}

impl Query<'_> {
    /// Asks the host. Returns the resource as JSON; none if it does not exist, or cannot exist because of its name.
    pub(crate) fn ask(
        self,
        get_resource: &mut GetResource<'_>,
    ) -> Result<Option<Vec<u8>>, LookupError> {
        // The API server rejects such a name only after the webhooks. Searching the host's error for a long name takes
        // time in proportion to the product of both lengths.
        if self.name.len() > MAX_OBJECT_NAME {
            return Ok(None);
        }
        match get_resource(self.to_json().as_bytes()) {
            Ok(answer) => Ok(Some(answer)),
            Err(text) if text.contains(&self.not_found()) => Ok(None),
            Err(text) => Err(self.error_of(&text)),
        }
    }

    /// The host's error if there is no such resource. It includes the name, because another error may repeat the name, and a
    /// name may contain any word.
    fn not_found(self) -> String {
        format!("Cannot find v1/{} named '{}'", self.kind, self.name)
    }

    /// Makes sure that an answer is the resource that was asked for.
    pub(crate) fn check_answer(self, metadata: &Metadata<'_>) -> Result<(), LookupError> {
        let other_namespace =
            !metadata.namespace.is_empty() && !metadata.namespace.is(self.namespace);
        if !metadata.name.is(self.name) || other_namespace {
            return Err(LookupError::Unusable("it is another resource"));
        }
        Ok(())
    }

    fn to_json(self) -> String {
        let mut json = String::with_capacity(192);
        json.push_str("{\"api_version\":\"v1\",");
        push_member(&mut json, "kind", self.kind);
        json.push(',');
        push_member(&mut json, "name", self.name);
        json.push(',');
        push_member(&mut json, "namespace", self.namespace);
        json.push_str(",\"disable_cache\":");
        json.push_str(if self.cached { "false" } else { "true" });
        json.push_str(",\"field_masks\":[");
        for (index, field) in self.fields.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            push_string(&mut json, field);
        }
        json.push_str("]}");
        json
    }

    fn error_of(self, text: &str) -> LookupError {
        let not_granted =
            format!("not been granted access to Kubernetes v1/{} resources", self.kind);
        let line = || first_line(text);
        if text.contains(&not_granted) {
            LookupError::NotGranted
        } else if text.contains("not been granted access to the 'kubernetes/get_resource'") {
            LookupError::NoCapability
        } else if text.contains("ApiError:") && text.contains("is forbidden") {
            LookupError::Forbidden(line())
        } else {
            LookupError::Failed(line())
        }
    }

    /// The failure in words for the user who created the object.
    pub(crate) fn explain(self, error: &LookupError) -> LookupFailure {
        let Self { kind, namespace, name, .. } = self;
        let remedy = self.remedy(error);
        LookupFailure {
            message: format!(
                "cannot look up {kind} {}/{}: {error}{remedy}",
                Visible(namespace),
                Visible(name)
            ),
            transient: matches!(error, LookupError::Failed(_) | LookupError::Unusable(_)),
        }
    }

    /// How to correct the configuration that causes the error, after a semicolon. Empty if it is not the configuration.
    fn remedy(self, error: &LookupError) -> String {
        let Self { kind, namespace, .. } = self;
        match error {
            LookupError::Forbidden(_) => format!(
                "; bind the ClusterRole from this policy's deploy directory to the policy \
                 server's service account, and check with: kubectl auth can-i get {}s --namespace \
                 {} --as=system:serviceaccount:<namespace>:policy-server",
                kind.to_ascii_lowercase(),
                Visible(namespace)
            ),
            LookupError::NotGranted => format!(
                "; add {{apiVersion: v1, kind: {kind}}} to spec.contextAwareResources of the \
                 ClusterAdmissionPolicy; if it is a namespaced AdmissionPolicy, which cannot look \
                 up resources, use a ClusterAdmissionPolicy instead"
            ),
            LookupError::NoCapability => "; use a ClusterAdmissionPolicy, because \
                                          spec.namespacedPoliciesCapabilities of the PolicyServer \
                                          restricts namespaced policies only; with kwctl, add it \
                                          to --allowed-host-capabilities"
                .to_owned(),
            LookupError::Failed(_) | LookupError::Unusable(_) => String::new(),
        }
    }
}

/// The part of the host's error that users need: its first line, shortened, without the dump of the API server's answer
/// that may follow.
fn first_line(text: &str) -> String {
    const MAX: usize = 300;
    let line = text.split('\n').next().unwrap_or_default();
    let end = [" (Status {", " (ErrorResponse {", ": ErrorResponse {"]
        .into_iter()
        .filter_map(|dump| line.find(dump))
        .min()
        .unwrap_or(line.len());
    let line = shortened(line.split_at_checked(end).map_or(line, |(start, _)| start), MAX);
    line.chars().filter(|character| !character.is_control()).collect()
}
