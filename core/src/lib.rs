//! The policy as a library without I/O: it turns a request, settings and a function for lookups into a response.
//!
//! A payload flows through these modules. Each uses only modules before it in this list, which a test verifies
//! (`tests/repository/module_order.rs`):
//!
//! 1. `names`: annotations, labels, variables, paths and bounds that the policy reads or writes
//! 2. `display`: how messages show objects and values
//! 3. `nearest`: the known name that a typo was probably meant to be
//! 4. `glob`: patterns with `*` and `?`
//! 5. `paths`: comparing the paths of mounts and files
//! 6. `uri`: scheme and host of a URI
//! 7. `aws`: facts of AWS: role ARN, partition, region, STS
//! 8. `catalogue`: the kinds of findings, and their severities
//! 9. `settings`: the policy's settings
//! 10. `location`: which part of an object causes a finding
//! 11. `object`: what is under admission: a pod, a pod template, a service account
//! 12. `request`: the AdmissionRequest, as views into the payload
//! 13. `identity`: which AWS identity the object asks for, and the queries of the host: for the service account, and for
//!     the ConfigMaps of the settings `roleMap` and `roleTrust`
//! 14. `injection`: what each container will get, and the edits that write it
//! 15. `findings`: the checks, which report everything that is wrong with the object
//! 16. `response`: accepted, accepted with edits, or rejected, as JSON
//! 17. `admission`: the order of the steps for each kind of object. Before the plan, it looks up the service account, and
//!     `identity` looks up the ConfigMap of `roleMap`; after it, `admission` looks up the one of `roleTrust`, because the
//!     plan says which roles the containers request
//!
//! A module with submodules is a directory with a `mod.rs`. Unit tests are at the end of the file that they test, tests
//! of the public functions in `tests/`.
//!
//! Each request gets a new instance of the module. The first access to a page of memory (4 KB) costs as much as reading
//! 5 KB of JSON, which `bench/` measures.

#![forbid(unsafe_code)]

mod admission;
mod aws;
mod catalogue;
mod display;
mod findings;
mod glob;
mod identity;
mod injection;
mod location;
mod names;
mod nearest;
mod object;
mod paths;
mod request;
mod response;
mod settings;
mod uri;

pub use catalogue::{FindingKind, Severity};
pub use identity::lookup::GetResource;
pub use location::{Annotated, ContainerPart, FindingCause, FindingLocation};
pub use response::{NamedContainer, Response, RoleUse, Unchecked};
pub use settings::SettingKey;

use std::borrow::Cow;
use std::ops::Range;

use admission::Admission;
use aws_pod_identity_json::{Error, Reader, push_member};
use request::Payload;
use response::Verdict;
use settings::{Problems, Settings};

/// The version of the waPC protocol between policy and host, as JSON.
pub const PROTOCOL_VERSION: &[u8] = b"\"v1\"";

/// Evaluates one admission request: the payload of the host's call `validate`.
///
/// `get_resource` answers queries about the cluster. It is called at most once for the pod's service
/// account, and at most once for each of the ConfigMaps of the settings `roleMap` and `roleTrust`; for a custom resource
/// of the setting `podTemplates`, once for each service account of its pod templates.
///
/// ```
/// use aws_pod_identity_core::validate;
///
/// let payload = br#"{
///     "settings": {},
///     "request": {
///         "kind": {"group": "", "version": "v1", "kind": "Pod"},
///         "operation": "CREATE",
///         "namespace": "payments",
///         "object": {
///             "metadata": {"name": "api-0"},
///             "spec": {"serviceAccountName": "api", "containers": [{"name": "app"}]}
///         }
///     }
/// }"#;
/// let response = validate(payload, &mut |_query| {
///     let account = r#"{"metadata": {"name": "api", "annotations": {
///         "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/api"}}}"#;
///     Ok(account.as_bytes().to_vec())
/// });
/// let body = String::from_utf8(response.body).unwrap();
/// assert!(body.starts_with(r#"{"accepted":true"#));
/// assert!(body.contains(r#""env":[{"name":"AWS_ROLE_ARN","value":"arn:aws:iam::111122223333:role/api"}"#));
/// ```
pub fn validate(payload: &[u8], get_resource: &mut GetResource<'_>) -> Response {
    let (verdict, object) = decide(payload, false, get_resource);
    verdict.respond(payload, object)
}

/// One finding about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedFinding {
    /// Which finding it is.
    pub kind: FindingKind,
    /// The severity in force: never `Off`.
    pub severity: Severity,
    /// The object that has the problem, such as `Pod payments/api`. Messages start with it.
    pub object: String,
    /// What is wrong with it, with the offending value.
    pub problem: String,
    /// How to fix it.
    pub remedy: String,
    /// The part of the object that causes it; only with the Cargo feature `locations`.
    pub location: Option<FindingLocation>,
}

