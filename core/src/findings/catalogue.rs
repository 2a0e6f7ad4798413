//! Every misconfiguration that the policy names: its id and its default severity.
//!
//! To add a rule, add its line here, report it where it is detected (`service_account.rs`, `pod.rs`, …)
//! and describe it under its id in `docs/findings.md`.

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
    /// `audience` is there and empty.
    AudienceEmpty = "audience-empty", Reject;
    /// `token-expiration` is no number of seconds from 600 to 86400.
    TokenExpirationInvalid = "token-expiration-invalid", Reject;
    /// `sts-regional-endpoints` is no boolean.
    StsRegionalEndpointsInvalid = "sts-regional-endpoints-invalid", Reject;

    // The pod.
    /// The pod's service account does not exist.
    ServiceAccountMissing = "service-account-missing", Reject;
    /// The list of containers to leave out cannot be read.
    ContainersAnnotationInvalid = "containers-annotation-invalid", Reject;
    /// A volume has the name of the token's volume and is another one.
    TokenVolumeConflict = "token-volume-conflict", Reject;
    /// Another volume is mounted where the token goes.
    TokenMountConflict = "token-mount-conflict", Reject;
    /// A container sets one half of its web identity, and the other does not follow from it.
    WebIdentityIncomplete = "web-identity-incomplete", Reject;
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
