//! The formats of the values of settings.

use crate::aws::region::is_region;
use crate::aws::role_arn::MAX_PATH;
use crate::names::{MAX_OBJECT_NAME, eks_agent};
use crate::uri::Uri;

type Check = Result<(), &'static str>;

/// Whether the value may contain a reference to a variable. Kubernetes expands references in some fields and not in
/// others, and the author of a pod sets the variable.
fn refers(value: &str) -> bool {
    value.contains("$(")
}

fn check(valid: bool, otherwise: &'static str) -> Check {
    if valid { Ok(()) } else { Err(otherwise) }
}

/// A DNS subdomain ("Object Names and IDs", Kubernetes documentation): such as the prefix in the key of an annotation.
pub(super) fn dns_subdomain(value: &str) -> Check {
    let label = |label: &str| {
        let edge = |byte: Option<u8>| {
            byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        edge(label.bytes().next())
            && edge(label.bytes().next_back())
            && label.bytes().all(|byte| edge(Some(byte)) || byte == b'-')
    };
    check(
        value.len() <= MAX_OBJECT_NAME && value.split('.').all(label),
        "is not a DNS subdomain; use lowercase letters, digits, '-' and '.', without a slash, \
         such as eks.amazonaws.com",
    )
}

/// An audience. STS accepts any text that the identity provider in IAM lists.
pub(super) fn audience(value: &str) -> Check {
    check(
        !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic()),
        "is not a valid audience; use ASCII characters without whitespace, such as \
         sts.amazonaws.com",
    )
}

/// The path of a mount: absolute and in its shortest form, so that equal paths have equal texts. Kubernetes rejects a
/// colon ("VolumeMount", Kubernetes API reference).
pub(super) fn mount_path(value: &str) -> Check {
    let parts_are_names = |path: &str| path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    check(
        value.strip_prefix('/').is_some_and(parts_are_names)
            && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':' && byte != b'\\')
            && !refers(value),
        "is not a valid mount path; use an absolute path without whitespace, colons, '$(', '//', \
         '.', '..' or a slash at the end, such as \
         /var/run/secrets/eks.amazonaws.com/serviceaccount",
    )?;
    check(
        !is_of_api_credentials(value),
        "is where Kubernetes mounts the credentials for its API; use another path, such as \
         /var/run/secrets/eks.amazonaws.com/serviceaccount",
    )
}

/// Whether the path is the directory in which pods find the credentials for the API of Kubernetes, or one of the files in it
/// ("Managing Service Accounts", Kubernetes documentation). Two mounts cannot have the same path, and a directory in place of a
/// file would hide it. Other paths below the directory are possible, because the kubelet creates directories there.
fn is_of_api_credentials(path: &str) -> bool {
    let rest = path.strip_prefix("/var/run/secrets/kubernetes.io/serviceaccount");
    rest.is_some_and(|rest| {
        let mut parts = rest.split('/');
        parts.next() == Some("")
            && matches!(parts.next(), None | Some("token" | "ca.crt" | "namespace"))
    })
}

/// The name of an AWS region. An empty string is none.
pub(super) fn region(value: &str) -> Check {
    check(
        value.is_empty() || is_region(value),
        "is not an AWS region; use a name such as eu-west-1",
    )
}

/// A pattern for names of namespaces or service accounts, with `*` and `?`.
pub(super) fn name_pattern(value: &str) -> Check {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'-' | b'.' | b'*' | b'?')
    };
    check(
        !value.is_empty() && value.bytes().all(allowed),
        "is not a name or a pattern of names; use a value such as \"payments\" or \"team-*\"",
    )
}

/// The path of an IAM role, with a slash at both ends.
pub(super) fn role_path(value: &str) -> Check {
    check(
        value == "/"
            || (value.len() > 2
                && value.len() <= MAX_PATH
                && value.starts_with('/')
                && value.ends_with('/')
                && !value.contains("//")
                && !refers(value)
                && value.bytes().all(|byte| byte.is_ascii_graphic())),
        "is not the path of a role; use a path with a slash at both ends and without '$(', such \
         as /teams/",
    )
}

/// The address that AWS SDKs get container credentials from.
pub(super) fn uri(value: &str) -> Check {
    check(
        Uri::parse(value).is_some_and(|uri| uri.is_web() && !uri.host.is_empty())
            && !refers(value)
            && value.bytes().all(|byte| byte.is_ascii_graphic()),
        concat!("is not an http or https URI without '$('; use a value such as ", eks_agent!(uri)),
    )
}

/// The name of a volume: a DNS label ("Volume", Kubernetes API reference).
pub(super) fn volume_name(value: &str) -> Check {
    check(
        value.len() <= 63 && !value.contains('.') && dns_subdomain(value).is_ok(),
        "is not a valid volume name; use up to 63 lowercase letters, digits and '-'",
    )
}

/// The path of a file below a mount ("ServiceAccountTokenProjection", Kubernetes API reference).
pub(super) fn token_path(value: &str) -> Check {
    check(
        value.split('/').all(|part| !matches!(part, "" | "." | ".."))
            && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
            && !refers(value),
        "is not the path of a file below the mount path; use a relative path without '$(', such \
         as eks-pod-identity-token",
    )
}

/// The API group of a CustomResourceDefinition ("CustomResourceDefinition", Kubernetes API reference), which has a dot.
/// The groups of the workloads of Kubernetes, which need no setting, have none.
pub(super) fn custom_group(value: &str) -> Check {
    check(
        value.contains('.') && dns_subdomain(value).is_ok(),
        "is not the API group of a custom resource; use a name such as argoproj.io",
    )
}

/// The kind of a custom resource.
pub(super) fn kind(value: &str) -> Check {
    check(
        value != "*" && !value.contains('.') && is_path(value),
        "is not a kind; use a name such as Rollout",
    )
}

/// The path of pod templates in an object.
pub(super) fn template_path(value: &str) -> Check {
    check(
        is_path(value),
        "is not the path of a pod template; use a path such as spec.template or \
         spec.workerGroupSpecs[*].template",
    )
}

/// Whether the value is a path: names of members, separated by dots. A name can end with `[*]` for each item of a list,
/// and `*` instead of a name is each member.
fn is_path(value: &str) -> bool {
    value.split('.').all(|step| {
        let name = step.strip_suffix("[*]").unwrap_or(step);
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        name == "*" || !name.is_empty() && name.bytes().all(is_part)
    })
}
