//! Every misconfiguration that the policy names: its id and its default severity.
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

/// What a finding may mean for a container, if it is a warning.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Concern {
    /// The container may have another identity than the one that it is meant to have, or none, without an error: some SDKs
    /// go on to the role of the node where a role cannot be used (docs/sdk-credentials.md).
    Identity,
    /// The identity works, or its failure is an error, or the finding only makes something else worse.
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

            /// The severity where no setting changes it.
            pub fn default_severity(self) -> Severity {
                match self {
                    $(Self::$kind => Severity::$severity,)+
                }
            }

            /// What a container in which the finding is made may have.
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
    /// The account is `default`: every pod of the namespace that names none has the role.
    RoleOnDefaultServiceAccount = "role-on-default-service-account", Warn, Rest;
    /// A key is probably a typo of a known one.
    AnnotationMisspelled = "annotation-misspelled", Warn, Identity;
    /// An annotation of service accounts on a pod or template.
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
    /// A role and container credentials for one account.
    IdentityDeclaredTwice = "identity-declared-twice", Warn, Identity;
    /// The ConfigMap of roles cannot be read, or what it has for the account cannot be used.
    RoleMapInvalid = "role-map-invalid", Reject, Identity;

    // The pod.
    /// The pod's service account does not exist.
    ServiceAccountMissing = "service-account-missing", Reject, Identity;
    /// `serviceAccountName` and the deprecated `serviceAccount` differ.
    ServiceAccountMismatch = "service-account-mismatch", Warn, Identity;
    /// An annotation of kiam or kube2iam.
    LegacyAnnotation = "legacy-annotation", Warn, Identity;
    /// The list of containers to exclude, or to include, cannot be read.
    ContainersAnnotationInvalid = "containers-annotation-invalid", Reject, Rest;
    /// The list of containers to exclude, or to include, names one that the pod does not have.
    ContainersAnnotationUnknown = "containers-annotation-unknown", Warn, Rest;
    /// Every container is excluded.
    ContainersAllSkipped = "containers-all-skipped", Warn, Identity;
    /// The pod is in the node's network, where it can reach the node's role through the instance metadata service.
    HostNetwork = "host-network", Warn, Rest;
    /// Host-process containers see the token's mount elsewhere.
    WindowsHostProcess = "windows-host-process", Warn, Rest;
    /// The pod has no identity.
    IdentityRequired = "identity-required", Off, Identity;
    /// Containers that can read each other's tokens.
    SharedProcessNamespace = "shared-process-namespace", Off, Rest;
    /// A running pod lacks what its service account asks for.
    RunningWithoutIdentity = "running-without-identity", Off, Identity;

    // The token of a pod.
    /// A volume has the name of the token's volume and is another one.
    TokenVolumeConflict = "token-volume-conflict", Reject, Identity;
    /// A token in the manifest has no audience, or an unexpected one.
    TokenVolumeAudience = "token-volume-audience", Reject, Identity;
    /// The mode of the token's volume keeps a container from reading it.
    TokenVolumeUnreadable = "token-volume-unreadable", Warn, Identity;
    /// Another volume is mounted where the token goes.
    TokenMountConflict = "token-mount-conflict", Reject, Identity;
    /// Another volume is mounted below the token's path, or read-only above it.
    TokenMountShadowed = "token-mount-shadowed", Reject, Identity;
    /// A part of the token's volume is mounted: it would never see a rotated token.
    TokenMountSubpath = "token-mount-subpath", Warn, Identity;
    /// The token's file is under no mount of the container.
    TokenFileNotMounted = "token-file-not-mounted", Reject, Identity;

    // The environment of a container.
    /// A container sets one half of its web identity, and the other does not follow from it.
    WebIdentityIncomplete = "web-identity-incomplete", Reject, Identity;
    /// `AWS_ROLE_ARN` is not a role ARN.
    RoleArnEnvMalformed = "role-arn-env-malformed", Reject, Identity;
    /// `AWS_ROLE_ARN` is another role than that of the pod's identity.
    RoleArnEnvDiffers = "role-arn-env-differs", Warn, Identity;
    /// `AWS_ROLE_ARN` comes from elsewhere, so that it cannot be checked.
    RoleArnEnvUnknown = "role-arn-env-unknown", Off, Identity;
    /// Whitespace or quotes around the value of an identity variable, a reference in it that is not replaced, or no region.
    EnvValueMalformed = "env-value-malformed", Warn, Identity;
    /// An identity variable is defined twice.
    DuplicateEnv = "duplicate-env", Warn, Identity;
    /// An identity variable comes from what need not exist.
    EnvOptional = "env-optional", Warn, Identity;
    /// `AWS_ROLE_SESSION_NAME` is not a session name that STS accepts.
    SessionNameInvalid = "session-name-invalid", Reject, Identity;
    /// Access keys in the environment: they win over the role.
    StaticCredentials = "static-credentials", Warn, Identity;
    /// The ID of an access key without its secret.
    StaticCredentialsIncomplete = "static-credentials-incomplete", Warn, Rest;
    /// A profile, which some SDKs read before web identity.
    ProfileShadowsRole = "profile-shadows-role", Warn, Identity;
    /// Web identity and container credentials in one container.
    BothCredentialFamilies = "both-credential-families", Warn, Identity;
    /// A container-credentials URI that SDKs refuse.
    ContainerCredentialsUriInvalid = "container-credentials-uri-invalid", Reject, Identity;
    /// Container credentials on Windows or Fargate, where no agent runs.
    ContainerCredentialsUnsupported = "container-credentials-unsupported", Reject, Identity;
    /// A relative URI, a token in a variable or another server, which SDKs use before the agent and its token.
    ContainerCredentialsShadowed = "container-credentials-shadowed", Warn, Identity;
    /// The SDK sends requests for the agent to a proxy.
    ProxyBlocksAgent = "proxy-blocks-agent", Warn, Rest;
    /// The region and the role are in different partitions.
    RegionPartitionMismatch = "region-partition-mismatch", Warn, Identity;
    /// `AWS_STS_REGIONAL_ENDPOINTS` is not valid, or an endpoint of STS is empty.
    StsEndpointEnvInvalid = "sts-endpoint-env-invalid", Warn, Identity;
    /// The identity's token is sent to an endpoint that is not AWS's.
    StsEndpointNotAws = "sts-endpoint-not-aws", Warn, Identity;
}

impl FindingKind {
    /// Whether a container may have another identity than the one that it is meant to have, or none, without an error. Such
    /// warnings come before the rest.
    pub fn concerns_identity(self) -> bool {
        self.concern() == Concern::Identity
    }

    /// The kind with that id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.id() == id)
    }
}

/// The severities in force: the catalogue's, as settings changed them.
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

    /// The severity in force of a kind whose default would be `default`.
    pub(crate) fn of(&self, kind: FindingKind, default: Severity) -> Severity {
        let set = self.overrides.get(kind as usize).copied().flatten();
        set.unwrap_or(default.min(self.ceiling))
    }
}
