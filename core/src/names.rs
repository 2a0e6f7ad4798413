//! Every annotation, label, variable, path and bound that the policy reads or writes.
//!
//! Unless stated otherwise, they are those of the Amazon EKS Pod Identity webhook v0.6.17: other software looks them up by
//! name.

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
    /// The URL of another STS than the one that SDKs choose (service account; unknown to the webhook).
    pub(crate) const STS_ENDPOINT_URL: &str = "sts-endpoint-url";
    /// Containers that do not get the identity, comma-separated (pod; unknown to the webhook: service account).
    pub(crate) const SKIP_CONTAINERS: &str = "skip-containers";
    /// The only containers that get the identity, comma-separated (pod, service account; unknown to the webhook).
    pub(crate) const INCLUDE_CONTAINERS: &str = "include-containers";
    /// All that a service account may have.
    pub(crate) const OF_ACCOUNTS: [&str; 7] = [
        ROLE_ARN,
        AUDIENCE,
        TOKEN_EXPIRATION,
        STS_REGIONAL_ENDPOINTS,
        STS_ENDPOINT_URL,
        SKIP_CONTAINERS,
        INCLUDE_CONTAINERS,
    ];
    /// All that a pod may have.
    pub(crate) const OF_PODS: [&str; 3] = [TOKEN_EXPIRATION, SKIP_CONTAINERS, INCLUDE_CONTAINERS];
    /// Names that other software uses with the webhook's prefix: not typos.
    pub(crate) const OTHER_SOFTWARE: [&str; 5] = [
        "ecr-role-arn",
        "compute-type",
        "fargate-profile",
        "pod-identity",
        "skip-pod-identity-webhook",
    ];
    /// Prefix of the annotations of kiam and kube2iam, which IAM roles for service accounts replaced.
    pub(crate) const LEGACY_PREFIX: &str = "iam.amazonaws.com";
    /// Set by the kubelet on the API server's copy of a static pod ("Mirror Pods" in the Kubernetes
    /// documentation of static pods); Kubernetes forbids token projections in them.
    pub(crate) const MIRROR_POD: (&str, &str) = ("kubernetes.io", "config.mirror");
}

/// Names after the prefix in the labels of a pod.
pub(crate) mod label {
    /// The pod is excluded from injection, whatever the label's value.
    pub(crate) const SKIP_WEBHOOK: &str = "skip-pod-identity-webhook";
    /// Set on pods that get container credentials. Its prefix is that of EKS, whatever prefix the settings have.
    pub(crate) const POD_IDENTITY: (&str, &str) = ("eks.amazonaws.com", "pod-identity");
    /// Its value.
    pub(crate) const POD_IDENTITY_ENABLED: &str = "enabled";
    /// Set by EKS on pods that run on Fargate.
    pub(crate) const FARGATE_PROFILE: (&str, &str) = ("eks.amazonaws.com", "fargate-profile");
}

/// Environment variables that AWS SDKs read ("AWS SDKs and Tools Reference Guide"), and the proxies that
/// they go through.
pub(crate) mod variable {
    use aws_pod_identity_json::RawString;

    pub(crate) const ROLE_ARN: &str = "AWS_ROLE_ARN";
    pub(crate) const WEB_IDENTITY_TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
    pub(crate) const ROLE_SESSION_NAME: &str = "AWS_ROLE_SESSION_NAME";
    pub(crate) const REGION: &str = "AWS_REGION";
    pub(crate) const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
    pub(crate) const STS_REGIONAL_ENDPOINTS: &str = "AWS_STS_REGIONAL_ENDPOINTS";
    pub(crate) const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
    pub(crate) const ENDPOINT_URL_STS: &str = "AWS_ENDPOINT_URL_STS";
    pub(crate) const IGNORE_ENDPOINT_URLS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
    pub(crate) const CONTAINER_FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    pub(crate) const CONTAINER_RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    pub(crate) const CONTAINER_TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    pub(crate) const CONTAINER_TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    pub(crate) const EC2_METADATA_DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
    /// The ID of an access key. The AWS SDK for Go v2 reads the second name as well, that for Ruby all of them.
    pub(crate) const ACCESS_KEY_IDS: [&str; 3] =
        ["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AMAZON_ACCESS_KEY_ID"];
    /// The secret of an access key, likewise.
    pub(crate) const SECRET_ACCESS_KEYS: [&str; 3] =
        ["AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AMAZON_SECRET_ACCESS_KEY"];
    /// "Use an Amazon Bedrock API key" in the Amazon Bedrock User Guide.
    pub(crate) const BEDROCK_KEY: &str = "AWS_BEARER_TOKEN_BEDROCK";
    /// The variables that select a profile, or the files with profiles.
    pub(crate) const PROFILES: [&str; 4] =
        ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
    /// The proxies for an address that starts with `http:`.
    pub(crate) const PROXIES: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
    pub(crate) const NO_PROXIES: [&str; 2] = ["NO_PROXY", "no_proxy"];

