//! The setting `roleMappings`: roles for service accounts that carry no annotation.

use std::borrow::Cow;

use crate::findings::Quoted;
use crate::glob::matches;
use crate::identity::role_arn::{FORM, whole_role};
use aws_pod_identity_json::Error;

use super::read::Field;
use super::{Problems, check};

/// A role with options, as a mapping gives it.
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenRole<'a> {
    pub(crate) role_arn: Cow<'a, str>,
    pub(crate) audience: Option<Cow<'a, str>>,
    /// Lifetime of the token, seconds.
    pub(crate) token_expiration: Option<u32>,
    pub(crate) sts_regional_endpoints: Option<bool>,
}

/// An entry of `roleMappings`.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleMapping<'a> {
    namespace: Cow<'a, str>,
    service_account: Cow<'a, str>,
    pub(crate) given: GivenRole<'a>,
}

const KEYS: [&str; 6] = [
    "namespace",
    "serviceAccount",
    "roleArn",
    "audience",
    "tokenExpirationSeconds",
    "stsRegionalEndpoints",
];

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
        let given = &mut mapping.given;
        let mut audience = Cow::default();
        let mut seconds = 0;
        field.members(&mut |field| match field.key {
            "namespace" => field.checked(&mut mapping.namespace, check::name_pattern),
            "serviceAccount" => field.checked(&mut mapping.service_account, check::name_pattern),
            // Whether it is an ARN is asked when the policy is loaded (`check_roles`), and of the mapping
            // that counts: of each mapping at each request, it is most of what they cost.
            "roleArn" => field.text(&mut given.role_arn),
            "audience" => field.checked(&mut audience, check::audience),
            "tokenExpirationSeconds" => field.seconds(&mut seconds),
            "stsRegionalEndpoints" => {
                let mut regional = false;
                if !field.is_null()? {
                    field.flag(&mut regional)?;
                    given.sts_regional_endpoints = Some(regional);
                }
                Ok(())
            }
            _ => field.unknown(&KEYS),
        })?;
        given.audience = Some(audience).filter(|audience| !audience.is_empty());
        given.token_expiration = Some(seconds).filter(|seconds| *seconds > 0);
        let complete = [&mapping.namespace, &mapping.service_account, &mapping.given.role_arn]
            .into_iter()
            .all(|value| !value.is_empty());
        field.require(complete, problems, "needs namespace, serviceAccount and roleArn");
        Ok(mapping)
    }
}

/// Notes the mappings whose role is no role.
pub(super) fn check_roles(mappings: &[RoleMapping<'_>], problems: &mut Problems) {
    for (index, mapping) in mappings.iter().enumerate() {
        let role_arn = &mapping.given.role_arn;
        // That it is missing has been noted.
        if !role_arn.is_empty()
            && let Err(why) = whole_role(role_arn)
        {
            problems.push(format!(
                "roleMappings[{index}].roleArn: {} {why}; expected {FORM}",
                Quoted(role_arn)
            ));
        }
    }
}
