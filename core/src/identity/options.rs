//! The options in the annotations of a service account and of a pod.
//!
//! Each option is read once, here. Errors are returned as data, which `findings` reports. If the object is not rejected
//! for an error, the policy continues like the webhook, except that a malformed role gives no identity.

use std::borrow::Cow;
use std::fmt::{self, Display};

use super::container_list::{ContainerChoice, ContainerList, ContainerListError};
use crate::aws::role_arn::{RoleArn, RoleArnError, placeholder};
use crate::aws::sts::Sts;
use crate::display::Quoted;
use crate::names::{STS_AUDIENCE, annotation, expiration};
use crate::object::metadata::Entries;
use crate::settings::{RoleOptions, Settings};
use crate::uri::{Uri, UrlError};

/// The options of a service account.
#[derive(Debug)]
pub(crate) struct AccountOptions<'a> {
    pub(crate) role: AnnotatedRole<'a>,
    pub(crate) role_options: RoleOptions<'a>,
    /// The STS by these options and the settings.
    pub(crate) sts: Sts,
    pub(crate) containers: Option<ContainerChoice>,
}

/// The role that a service account's annotation names.
#[derive(Debug, Default)]
pub(crate) enum AnnotatedRole<'a> {
    /// There is no annotation: another source may name a role.
    #[default]
    Absent,
    /// The annotation is empty, which is the same as absent.
    Empty,
    /// The value is not a role. No other source may replace it.
    Unusable { value: Cow<'a, str>, error: AnnotatedRoleError },
    /// The value names this role.
    Usable { value: Cow<'a, str>, arn: RoleArn<'a> },
}

/// Why the value of an annotation does not name a role.
#[derive(Debug)]
pub(crate) enum AnnotatedRoleError {
    /// It has this placeholder.
    Placeholder(String),
    Malformed(RoleArnError),
    /// The ARN that was composed of it is malformed.
    ComposedMalformed {
        composed: String,
        error: RoleArnError,
    },
}

impl Display for AnnotatedRoleError {
    /// What is wrong. It follows the value without a space, because one of the texts starts with a comma.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Placeholder(text) => write!(f, " contains the placeholder {}", Quoted(text)),
            Self::Malformed(error) => write!(f, " is not an IAM role ARN: {error}"),
            Self::ComposedMalformed { composed, error } => {
                write!(f, ", which becomes {}, is not an IAM role: {error}", Quoted(composed))
            }
        }
    }
}

/// The options of a pod.
#[derive(Debug, Default)]
pub(crate) struct PodOptions {
    /// Lifetime of the token, seconds.
    pub(crate) token_expiration: Option<u32>,
    pub(crate) containers: Option<ContainerChoice>,
}

/// An option, other than the role, whose annotation is wrong.
#[derive(Debug)]
pub(crate) struct OptionProblem<'a> {
    /// The name of the annotation, without the prefix, which is a setting.
    pub(crate) name: &'static str,
    pub(crate) value: Cow<'a, str>,
    pub(crate) error: OptionError,
}

/// What is wrong with the value of an option.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OptionError {
    /// It is empty, which is the same as absent: charts write an empty value where nothing is configured.
    Empty,
    /// The audience is neither the default nor that of STS.
    UnexpectedAudience,
    TokenExpiration(ExpirationError),
    NoBoolean,
    EndpointUrl(UrlError),
    Containers(ContainerListError),
    /// The annotation with the containers to include is set, and the one with the containers to skip as well.
    BothContainerLists,
}

impl Display for OptionError {
    /// What is wrong. It follows the annotation and its value; [`OptionError::BothContainerLists`] follows both annotations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty, so it has no effect"),
            Self::UnexpectedAudience => {
                f.write_str("is rejected by STS unless the IAM identity provider lists it")
            }
            Self::TokenExpiration(error) => error.fmt(f),
            Self::NoBoolean => f.write_str("is neither true nor false, so it has no effect"),
            Self::EndpointUrl(error) => error.fmt(f),
            Self::Containers(error) => write!(f, "is not a list of containers: {error}"),
            Self::BothContainerLists => {
                f.write_str("are both set, but only one of them is allowed")
            }
        }
    }
}

/// Why a value is not a lifetime of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExpirationError {
    TooShort,
    /// More than EKS issues. Other API servers may issue it, and EKS shortens it.
    LongerThanEks,
    /// More than API servers accept.
    TooLong,
    NotSeconds,
}

