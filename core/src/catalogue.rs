//! The catalogue of findings: the ID, the default severity and the concern of each.
//!
//! CONTRIBUTING.md describes how to add a finding.

/// What happens to an object that has the finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing: the finding is not reported.
    Off,
    /// It is accepted, with a warning to the user who sent it.
    Warn,
    /// It is rejected.
    Reject,
}

/// What a warning means for a container.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Concern {
    /// The container may have a different identity from the intended one, or none, without an error: if some SDKs cannot use a
    /// role, they use the role of the node (docs/sdk-credentials.md).
    Identity,
    /// The identity works, or it fails with an error.
    Rest,
}

macro_rules! catalogue {
    ($($(#[doc = $doc:literal])+ $kind:ident = $id:literal, $severity:ident, $concern:ident;)+) => {
        /// What kind of misconfiguration a finding is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FindingKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl FindingKind {
            /// All kinds, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The stable name of the kind, as settings, messages and the documentation use it.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$kind => $id,)+
                }
            }

            /// The severity if no setting changes it.
            pub fn default_severity(self) -> Severity {
                match self {
                    $(Self::$kind => Severity::$severity,)+
                }
            }

            /// What the finding means for a container, if it is a warning.
            fn concern(self) -> Concern {
                match self {
                    $(Self::$kind => Concern::$concern,)+
                }
            }
        }
    };
}

catalogue! {
    // The service account.
    /// The value of `role-arn` is not an IAM role ARN.
    RoleArnMalformed = "role-arn-malformed", Reject, Identity;
    /// The value of `role-arn` is a template that was not rendered.
    RoleArnPlaceholder = "role-arn-placeholder", Reject, Identity;
    /// `role-arn` is empty.
    RoleArnEmpty = "role-arn-empty", Warn, Identity;
    /// A service-linked or SSO role: no web identity can assume it.
    RoleArnNotAssumable = "role-arn-not-assumable", Reject, Identity;
    /// The role looks like that of a node.
    RoleArnNodeRole = "role-arn-node-role", Warn, Rest;
    /// The setting `allowedRoles` does not give the role to the namespace.
    RoleArnNotAllowed = "role-arn-not-allowed", Reject, Identity;
    /// The trust policy of the role, as the ConfigMap of the setting `roleTrust` has it, does not allow the token.
    RoleTrustDenied = "role-trust-denied", Warn, Identity;
    /// The service account is `default`, so every pod of the namespace that does not set one has the role.
    RoleOnDefaultServiceAccount = "role-on-default-service-account", Warn, Rest;
    /// A key is probably a typo of a known one.
    AnnotationMisspelled = "annotation-misspelled", Warn, Identity;
    /// A pod, a pod template or a workload has an annotation that is read from service accounts only.
    AnnotationOnWrongObject = "annotation-on-wrong-object", Warn, Identity;
    /// `audience` is empty.
    AudienceEmpty = "audience-empty", Warn, Rest;
    /// `audience` is neither the default nor STS.
    AudienceUnexpected = "audience-unexpected", Warn, Identity;
    /// `token-expiration` is not a number of seconds that Kubernetes and EKS accept.
    TokenExpirationInvalid = "token-expiration-invalid", Warn, Rest;
    /// `sts-regional-endpoints` is not a boolean.
    StsRegionalEndpointsInvalid = "sts-regional-endpoints-invalid", Warn, Rest;
    /// `sts-endpoint-url` is not a URL of an STS.
    StsEndpointUrlInvalid = "sts-endpoint-url-invalid", Reject, Rest;
    /// A service account has a role and container credentials.
    IdentityDeclaredTwice = "identity-declared-twice", Warn, Identity;
    /// The ConfigMap of roles cannot be read, or its entry for the service account cannot be used.
    RoleMapInvalid = "role-map-invalid", Reject, Identity;

    // The pod.
    /// The pod's service account does not exist.
    ServiceAccountMissing = "service-account-missing", Reject, Identity;
    /// `serviceAccountName` and the deprecated `serviceAccount` differ.
    ServiceAccountMismatch = "service-account-mismatch", Warn, Identity;
    /// An annotation is for kiam or kube2iam.
    LegacyAnnotation = "legacy-annotation", Warn, Identity;
    /// The list of containers to exclude, or to include, cannot be read.
    ContainersAnnotationInvalid = "containers-annotation-invalid", Reject, Rest;
    /// The list of containers to exclude, or to include, names one that the pod does not have.
    ContainersAnnotationUnknown = "containers-annotation-unknown", Warn, Rest;
    /// Every container is excluded.
    ContainersAllSkipped = "containers-all-skipped", Warn, Identity;
    /// The pod uses the host network, where it can reach the node's role through the instance metadata service.
    HostNetwork = "host-network", Warn, Rest;
    /// The container is a HostProcess container, which may have the token at another path.
    WindowsHostProcess = "windows-host-process", Warn, Rest;
    /// The pod has no identity.
    IdentityRequired = "identity-required", Off, Identity;
    /// Containers of the pod can read the tokens of each other.
    SharedProcessNamespace = "shared-process-namespace", Off, Rest;
    /// A running pod does not have the identity of its service account.
    RunningWithoutIdentity = "running-without-identity", Off, Identity;

    // The token of a pod.
    /// Another volume has the name of the token's volume.
    TokenVolumeConflict = "token-volume-conflict", Reject, Identity;
    /// A token in the manifest has no audience, or an unexpected one.
    TokenVolumeAudience = "token-volume-audience", Reject, Identity;
    /// The mode of the token's volume does not let a container read it.
    TokenVolumeUnreadable = "token-volume-unreadable", Warn, Identity;
    /// Another volume is mounted at the path of the token.
    TokenMountConflict = "token-mount-conflict", Reject, Identity;
    /// Another volume is mounted below the token's path, or read-only above it.
    TokenMountShadowed = "token-mount-shadowed", Reject, Identity;
    /// A part of the token's volume is mounted (`subPath`), so the container does not receive rotated tokens.
    TokenMountSubpath = "token-mount-subpath", Warn, Identity;
    /// The token's file is on no mount of the container.
    TokenFileNotMounted = "token-file-not-mounted", Reject, Identity;

    // The environment of a container.
    /// A container sets one variable of its web identity, to which the other cannot be added.
    WebIdentityIncomplete = "web-identity-incomplete", Reject, Identity;
    /// `AWS_ROLE_ARN` is not a role ARN.
    RoleArnEnvMalformed = "role-arn-env-malformed", Reject, Identity;
    /// `AWS_ROLE_ARN` is not the role of the pod's identity.
    RoleArnEnvDiffers = "role-arn-env-differs", Warn, Identity;
    /// The manifest does not show the value of `AWS_ROLE_ARN`, so it cannot be checked.
    RoleArnEnvUnknown = "role-arn-env-unknown", Off, Identity;
    /// The value of an identity variable has whitespace or quotes around it, or a reference that is not replaced, or is
    /// not a region.
    EnvValueMalformed = "env-value-malformed", Warn, Identity;
    /// An identity variable is defined more than once.
    DuplicateEnv = "duplicate-env", Warn, Identity;
    /// An identity variable has an optional source, which may be missing.
    EnvOptional = "env-optional", Warn, Identity;
    /// `AWS_ROLE_SESSION_NAME` is not a session name that STS accepts.
    SessionNameInvalid = "session-name-invalid", Reject, Identity;
    /// The container sets an access key, which AWS SDKs use instead of the role.
    StaticCredentials = "static-credentials", Warn, Identity;
    /// The container sets the ID of an access key without its secret.
    StaticCredentialsIncomplete = "static-credentials-incomplete", Warn, Rest;
    /// The container has a profile, which some SDKs use before web identity.
    ProfileShadowsRole = "profile-shadows-role", Warn, Identity;
    /// A container sets up web identity and container credentials.
    BothCredentialFamilies = "both-credential-families", Warn, Identity;
    /// AWS SDKs do not accept the URI of container credentials.
    ContainerCredentialsUriInvalid = "container-credentials-uri-invalid", Reject, Identity;
    /// A pod has container credentials on Windows or Fargate, where no agent runs.
    ContainerCredentialsUnsupported = "container-credentials-unsupported", Reject, Identity;
    /// The container sets a relative URI, a token or another server, which SDKs use instead of the agent and its token.
    ContainerCredentialsShadowed = "container-credentials-shadowed", Warn, Identity;
    /// AWS SDKs send requests for the agent to a proxy.
    ProxyBlocksAgent = "proxy-blocks-agent", Warn, Rest;
    /// The region and the role are in different partitions.
    RegionPartitionMismatch = "region-partition-mismatch", Warn, Identity;
    /// `AWS_STS_REGIONAL_ENDPOINTS` is not valid, or an endpoint of STS is empty.
    StsEndpointEnvInvalid = "sts-endpoint-env-invalid", Warn, Identity;
    /// AWS SDKs send the identity's token to an endpoint that is not one of AWS.
    StsEndpointNotAws = "sts-endpoint-not-aws", Warn, Identity;
}

