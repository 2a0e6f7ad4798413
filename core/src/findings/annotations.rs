//! Findings about the keys of annotations: typos, annotations on the wrong kind of object, annotations of kiam and
//! kube2iam.

use std::borrow::Cow;

use super::{Checked, Findings};
use crate::aws::RoleArn;
use crate::aws::role_arn::placeholder;
use crate::catalogue::{FindingKind, Severity};
use crate::display::{ObjectName, Quoted, Visible};
use crate::location::{AnnotationOwner, MaybeLocation};
use crate::names::{ANNOTATION_PREFIX, annotation};
use crate::nearest::nearest;
use crate::object::metadata::Entries;
use crate::settings::Settings;
use aws_pod_identity_json::RawString;
use aws_pod_identity_json::search::contains;

/// The checks of the annotations of one object.
pub(crate) struct AnnotationChecks<'x, 'a> {
    pub(crate) object: &'x ObjectName<'x>,
    pub(crate) owner: AnnotationOwner,
    pub(crate) annotations: &'x Entries<'a>,
    pub(crate) settings: &'x Settings<'x>,
}

/// Prefixes that users mistake for that of the webhook.
const MISTAKEN_PREFIXES: [&str; 9] = [
    "eks.amazon.com",
    "eks.amazonaws.com.cn",
    "eks.amazonaws.cn",
    "eks.aws.amazon.com",
    "eks.aws.com",
    "eks.amazonaws",
    "aws.amazon.com",
    "amazonaws.com",
    "eks.amazonaws.io",
];

/// The start of the annotations of doitintl/gtoken, which reads `amazonaws.com/role-arn`.
const GTOKEN_PREFIX: &str = "amazonaws.com/";

/// Names that users mistake for those of the webhook, with the right name.
const MISTAKEN_NAMES: [(&str, &str); 9] = [
    ("iam-role", annotation::ROLE_ARN),
    ("iam-role-arn", annotation::ROLE_ARN),
    ("role", annotation::ROLE_ARN),
    ("rolearn", annotation::ROLE_ARN),
    ("arn", annotation::ROLE_ARN),
    ("token-audience", annotation::AUDIENCE),
    ("token-expiration-seconds", annotation::TOKEN_EXPIRATION),
    ("expiration-seconds", annotation::TOKEN_EXPIRATION),
    ("skip-container", annotation::SKIP_CONTAINERS),
];

impl Checked for AnnotationChecks<'_, '_> {
    fn object(&self) -> &ObjectName<'_> {
        self.object
    }
}

impl AnnotationChecks<'_, '_> {
    /// Checks the keys of a service account's annotations.
    pub(crate) fn check_account(&self, findings: &mut Findings<'_>) {
        let prefix = &self.settings.annotation_prefix;
        let has_role = self.annotations.get(prefix, annotation::ROLE_ARN).is_some();
        self.check_misspelled(&annotation::OF_ACCOUNTS, findings, |key, value, meant| {
            let is_other_software = key.starts_with(GTOKEN_PREFIX);
            let names_role = || self.may_name_role(&value.decode());
            if meant == annotation::ROLE_ARN && !has_role && !is_other_software && names_role() {
                Severity::Reject
            } else {
                Severity::Warn
            }
        });
        if !has_role {
            self.check_unread_roles(findings);
        }
        self.check_legacy(findings);
    }

    /// Whether a value is probably meant to be a role. A value that is neither an ARN nor a placeholder may be for
    /// other software.
    fn may_name_role(&self, value: &str) -> bool {
        let may_compose = self.settings.compose_role_arn.is_some() && !value.is_empty();
        may_compose || contains(value, ":role/") || placeholder(value, None).is_some()
    }

    /// Reports the ARN of a role under a key that neither this policy nor other known software reads.
    fn check_unread_roles(&self, findings: &mut Findings<'_>) {
        for (key, value) in self.annotations.iter().filter(|(key, _)| self.is_unread_role(key)) {
            if RoleArn::parse(value.decode()).is_ok() {
                findings.report(self, FindingKind::AnnotationMisspelled, || {
                    let at = self.at(key);
                    let problem = format!(
                        "annotation {} has the ARN of a role, but this policy does not read this \
                         key",
                        Quoted(key)
                    );
                    let prefix = &self.settings.annotation_prefix;
                    let key = format!("{prefix}/{}", annotation::ROLE_ARN);
                    (at, problem, format!("rename it to {key}, if pods need this role"))
                });
            }
        }
    }

    /// Whether a key seems to be for the ARN of a role, but neither this policy nor other known software reads it.
    fn is_unread_role(&self, key: &str) -> bool {
        const ABOUT: &str = "role-arn";
        if !contains(key, ABOUT) {
            return false;
        }
        let (prefix, name) = key.split_once('/').unwrap_or(("", key));
        let is_about_aws = prefix.is_empty() || prefix.contains("amazon") || prefix.contains("aws");
        // If the settings have another prefix, the webhook may read annotations with the default one.
        let is_of_webhook =
            prefix == ANNOTATION_PREFIX && self.settings.annotation_prefix != ANNOTATION_PREFIX;
        is_about_aws
            && name.contains(ABOUT)
            && prefix != annotation::LEGACY_PREFIX
            && !is_of_webhook
            && !annotation::OTHER_SOFTWARE.contains(&name)
            && self.meant(key, &annotation::OF_ACCOUNTS).is_none()
    }

    /// Checks the keys of the annotations of a pod or a pod template.
    pub(crate) fn check_pod(&self, findings: &mut Findings<'_>) {
        self.check_misspelled(&annotation::OF_PODS, findings, |_, _, _| Severity::Warn);
        self.check_wrong_object(findings);
        self.check_legacy(findings);
    }

