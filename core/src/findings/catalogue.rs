//! Every misconfiguration that the policy names: its id and its default severity.
//!
//! To add a rule, add its line here, report it where it is detected (in `rules/`; in `identity/` where it is
//! about the value of an option, in `injection/` where it is about what keeps an identity from being wired in)
//! and describe it under its id in `docs/findings.md`. Searching for `Rule::` and its name finds the place.

/// What becomes of the object in which a finding is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing: the finding is not even reported.
    Off,
    /// It is accepted, with a warning to whoever sent it.
    Warn,
    /// It is rejected.
    Reject,
}

macro_rules! catalogue {
    ($($(#[doc = $doc:literal])+ $rule:ident = $id:literal, $severity:ident;)+) => {
        /// A rule of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule {
            $($(#[doc = $doc])+ $rule,)+
        }

        impl Rule {
            /// All rules, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$rule),+];

            /// The rule's stable name, as settings, messages and the documentation use it.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$rule => $id,)+
                }
            }

            /// What the rule does where no setting says otherwise.
            pub fn default_severity(self) -> Severity {
                match self {
                    $(Self::$rule => Severity::$severity,)+
                }
            }
        }
    };
}

catalogue! {
    // The service account.
    /// The value of `role-arn` is no IAM role ARN.
    RoleArnMalformed = "role-arn-malformed", Reject;
    /// The value of `role-arn` is a template that nobody rendered.
    RoleArnPlaceholder = "role-arn-placeholder", Reject;
    /// `role-arn` is there and empty.
    RoleArnEmpty = "role-arn-empty", Warn;
    /// A service-linked or SSO role: no web identity can assume it.
    RoleArnNotAssumable = "role-arn-not-assumable", Reject;
    /// The role looks like that of a node.
    RoleArnNodeRole = "role-arn-node-role", Warn;
    /// The setting `allowedRoles` does not give the role to the namespace.
    RoleArnNotAllowed = "role-arn-not-allowed", Reject;
    /// The account is `default`: every pod of the namespace that names none has the role.
    RoleOnDefaultServiceAccount = "role-on-default-service-account", Warn;
    /// A key is nearly one of ours.
    AnnotationMisspelled = "annotation-misspelled", Warn;
    /// An annotation of service accounts on a pod or template.
    AnnotationOnWrongObject = "annotation-on-wrong-object", Warn;
    /// `audience` is there and empty.
    AudienceEmpty = "audience-empty", Reject;
    /// `audience` is neither the default nor STS.
    AudienceUnexpected = "audience-unexpected", Warn;
    /// `token-expiration` is no number of seconds from 600 to 86400.
    TokenExpirationInvalid = "token-expiration-invalid", Reject;
    /// `sts-regional-endpoints` is no boolean.
    StsRegionalEndpointsInvalid = "sts-regional-endpoints-invalid", Reject;
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
    /// The list of containers to leave out, or to include, cannot be read.
    ContainersAnnotationInvalid = "containers-annotation-invalid", Reject;
    /// The list of containers to leave out, or to include, names one that the pod has not.
    ContainersAnnotationUnknown = "containers-annotation-unknown", Warn;
    /// Every container is left out.
    ContainersAllSkipped = "containers-all-skipped", Warn;
    /// The pod is in the node's network, where the node's role can be had.
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
    /// A hand-written token is for nobody, or for somebody unexpected.
    TokenVolumeAudience = "token-volume-audience", Reject;
    /// The mode of the token's volume keeps a container from reading it.
    TokenVolumeUnreadable = "token-volume-unreadable", Warn;
    /// Another volume is mounted where the token goes.
    TokenMountConflict = "token-mount-conflict", Reject;
    /// Another volume is mounted below the token's path, or read-only above it.
    TokenMountShadowed = "token-mount-shadowed", Reject;
    /// A part of the token's volume is mounted: it would never see a rotated token.
    TokenMountSubpath = "token-mount-subpath", Reject;
    /// The token's file is under no mount of the container.
    TokenFileNotMounted = "token-file-not-mounted", Reject;

    // The environment of a container.
    /// A container sets one half of its web identity, and the other does not follow from it.
    WebIdentityIncomplete = "web-identity-incomplete", Reject;
    /// `AWS_ROLE_ARN` is no role ARN.
    RoleArnEnvMalformed = "role-arn-env-malformed", Reject;
    /// `AWS_ROLE_ARN` is another role than that of the pod's identity.
    RoleArnEnvDiffers = "role-arn-env-differs", Warn;
    /// Blanks, quotes or line ends around the value of an identity variable.
    EnvValueMalformed = "env-value-malformed", Warn;
    /// An identity variable is defined twice.
    DuplicateEnv = "duplicate-env", Warn;
    /// `AWS_ROLE_SESSION_NAME` is no name that STS takes.
    SessionNameInvalid = "session-name-invalid", Reject;
    /// Access keys in the environment: they win over the role.
    StaticCredentials = "static-credentials", Warn;
    /// One half of a pair of access keys.
    StaticCredentialsIncomplete = "static-credentials-incomplete", Warn;
    /// A profile, which some SDKs read before web identity.
    ProfileShadowsRole = "profile-shadows-role", Warn;
    /// Web identity and container credentials in one container.
    BothCredentialFamilies = "both-credential-families", Warn;
    /// A container-credentials URI that SDKs refuse.
    ContainerCredentialsUriInvalid = "container-credentials-uri-invalid", Reject;
    /// Container credentials on Windows or Fargate, where no agent runs.
    ContainerCredentialsUnsupported = "container-credentials-unsupported", Reject;
    /// A relative URI, which SDKs read before the full one.
    ContainerCredentialsShadowed = "container-credentials-shadowed", Warn;
    /// A proxy stands between the SDK and the agent.
    ProxyBlocksAgent = "proxy-blocks-agent", Warn;
    /// The region and the role are in different partitions.
    RegionPartitionMismatch = "region-partition-mismatch", Warn;
    /// `AWS_STS_REGIONAL_ENDPOINTS` is neither `legacy` nor `regional`, or does not suit the partition.
    StsEndpointEnvInvalid = "sts-endpoint-env-invalid", Warn;
}

impl Rule {
    /// The rule of that id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.id() == id)
    }
}

/// The severities in force: the catalogue's, as settings changed them.
#[derive(Clone, Debug)]
pub(crate) struct Severities {
    overrides: [Option<Severity>; Rule::ALL.len()],
    ceiling: Severity,
}

impl Default for Severities {
    fn default() -> Self {
        Self { overrides: [None; Rule::ALL.len()], ceiling: Severity::Reject }
    }
}

impl Severities {
    /// Sets the severity of one rule.
    pub(crate) fn set(&mut self, rule: Rule, severity: Severity) {
        if let Some(slot) = self.overrides.get_mut(rule as usize) {
            *slot = Some(severity);
        }
    }

    /// Lets no rule do more than `ceiling` unless it was set by its own name.
    pub(crate) fn limit(&mut self, ceiling: Severity) {
        self.ceiling = ceiling;
    }

    /// The severity in force of a rule that would by default be `default`.
    pub(crate) fn of(&self, rule: Rule, default: Severity) -> Severity {
        let set = self.overrides.get(rule as usize).copied().flatten();
        set.unwrap_or(default.min(self.ceiling))
    }
}
