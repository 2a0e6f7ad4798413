//! Every misconfiguration that the policy names: its id and its default severity.
//!
//! To add a finding, add its line here, report it in the family of `findings/` that it belongs to, and describe it
//! under its id in `docs/findings.md`.

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

macro_rules! catalogue {
    ($($(#[doc = $doc:literal])+ $kind:ident = $id:literal, $severity:ident;)+) => {
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
        }
    };
}

catalogue! {
    // The service account.
    /// The value of `role-arn` is not an IAM role ARN.
    RoleArnMalformed = "role-arn-malformed", Reject;
    /// The value of `role-arn` is a template that was not rendered.
    RoleArnPlaceholder = "role-arn-placeholder", Reject;
    /// `role-arn` is empty.
    RoleArnEmpty = "role-arn-empty", Warn;
    /// A service-linked or SSO role: no web identity can assume it.
    RoleArnNotAssumable = "role-arn-not-assumable", Reject;
    /// The role looks like that of a node.
    RoleArnNodeRole = "role-arn-node-role", Warn;
    /// The setting `allowedRoles` does not give the role to the namespace.
    RoleArnNotAllowed = "role-arn-not-allowed", Reject;
    /// The trust policy of the role, as the ConfigMap of the setting `roleTrust` has it, does not allow the token.
    RoleTrustDenied = "role-trust-denied", Warn;
    /// The account is `default`: every pod of the namespace that names none has the role.
    RoleOnDefaultServiceAccount = "role-on-default-service-account", Warn;
    /// A key is probably a typo of a known one.
    AnnotationMisspelled = "annotation-misspelled", Warn;
    /// An annotation of service accounts on a pod or template.
    AnnotationOnWrongObject = "annotation-on-wrong-object", Warn;
    /// `audience` is empty.
    AudienceEmpty = "audience-empty", Warn;
    /// `audience` is neither the default nor STS.
    AudienceUnexpected = "audience-unexpected", Warn;
    /// `token-expiration` is not a number of seconds from 600 to 86400.
    TokenExpirationInvalid = "token-expiration-invalid", Warn;
    /// `sts-regional-endpoints` is not a boolean.
    StsRegionalEndpointsInvalid = "sts-regional-endpoints-invalid", Warn;
    /// `sts-endpoint-url` is not a URL of an STS.
    StsEndpointUrlInvalid = "sts-endpoint-url-invalid", Reject;
    /// A role and container credentials for one account.
    IdentityDeclaredTwice = "identity-declared-twice", Warn;
    /// The ConfigMap of roles cannot be read, or what it has for the account cannot be used.
    RoleMapInvalid = "role-map-invalid", Reject;

    // The pod.
    /// The pod's service account does not exist.
    ServiceAccountMissing = "service-account-missing", Reject;
    /// `serviceAccountName` and the deprecated `serviceAccount` differ.
    ServiceAccountMismatch = "service-account-mismatch", Warn;
    /// An annotation of kiam or kube2iam.
    LegacyAnnotation = "legacy-annotation", Warn;
    /// The list of containers to exclude, or to include, cannot be read.
    ContainersAnnotationInvalid = "containers-annotation-invalid", Reject;
    /// The list of containers to exclude, or to include, names one that the pod does not have.
    ContainersAnnotationUnknown = "containers-annotation-unknown", Warn;
    /// Every container is excluded.
    ContainersAllSkipped = "containers-all-skipped", Warn;
    /// The pod is in the node's network, where it can reach the node's role through the instance metadata service.
    HostNetwork = "host-network", Warn;
    /// Host-process containers see the token's mount elsewhere.
    WindowsHostProcess = "windows-host-process", Warn;
    /// The pod has no identity.
    IdentityRequired = "identity-required", Off;
    /// Containers that can read each other's tokens.
    SharedProcessNamespace = "shared-process-namespace", Off;
    /// A running pod lacks what its service account asks for.
    RunningWithoutIdentity = "running-without-identity", Off;

    // The token of a pod.
    /// A volume has the name of the token's volume and is another one.
    TokenVolumeConflict = "token-volume-conflict", Reject;
    /// A token in the manifest has no audience, or an unexpected one.
    TokenVolumeAudience = "token-volume-audience", Reject;
    /// The mode of the token's volume keeps a container from reading it.
    TokenVolumeUnreadable = "token-volume-unreadable", Warn;
    /// Another volume is mounted where the token goes.
    TokenMountConflict = "token-mount-conflict", Reject;
    /// Another volume is mounted below the token's path, or read-only above it.
    TokenMountShadowed = "token-mount-shadowed", Reject;
    /// A part of the token's volume is mounted: it would never see a rotated token.
    TokenMountSubpath = "token-mount-subpath", Warn;
    /// The token's file is under no mount of the container.
    TokenFileNotMounted = "token-file-not-mounted", Reject;

    // The environment of a container.
    /// A container sets one half of its web identity, and the other does not follow from it.
    WebIdentityIncomplete = "web-identity-incomplete", Reject;
    /// `AWS_ROLE_ARN` is not a role ARN.
    RoleArnEnvMalformed = "role-arn-env-malformed", Reject;
    /// `AWS_ROLE_ARN` is another role than that of the pod's identity.
    RoleArnEnvDiffers = "role-arn-env-differs", Warn;
    /// `AWS_ROLE_ARN` comes from elsewhere, so that it cannot be checked.
    RoleArnEnvUnknown = "role-arn-env-unknown", Off;
    /// Whitespace or quotes around the value of an identity variable, a reference in it that is not replaced, or no region.
    EnvValueMalformed = "env-value-malformed", Warn;
    /// An identity variable is defined twice.
    DuplicateEnv = "duplicate-env", Warn;
    /// An identity variable comes from what need not exist.
    EnvOptional = "env-optional", Warn;
    /// `AWS_ROLE_SESSION_NAME` is not a session name that STS accepts.
    SessionNameInvalid = "session-name-invalid", Reject;
    /// Access keys in the environment: they win over the role.
    StaticCredentials = "static-credentials", Warn;
    /// The ID of an access key without its secret.
    StaticCredentialsIncomplete = "static-credentials-incomplete", Warn;
    /// A profile, which some SDKs read before web identity.
    ProfileShadowsRole = "profile-shadows-role", Warn;
    /// Web identity and container credentials in one container.
    BothCredentialFamilies = "both-credential-families", Warn;
    /// A container-credentials URI that SDKs refuse.
    ContainerCredentialsUriInvalid = "container-credentials-uri-invalid", Reject;
    /// Container credentials on Windows or Fargate, where no agent runs.
    ContainerCredentialsUnsupported = "container-credentials-unsupported", Reject;
    /// A relative URI, a token in a variable or another server, which SDKs use before the agent and its token.
    ContainerCredentialsShadowed = "container-credentials-shadowed", Warn;
    /// The SDK sends requests for the agent to a proxy.
    ProxyBlocksAgent = "proxy-blocks-agent", Warn;
    /// The region and the role are in different partitions.
    RegionPartitionMismatch = "region-partition-mismatch", Warn;
    /// `AWS_STS_REGIONAL_ENDPOINTS` is not valid, or an endpoint of STS is empty.
    StsEndpointEnvInvalid = "sts-endpoint-env-invalid", Warn;
    /// The identity's token is sent to an endpoint that is not AWS's.
    StsEndpointNotAws = "sts-endpoint-not-aws", Warn;
}

impl FindingKind {
    /// Whether a container in which the finding is made may have another identity than the one that it is meant to have, or
    /// none, without an error: some SDKs go on to the role of the node where a role cannot be used (docs/sdk-credentials.md).
    pub(crate) fn concerns_identity(self) -> bool {
        matches!(
            self,
            Self::RoleArnEmpty
                | Self::RoleArnNotAllowed
                | Self::AnnotationMisspelled
                | Self::AnnotationOnWrongObject
                | Self::IdentityDeclaredTwice
                | Self::RoleMapInvalid
                | Self::ServiceAccountMissing
                | Self::ServiceAccountMismatch
                | Self::LegacyAnnotation
                | Self::ContainersAllSkipped
                | Self::RunningWithoutIdentity
                | Self::TokenVolumeConflict
                | Self::TokenVolumeAudience
                | Self::TokenMountConflict
                | Self::TokenFileNotMounted
                | Self::WebIdentityIncomplete
                | Self::RoleArnEnvMalformed
                | Self::RoleArnEnvDiffers
                | Self::RoleArnEnvUnknown
                | Self::DuplicateEnv
                | Self::EnvOptional
                | Self::SessionNameInvalid
                | Self::StaticCredentials
                | Self::ProfileShadowsRole
                | Self::BothCredentialFamilies
                | Self::ContainerCredentialsUriInvalid
                | Self::ContainerCredentialsShadowed
                | Self::RegionPartitionMismatch
                | Self::StsEndpointNotAws
        )
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