    /// Checks that a pod, a pod template or a workload has no annotation that is read from service accounts only.
    pub(crate) fn check_wrong_object(&self, findings: &mut Findings<'_>) {
        let prefix = &self.settings.annotation_prefix;
        let is_of_pods = |name: &&str| annotation::OF_PODS.contains(name);
        for name in annotation::OF_ACCOUNTS.into_iter().filter(|name| !is_of_pods(name)) {
            if self.annotations.get(prefix, name).is_some() {
                findings.report(self, FindingKind::AnnotationOnWrongObject, || {
                    let problem = format!(
                        "annotation {prefix}/{name} has no effect here, because it is read from \
                         service accounts only"
                    );
                    let at = self.owner.at(self.object, || format!("{prefix}/{name}"));
                    (at, problem, "move the annotation to the pod's service account")
                });
            }
        }
    }

    /// Whether an update of a service account leaves all annotations unchanged that the checks read.
    pub(crate) fn are_unchanged(&self, old: &Entries<'_>) -> bool {
        let checked = |(key, _): &&(Cow<'_, str>, RawString<'_>)| {
            key.starts_with(&*self.settings.annotation_prefix)
                || self.meant(key, &annotation::OF_ACCOUNTS).is_some()
                || self.is_unread_role(key)
                || self.legacy_name(key).is_some()
        };
        let mut new = self.annotations.iter().filter(checked);
        let mut old = old.iter().filter(checked);
        loop {
            match (new.next(), old.next()) {
                (None, None) => return true,
                (Some((key, value)), Some((old_key, old_value)))
                    if key == old_key && value.is(&old_value.decode()) => {}
                _ => return false,
            }
        }
    }

    fn check_misspelled(
        &self,
        names: &[&'static str],
        findings: &mut Findings<'_>,
        severity: impl Fn(&str, RawString<'_>, &str) -> Severity,
    ) {
        for (key, value) in self.annotations.iter() {
            if let Some(meant) = self.meant(key, names) {
                let severity = severity(key, *value, meant);
                findings.report_as(self, FindingKind::AnnotationMisspelled, severity, || {
                    let problem = format!(
                        "annotation {} has no effect, because its key is not a known one",
                        Quoted(key)
                    );
                    let prefix = &self.settings.annotation_prefix;
                    // It rejects only if the value is a role, which pods need, so removing it is no remedy.
                    let or_remove =
                        if severity == Severity::Reject { "" } else { ", or remove it" };
                    (self.at(key), problem, format!("rename it to {prefix}/{meant}{or_remove}"))
                });
            }
        }
    }

    /// The name that a key with a typo was probably meant to have, one of `names`.
    fn meant(&self, key: &str, names: &[&'static str]) -> Option<&'static str> {
        let (prefix, name) = key.split_once('/')?;
        let ours = &*self.settings.annotation_prefix;
        if prefix == ours {
            let known = annotation::OF_ACCOUNTS.contains(&name)
                || annotation::OTHER_SOFTWARE.contains(&name);
            return if known { None } else { meant_name(name, names) };
        }
        let near = MISTAKEN_PREFIXES.contains(&prefix)
            // Comparing the lengths first excludes most keys. Without it, an injected pod takes 8 % more instructions.
            || (prefix.len().abs_diff(ours.len()) <= 2
                && prefix != ANNOTATION_PREFIX
                && !is_another_service(prefix, ours)
                && nearest(prefix, std::iter::once(ours)).is_some());
        if !near {
            return None;
        }
        names.iter().copied().find(|known| *known == name).or_else(|| meant_name(name, names))
    }

    fn check_legacy(&self, findings: &mut Findings<'_>) {
        for key in self.annotations.keys() {
            let Some(name) = self.legacy_name(key) else { continue };
            findings.report(self, FindingKind::LegacyAnnotation, || {
                let problem = format!(
                    "annotation {}/{} is for kiam or kube2iam, so this policy ignores it",
                    annotation::LEGACY_PREFIX,
                    Visible(name)
                );
                let prefix = &self.settings.annotation_prefix;
                let remedy = format!(
                    "remove it, and set {prefix}/{} on the service account",
                    annotation::ROLE_ARN
                );
                (self.at(key), problem, remedy)
            });
        }
    }

    /// The name after the prefix in a key of kiam and kube2iam.
    fn legacy_name<'k>(&self, key: &'k str) -> Option<&'k str> {
        if self.settings.annotation_prefix == annotation::LEGACY_PREFIX {
            return None;
        }
        key.strip_prefix(annotation::LEGACY_PREFIX)?.strip_prefix('/')
    }

    /// The location of the annotation with that key.
    fn at(&self, key: &str) -> MaybeLocation {
        self.owner.at(self.object, || key.to_owned())
    }
}

/// Whether the prefix is that of another AWS service, such as `ec2.amazonaws.com`, and not a typo: only its first label
/// differs, and has the same length.
fn is_another_service(prefix: &str, ours: &str) -> bool {
    let label = |prefix: &str| prefix.split('.').next().map_or(0, str::len);
    label(prefix) == label(ours) && prefix.get(label(prefix)..) == ours.get(label(ours)..)
}

/// The name that a name with a typo was probably meant to be, one of `names`.
fn meant_name(name: &str, names: &[&'static str]) -> Option<&'static str> {
    let folded = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    let is = |mistaken: &str| {
        name.len() == mistaken.len() && name.bytes().map(folded).eq(mistaken.bytes())
    };
    MISTAKEN_NAMES
        .into_iter()
        .find(|(mistaken, meant)| is(mistaken) && names.contains(meant))
        .map(|(_, meant)| meant)
        .or_else(|| nearest(name, names.iter().copied()))
}
