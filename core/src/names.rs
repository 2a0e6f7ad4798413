//! Every annotation, label, variable, path and bound that the policy reads or writes.
//!
//! Where nothing else is said, they are those of the Amazon EKS Pod Identity webhook v0.6.17: other
//! software looks them up by name.

/// Names after the prefix in the annotations of a service account or a pod: `<prefix>/role-arn`.
pub(crate) mod annotation {
    /// The ARN of the IAM role (service account).
    pub(crate) const ROLE_ARN: &str = "role-arn";
    /// The audience of the token (service account).
    pub(crate) const AUDIENCE: &str = "audience";
    /// Lifetime of the token, seconds (pod, service account).
    pub(crate) const TOKEN_EXPIRATION: &str = "token-expiration";
    /// Whether AWS SDKs use the regional STS endpoint (service account).
    pub(crate) const STS_REGIONAL_ENDPOINTS: &str = "sts-regional-endpoints";
    /// Containers that get nothing, comma-separated (pod; ours: service account too).
    pub(crate) const SKIP_CONTAINERS: &str = "skip-containers";
    /// Set by the kubelet on the API server's copy of a static pod ("Mirror Pods" in the Kubernetes
    /// documentation of static pods); Kubernetes forbids token projections in them.
    pub(crate) const MIRROR_POD: (&str, &str) = ("kubernetes.io", "config.mirror");
}

/// Names after the prefix in the labels of a pod.
pub(crate) mod label {
    /// The pod wants none of this, whatever the label's value.
    pub(crate) const SKIP_WEBHOOK: &str = "skip-pod-identity-webhook";
}

/// Environment variables that AWS SDKs read ("AWS SDKs and Tools Reference Guide").
pub(crate) mod variable {
    pub(crate) const ROLE_ARN: &str = "AWS_ROLE_ARN";
    pub(crate) const WEB_IDENTITY_TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
    pub(crate) const REGION: &str = "AWS_REGION";
    pub(crate) const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
    pub(crate) const STS_REGIONAL_ENDPOINTS: &str = "AWS_STS_REGIONAL_ENDPOINTS";
    /// What all of them start with.
    pub(crate) const PREFIX: &str = "AWS_";
}

/// Prefix of annotations and labels, unless set otherwise.
pub(crate) const ANNOTATION_PREFIX: &str = "eks.amazonaws.com";
/// Audience of a token for STS, in every partition ("IAM roles for service accounts", Amazon EKS User
/// Guide; aws-cn uses it too).
pub(crate) const STS_AUDIENCE: &str = "sts.amazonaws.com";

/// The token of a web identity.
pub(crate) mod web_identity {
    pub(crate) const VOLUME: &str = "aws-iam-token";
    pub(crate) const MOUNT_PATH: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
    /// The token's file below the mount.
    pub(crate) const TOKEN_FILE: &str = "token";
}

/// Bounds of a projected token's lifetime, seconds.
pub(crate) mod expiration {
    /// The shortest that the API server issues ("ServiceAccountTokenProjection", Kubernetes API reference).
    pub(crate) const MIN: u32 = 600;
    /// The longest that EKS issues, and the webhook's default.
    pub(crate) const MAX: u32 = 86_400;
    pub(crate) const DEFAULT: u32 = MAX;
}

/// The longest warning that an API server passes on uncut, bytes ("Warnings" in "Dynamic Admission
/// Control", Kubernetes documentation).
pub(crate) const MAX_WARNING: usize = 256;