impl FindingKind {
    /// Whether a container may have a different identity from the intended one, or none, without an error. Such warnings come
    /// before the others.
    pub fn concerns_identity(self) -> bool {
        self.concern() == Concern::Identity
    }

    /// The kind with that id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.id() == id)
    }
}

/// The severities in force: those of the catalogue, changed by settings.
#[derive(Clone, Debug)]
pub(crate) struct Severities {
    overrides: [Option<Severity>; FindingKind::ALL.len()],
    ceiling: Severity,
}

impl Default for Severities {
    fn default() -> Self {
        Self { overrides: [None; FindingKind::ALL.len()], ceiling: Severity::Reject }
    }
}

impl Severities {
    /// Sets the severity of one kind.
    pub(crate) fn set(&mut self, kind: FindingKind, severity: Severity) {
        if let Some(slot) = self.overrides.get_mut(kind as usize) {
            *slot = Some(severity);
        }
    }

    /// Lowers every severity that is not set by id to at most `ceiling`.
    pub(crate) fn limit(&mut self, ceiling: Severity) {
        self.ceiling = ceiling;
    }

    /// The severity in force of a kind whose default is `default`.
    pub(crate) fn of(&self, kind: FindingKind, default: Severity) -> Severity {
        let set = self.overrides.get(kind as usize).copied().flatten();
        set.unwrap_or(default.min(self.ceiling))
    }
}