impl Display for ExpirationError {
    /// What is wrong; it follows the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MIN: u32 = expiration::MIN;
        const MAX: u32 = expiration::MAX;
        match self {
            Self::TooShort => write!(
                f,
                "is less than {MIN} seconds, the minimum of Kubernetes, which is used instead"
            ),
            Self::LongerThanEks => write!(f, "is more than {MAX} seconds, the maximum of EKS"),
            Self::TooLong => write!(
                f,
                "is more than {} seconds, the maximum of Kubernetes, so {MAX} is used instead",
                expiration::LONGEST
            ),
            Self::NotSeconds => {
                f.write_str("is not a whole number of seconds, so it has no effect")
            }
        }
    }
}

impl AnnotatedRole<'_> {
    /// Whether another source may name a role.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent | Self::Empty)
    }
}

impl<'a> AccountOptions<'a> {
    /// The options of an account that does not exist. Only settings may give it a role.
    pub(crate) fn of_missing_account(settings: &Settings<'_>) -> Self {
        Self {
            role: AnnotatedRole::Absent,
            role_options: RoleOptions::default(),
            sts: settings.sts(),
            containers: None,
        }
    }

    /// Reads the annotations of a service account.
    pub(crate) fn read(
        annotations: &Entries<'a>,
        settings: &Settings<'_>,
    ) -> (Self, Vec<OptionProblem<'a>>) {
        let mut reader = OptionReader { annotations, settings, problems: Vec::new() };
        let sts_endpoint_url = reader.sts_endpoint_url();
        let used = settings.sts_endpoint(sts_endpoint_url.as_deref().map(Cow::Borrowed));
        let sts = Sts::of_endpoint(used.as_deref());
        let options = Self {
            sts,
            role: reader.role(sts),
            role_options: RoleOptions {
                sts_endpoint_url,
                audience: reader.audience(sts),
                token_expiration: reader.token_expiration(),
                sts_regional_endpoints: reader.sts_regional_endpoints(),
            },
            containers: reader.containers(),
        };
        (options, reader.problems)
    }
}

impl PodOptions {
    /// Reads the annotations of a pod.
    pub(crate) fn read<'a>(
        annotations: &Entries<'a>,
        settings: &Settings<'_>,
    ) -> (Self, Vec<OptionProblem<'a>>) {
        let mut reader = OptionReader { annotations, settings, problems: Vec::new() };
        let options =
            Self { token_expiration: reader.token_expiration(), containers: reader.containers() };
        (options, reader.problems)
    }
}

/// Reads annotations, and collects what is wrong with them.
struct OptionReader<'x, 'a> {
    annotations: &'x Entries<'a>,
    settings: &'x Settings<'x>,
    problems: Vec<OptionProblem<'a>>,
}