    /// The variables that select the identity of a program and how it gets the credentials. Each must have one correct
    /// definition.
    pub(crate) const IDENTITY: [&str; 9] = [
        ROLE_ARN,
        WEB_IDENTITY_TOKEN_FILE,
        ROLE_SESSION_NAME,
        REGION,
        DEFAULT_REGION,
        STS_REGIONAL_ENDPOINTS,
        CONTAINER_FULL_URI,
        CONTAINER_RELATIVE_URI,
        CONTAINER_TOKEN_FILE,
    ];

    /// The variables whose values are not secret: names, paths and switches. (A URI can contain a password, which
    /// reports look for.)
    pub(crate) const PUBLIC: [&str; 14] = [
        ROLE_ARN,
        ROLE_SESSION_NAME,
        WEB_IDENTITY_TOKEN_FILE,
        REGION,
        DEFAULT_REGION,
        STS_REGIONAL_ENDPOINTS,
        IGNORE_ENDPOINT_URLS,
        EC2_METADATA_DISABLED,
        PROFILES[0],
        PROFILES[1],
        PROFILES[2],
        PROFILES[3],
        CONTAINER_TOKEN_FILE,
        CONTAINER_FULL_URI,
    ];

    /// Whether any check reads the variable. On Windows, the case of names does not matter.
    pub(crate) fn is_checked(name: RawString<'_>) -> bool {
        name.starts_with_any_case("AWS_")
            || name.starts_with_any_case("AMAZON_")
            || name.ends_with_any_case("_PROXY")
    }

    /// Whether the kubelet may set the variable for a Service ("Discovering services" in "Service", Kubernetes
    /// documentation).
    pub(crate) fn is_of_service(name: &str) -> bool {
        name.contains("_SERVICE_") || name.contains("_PORT")
    }
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

/// The URI of the EKS Pod Identity agent, or its address. A macro, because only literals can be joined in a constant.
macro_rules! eks_agent {
    (uri) => {
        concat!("http://", $crate::names::eks_agent!(address), "/v1/credentials")
    };
    (address) => {
        "169.254.170.23"
    };
}
pub(crate) use eks_agent;

/// Container credentials: the token for the EKS Pod Identity agent, and where the agent listens.
pub(crate) mod container_credentials {
    pub(crate) const VOLUME: &str = "eks-pod-identity-token";
    pub(crate) const MOUNT_PATH: &str = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
    /// The token's file below the mount.
    pub(crate) const TOKEN_FILE: &str = "eks-pod-identity-token";
    pub(crate) const AUDIENCE: &str = "pods.eks.amazonaws.com";
    /// On nodes that have only IPv6, the host is [`AGENT_IPV6`].
    pub(crate) const FULL_URI: &str = super::eks_agent!(uri);
    /// The address of the agent ("Learn how EKS Pod Identity works", Amazon EKS User Guide).
    pub(crate) const AGENT: &str = super::eks_agent!(address);
    /// The address of the agent in IPv6, without brackets.
    pub(crate) const AGENT_IPV6: &str = "fd00:ec2::23";
    /// The scheduler that EKS gives to pods for Fargate, where no agent runs.
    pub(crate) const FARGATE_SCHEDULER: &str = "fargate-scheduler";
}

/// The webhook's ConfigMap of roles for service accounts.
pub(crate) mod role_map {
    /// Its name, unless set otherwise.
    pub(crate) const NAME: &str = "pod-identity-webhook";
    /// The entry of its `data` that is read.
    pub(crate) const KEY: &str = "config";
}

/// The name of the ConfigMap of the setting `roleTrust`, unless set otherwise.
pub(crate) const ROLE_TRUST: &str = "aws-role-trust";

/// Bounds of a projected token's lifetime, seconds.
pub(crate) mod expiration {
    /// The shortest that the API server issues ("ServiceAccountTokenProjection", Kubernetes API reference).
    pub(crate) const MIN: u32 = 600;
    /// The longest that EKS issues, and the webhook's default.
    pub(crate) const MAX: u32 = 86_400;
    /// The longest that API servers accept: 2^32 (validation of ServiceAccountTokenProjection in Kubernetes).
    pub(crate) const LONGEST: i64 = 1 << 32;
    pub(crate) const DEFAULT: u32 = MAX;
    /// The shortest lifetime that replaces the default for container credentials. The lifetimes of pods differ, so that
    /// pods that start together do not refresh their credentials in the same second.
    pub(crate) const SHORTEST_JITTERED: u32 = 79_200;
}

/// The longest name that a resource can have, bytes ("Object Names and IDs", Kubernetes documentation).
pub(crate) const MAX_OBJECT_NAME: usize = 253;

/// The longest text that API servers pass on in all warnings of a response together, characters. If it is longer, they
/// cut each warning to [`MAX_WARNING`], and omit the warnings that still do not fit ("Response" in "Dynamic Admission
/// Control", Kubernetes documentation; `WithWarningRecorder` of k8s.io/apiserver).
pub(crate) const MAX_WARNINGS: usize = 4096;
/// The length to which API servers cut each warning if all of them are too long, characters.
pub(crate) const MAX_WARNING: usize = 256;
