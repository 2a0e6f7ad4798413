//! The setting `roleMappings`: roles for service accounts that have no annotation.

use std::borrow::Cow;

use crate::aws::role_arn::{RoleArn, SYNTAX};
use crate::aws::sts::Sts;
use crate::display::Quoted;
use crate::glob::matches;
use aws_pod_identity_json::Error;

use super::keys::keys;
use super::read::Field;
use super::{Problems, check};

/// The options of a role, from any of its sources.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleOptions<'a> {
    pub(crate) audience: Option<Cow<'a, str>>,
    /// Lifetime of the token, seconds.
    pub(crate) token_expiration: Option<u32>,
    /// Whether AWS SDKs are to use the regional STS endpoint.
    pub(crate) sts_regional_endpoints: Option<bool>,
    /// The URL of STS. Only annotations set it.
    pub(crate) sts_endpoint_url: Option<Cow<'a, str>>,
}

impl RoleOptions<'_> {
    /// These options. Each that is not set is taken from `others`.
    pub(crate) fn or(self, others: Self) -> Self {
        Self {
            audience: self.audience.or(others.audience),
            token_expiration: self.token_expiration.or(others.token_expiration),
            sts_regional_endpoints: self.sts_regional_endpoints.or(others.sts_regional_endpoints),
            sts_endpoint_url: self.sts_endpoint_url.or(others.sts_endpoint_url),
        }
    }
}

/// An entry of `roleMappings`.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleMapping<'a> {
    namespace: Cow<'a, str>,
    service_account: Cow<'a, str>,
    /// Checked only if it is used.
    pub(crate) role_arn: Cow<'a, str>,
    pub(crate) options: RoleOptions<'a>,
}

keys! {
    RoleMapping {
        "namespace" => |mapping, field| field.checked(&mut mapping.namespace, check::name_pattern),
        "serviceAccount" => |mapping, field| {
            field.checked(&mut mapping.service_account, check::name_pattern)
        },
        // `check_roles` checks all of them when the policy is loaded. A request checks only the one that it uses: with 200
        // mappings, checking each takes 112 % more instructions.
        "roleArn" => |mapping, field| field.text(&mut mapping.role_arn),
        "audience" => |mapping, field| {
            let mut audience = Cow::default();
            field.checked(&mut audience, check::audience)?;
            mapping.options.audience = Some(audience).filter(|audience| !audience.is_empty());
            Ok(())
        },
        "tokenExpirationSeconds" => |mapping, field| {
            let mut seconds = 0;
            field.seconds(&mut seconds)?;
            mapping.options.token_expiration = Some(seconds).filter(|seconds| *seconds > 0);
            Ok(())
        },
        "stsRegionalEndpoints" => |mapping, field| {
            let mut regional = false;
            if !field.is_null()? {
                field.flag(&mut regional)?;
                mapping.options.sts_regional_endpoints = Some(regional);
            }
            Ok(())
        },
    }
}

impl<'a> RoleMapping<'a> {
    /// Whether the entry is for that service account.
    pub(crate) fn is_for(&self, namespace: &str, service_account: &str) -> bool {
        matches(&self.namespace, namespace) && matches(&self.service_account, service_account)
    }

    pub(super) fn read_all(field: &mut Field<'_, 'a>) -> Result<Vec<Self>, Error> {
        let mut mappings = Vec::new();
        field.elements(&mut |field| {
            mappings.push(Self::read(field)?);
            Ok(())
        })?;
        Ok(mappings)
    }

    fn read(field: &mut Field<'_, 'a>) -> Result<Self, Error> {
        let problems = field.problem_count();
        let mut mapping = Self::default();
        field.members(&mut |field| mapping.read_key(field))?;
        let complete = [&mapping.namespace, &mapping.service_account, &mapping.role_arn]
            .into_iter()
            .all(|value| !value.is_empty());
        field.require(complete, problems, "namespace, serviceAccount and roleArn are required");
        Ok(mapping)
    }
}

/// Adds a problem for each mapping whose role ARN is not valid.
pub(super) fn check_roles(mappings: &[RoleMapping<'_>], sts: Sts, problems: &mut Problems) {
    for (index, mapping) in mappings.iter().enumerate() {
        let role_arn = &mapping.role_arn;
        // A missing role has been noted already.
        if !role_arn.is_empty()
            && let Err(error) = RoleArn::parse_literal(&**role_arn, sts)
        {
            problems.push(format!(
                "roleMappings[{index}].roleArn: {} {error}; use the form {SYNTAX}",
                Quoted(role_arn)
            ));
        }
    }
}