impl<'a> OptionReader<'_, 'a> {
    fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.annotations.get(&self.settings.annotation_prefix, name)
    }

    fn report(&mut self, name: &'static str, value: Cow<'a, str>, error: OptionError) {
        self.problems.push(OptionProblem { name, value, error });
    }

    fn role(&self, sts: Sts) -> AnnotatedRole<'a> {
        let Some(value) = self.get(annotation::ROLE_ARN) else { return AnnotatedRole::Absent };
        if value.is_empty() {
            return AnnotatedRole::Empty;
        }
        let parsed = RoleArn::parse_for(value.clone(), sts);
        if let Some(found) = placeholder(&value, parsed.as_ref().ok()) {
            let error = AnnotatedRoleError::Placeholder(found.to_owned());
            return AnnotatedRole::Unusable { value, error };
        }
        let compose = self.settings.compose_role_arn.as_ref();
        let parsed = match compose.filter(|_| is_name_or_path(&value)) {
            None => parsed.map_err(AnnotatedRoleError::Malformed),
            Some(compose) => {
                let composed = compose.role_arn(&value);
                RoleArn::parse(composed.clone())
                    .map_err(|error| AnnotatedRoleError::ComposedMalformed { composed, error })
            }
        };
        match parsed {
            Ok(arn) => AnnotatedRole::Usable { value, arn },
            Err(error) => AnnotatedRole::Unusable { value, error },
        }
    }

    fn audience(&mut self, sts: Sts) -> Option<Cow<'a, str>> {
        const NAME: &str = annotation::AUDIENCE;
        let value = self.get(NAME)?;
        if value.is_empty() {
            self.report(NAME, value, OptionError::Empty);
            return None;
        }
        if sts == Sts::Aws && value != self.settings.audience && value != STS_AUDIENCE {
            self.report(NAME, value.clone(), OptionError::UnexpectedAudience);
        }
        Some(value)
    }

    fn token_expiration(&mut self) -> Option<u32> {
        const NAME: &str = annotation::TOKEN_EXPIRATION;
        let value = self.get(NAME)?;
        if value.is_empty() {
            self.report(NAME, value, OptionError::Empty);
            return None;
        }
        let (error, used) = lifetime(&value);
        if let Some(error) = error {
            self.report(NAME, value, OptionError::TokenExpiration(error));
        }
        used
    }

    fn sts_regional_endpoints(&mut self) -> Option<bool> {
        const NAME: &str = annotation::STS_REGIONAL_ENDPOINTS;
        let value = self.get(NAME)?;
        match &*value {
            // The values that Go's strconv.ParseBool accepts, because the webhook uses it.
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
            "" => {
                self.report(NAME, value, OptionError::Empty);
                None
            }
            _ => {
                self.report(NAME, value, OptionError::NoBoolean);
                None
            }
        }
    }

    fn sts_endpoint_url(&mut self) -> Option<Cow<'a, str>> {
        const NAME: &str = annotation::STS_ENDPOINT_URL;
        let value = self.get(NAME)?;
        if value.is_empty() {
            self.report(NAME, value, OptionError::Empty);
            return None;
        }
        match Uri::check_url(&value) {
            Ok(()) => Some(value),
            Err(error) => {
                self.report(NAME, value, OptionError::EndpointUrl(error));
                None
            }
        }
    }

    fn containers(&mut self) -> Option<ContainerChoice> {
        const SKIP: &str = annotation::SKIP_CONTAINERS;
        const INCLUDE: &str = annotation::INCLUDE_CONTAINERS;
        match (self.get(SKIP), self.get(INCLUDE)) {
            (None, None) => None,
            (Some(skip), Some(include)) => {
                // An empty list is reported and ignored, as it is without the other list.
                match (is_empty(&skip), is_empty(&include)) {
                    (false, false) => {
                        self.report(INCLUDE, include, OptionError::BothContainerLists);
                        None
                    }
                    (true, _) => {
                        self.container_list(SKIP, skip);
                        self.container_list(INCLUDE, include).map(ContainerChoice::Include)
                    }
                    (false, true) => {
                        self.container_list(INCLUDE, include);
                        self.container_list(SKIP, skip).map(ContainerChoice::Skip)
                    }
                }
            }
            (Some(skip), None) => self.container_list(SKIP, skip).map(ContainerChoice::Skip),
            (None, Some(include)) => {
                self.container_list(INCLUDE, include).map(ContainerChoice::Include)
            }
        }
    }

    fn container_list(&mut self, name: &'static str, value: Cow<'a, str>) -> Option<ContainerList> {
        if is_empty(&value) {
            self.report(name, value, OptionError::Empty);
            return None;
        }
        match ContainerList::parse(&value) {
            Ok(list) => Some(list),
            Err(error) => {
                self.report(name, value, OptionError::Containers(error));
                None
            }
        }
    }
}

/// Reads the lifetime of a token: what is wrong with it, and the lifetime that is used, seconds; none if it has no
/// effect.
pub(super) fn lifetime(text: &str) -> (Option<ExpirationError>, Option<u32>) {
    let seconds = match text.parse() {
        Ok(seconds) => seconds,
        // Digits that do not fit.
        Err(_) if text.bytes().all(|byte| byte.is_ascii_digit()) => i64::MAX,
        Err(_) => return (Some(ExpirationError::NotSeconds), None),
    };
    if seconds < i64::from(expiration::MIN) {
        return (Some(ExpirationError::TooShort), Some(expiration::MIN));
    }
    if seconds > expiration::LONGEST {
        return (Some(ExpirationError::TooLong), Some(expiration::MAX));
    }
    let used = u32::try_from(seconds).unwrap_or(u32::MAX);
    ((used > expiration::MAX).then_some(ExpirationError::LongerThanEks), Some(used))
}

/// Whether a list of containers is empty. Charts write such lists where nothing is configured.
fn is_empty(list: &str) -> bool {
    list.bytes().all(|byte| byte == b',' || byte.is_ascii_whitespace())
}

/// Whether the value can be a name from which the ARN of a role is composed. A value with a colon or quotes was meant
/// to be an ARN.
fn is_name_or_path(value: &str) -> bool {
    !value.bytes().any(|byte| matches!(byte, b':' | b'"' | b'\''))
}