/// An answer, and its parts as data.
#[derive(Debug)]
pub struct Evaluation {
    /// The answer, the same as that of [`validate`].
    pub response: Response,
    /// The findings, the most important first, at most 30. The message of the answer counts the others.
    pub findings: Vec<ReportedFinding>,
    /// The audit annotations of the answer: `identity`, `role-arn`, `containers`, `skipped` and others.
    pub audit: Vec<(&'static str, String)>,
    /// The objects that were not checked completely.
    pub unchecked: Vec<Unchecked>,
    /// The roles that pods request from AWS, as far as the object shows them.
    pub roles: Vec<RoleUse>,
}

/// Evaluates one admission request as [`validate`] does, and returns the findings as data, too.
pub fn evaluate(payload: &[u8], get_resource: &mut GetResource<'_>) -> Evaluation {
    let (mut verdict, object) = decide(payload, true, get_resource);
    let roles = std::mem::take(&mut verdict.roles);
    let audit = verdict.audit.clone();
    let unchecked = verdict.unchecked.clone();
    let findings =
        std::mem::take(&mut verdict.findings).into_iter().map(|finding| ReportedFinding {
            kind: finding.kind,
            severity: finding.severity,
            object: finding.object,
            problem: finding.problem.into_owned(),
            remedy: finding.remedy.into_owned(),
            location: finding.at.into_location(),
        });
    Evaluation {
        findings: findings.collect(),
        response: verdict.respond(payload, object),
        audit,
        unchecked,
        roles,
    }
}

/// A ConfigMap that a setting names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedConfigMap {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether it decides which role a pod has, as that of the setting `roleMap` does.
    pub decides_role: bool,
}

/// The ConfigMaps that evaluations with these settings may look up; none if the settings are not valid.
pub fn config_maps(settings: &[u8]) -> Option<Vec<NamedConfigMap>> {
    let Settings { role_map, role_trust, .. } = valid_settings(settings)?;
    let named = [(role_map, true), (role_trust, false)].into_iter();
    let named = named.filter_map(|(map, decides_role)| {
        let (namespace, name) = map.map(|map| (map.namespace, map.name))?;
        let (namespace, name) = (namespace.into_owned(), name.into_owned());
        Some(NamedConfigMap { namespace, name, decides_role })
    });
    Some(named.collect())
}

/// The keys of the settings, in the order of their documentation.
pub fn setting_keys() -> &'static [SettingKey] {
    Settings::KEYS
}

/// The severity of each finding under these settings, in the order of the catalogue; none if the settings are not valid.
pub fn severities(settings: &[u8]) -> Option<Vec<(FindingKind, Severity)>> {
    let settings = valid_settings(settings)?;
    let severity = |kind: FindingKind| settings.severities.of(kind, kind.default_severity());
    Some(FindingKind::ALL.iter().map(|kind| (*kind, severity(*kind))).collect())
}

fn valid_settings(text: &[u8]) -> Option<Settings<'_>> {
    let (mut settings, mut problems) = (Settings::default(), Problems::default());
    settings.read(&mut Reader::new(text), &mut problems).ok()?;
    problems.report().is_none().then_some(settings)
}

/// The ID of a finding that an ID with a typo was probably meant to be.
pub fn similar_finding(id: &str) -> Option<&'static str> {
    nearest::nearest(id, FindingKind::ALL.iter().map(|kind| kind.id()))
}

/// Whether it is an environment variable of AWS SDKs whose value is not secret. The values of all other variables may
/// be.
pub fn is_public_variable(name: &str) -> bool {
    names::variable::PUBLIC.iter().any(|public| name.eq_ignore_ascii_case(public))
}

/// A value as messages show it: in quotes, with invisible characters escaped, and shortened if it is long.
pub fn quoted(value: &str) -> String {
    display::Quoted(value).to_string()
}

/// A line for a terminal: control characters other than tabs, and invisible characters, are escaped. Everything else is
/// unchanged.
pub fn escaped(line: &str) -> Cow<'_, str> {
    display::escaped(line)
}

/// The candidate that a name with a typo was probably meant to be, if one is similar.
pub fn similar_name<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    nearest::nearest(name, candidates)
}

/// The verdict about a request, and the range of its object in the payload.
fn decide(
    document: &[u8],
    returns_roles: bool,
    get_resource: &mut GetResource<'_>,
) -> (Verdict, Range<usize>) {
    let payload = match Payload::read(document) {
        Ok(payload) => payload,
        Err(error) => {
            let hint = request::hint(document, &error);
            let message = format!("the admission request cannot be read: {error}{hint}");
            return (Verdict::refused(message, 400), 0..0);
        }
    };
    let verdict = match payload.settings_problems.report() {
        Some(problems) => {
            let message = format!("the settings of this policy are not valid: {problems}");
            Verdict::refused(message, 500)
        }
        None => {
            let Payload { request, settings, .. } = &payload;
            Admission { document, request, settings, returns_roles }.evaluate(get_resource)
        }
    };
    (verdict, payload.request.object_range)
}

/// Validates settings: the payload of the host's call `validate_settings`. Returns a
/// `SettingsValidationResponse` of the Kubewarden SDK as JSON, whose message holds all problems.
///
/// ```
/// use aws_pod_identity_core::validate_settings;
///
/// let response = validate_settings(br#"{"region": "eu-west-1"}"#);
/// assert_eq!(response, br#"{"valid":true}"#);
/// ```
pub fn validate_settings(payload: &[u8]) -> Vec<u8> {
    let mut reader = Reader::new(payload);
    let read = Settings::validate(&mut reader).and_then(|problems| {
        reader.end()?;
        Ok(problems.report())
    });
    let problems =
        read.unwrap_or_else(|error: Error| Some(format!("settings cannot be read: {error}")));
    let mut response = String::from("{\"valid\":");
    match problems {
        None => response.push_str("true"),
        Some(problems) => {
            response.push_str("false,");
            push_member(&mut response, "message", &problems);
        }
    }
    response.push('}');
    response.into_bytes()
}
