//! Output of the AWS CLI.
//!
//! Source: AWS CLI Command Reference, pages of the commands.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::InputErrorKind;
use super::value::parse;
use super::{Association, Input, Provider, Role, Trust};
use crate::arn::{ListedRoleArn, ProviderArn};
use crate::policy::{PolicyError, TrustPolicy};
use crate::request::without_scheme;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawRole<'a> {
    arn: String,
    #[serde(borrow)]
    assume_role_policy_document: Option<&'a RawValue>,
}

/// Reads a list of roles.
pub(super) fn roles(
    input: &mut Input,
    file: &str,
    key: &str,
    list: &RawValue,
) -> Result<(), InputErrorKind> {
    let list: Vec<&RawValue> = parse(list, key, "a list of roles")?;
    for (index, raw) in list.into_iter().enumerate() {
        input.roles.push(role(file, &format!("{key}[{index}]"), raw)?);
    }
    Ok(())
}

/// Reads a role.
pub(super) fn role(file: &str, at: &str, raw: &RawValue) -> Result<Role, InputErrorKind> {
    let raw: RawRole<'_> = parse(raw, at, "a role with an Arn")?;
    let shape = || InputErrorKind::shape(format!("{at}.Arn"), "the ARN of a role");
    let arn = ListedRoleArn::parse(&raw.arn).ok_or_else(shape)?;
    let policy = raw.assume_role_policy_document.ok_or(PolicyError::Absent);
    let policy = policy.and_then(|document| TrustPolicy::parse_json(document.get()));
    Ok(Role {
        name: arn.name().to_owned(),
        path: arn.path().to_owned(),
        arn: Some(arn),
        trust: Trust::from(policy),
        source: file.to_owned(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawProvider {
    url: String,
    #[serde(rename = "ClientIDList")]
    client_id_list: Vec<String>,
}

/// Reads `aws iam get-open-id-connect-provider`.
pub(super) fn provider(raw: &RawValue) -> Result<Provider, InputErrorKind> {
    let raw: RawProvider =
        parse(raw, "the document", "an OIDC provider with Url and ClientIDList")?;
    Ok(Provider {
        arn: None,
        issuer: without_scheme(&raw.url).to_owned(),
        audiences: Some(raw.client_id_list),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedProvider {
    arn: String,
}

/// Reads `aws iam list-open-id-connect-providers`.
pub(super) fn provider_list(input: &mut Input, list: &RawValue) -> Result<(), InputErrorKind> {
    let key = "OpenIDConnectProviderList";
    let list: Vec<ListedProvider> = parse(list, key, "a list of objects with an Arn")?;
    for (index, ListedProvider { arn }) in list.into_iter().enumerate() {
        let at = || format!("{key}[{index}].Arn");
        let issuer = ProviderArn::parse(&arn)
            .ok_or_else(|| InputErrorKind::shape(at(), "the ARN of an OIDC provider"))?
            .issuer
            .to_owned();
        input.providers.push(Provider { arn: Some(arn), issuer, audiences: None });
    }
    input.all_providers = true;
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAssociation {
    cluster_name: String,
    namespace: String,
    service_account: String,
    role_arn: Option<String>,
    target_role_arn: Option<String>,
    disable_session_tags: Option<bool>,
}

/// Reads a list of associations.
pub(super) fn associations(input: &mut Input, list: &RawValue) -> Result<(), InputErrorKind> {
    let list: Vec<&RawValue> = parse(list, "associations", "a list")?;
    for (index, raw) in list.into_iter().enumerate() {
        input.associations.push(association(&format!("associations[{index}]"), raw)?);
    }
    Ok(())
}

/// Reads an association.
pub(super) fn association(at: &str, raw: &RawValue) -> Result<Association, InputErrorKind> {
    let raw: RawAssociation = parse(raw, at, "a Pod Identity association")?;
    Ok(Association {
        cluster: raw.cluster_name,
        namespace: raw.namespace,
        service_account: raw.service_account,
        role_arn: raw.role_arn,
        target_role_arn: raw.target_role_arn,
        session_tags: raw.disable_session_tags.map(|disabled| !disabled),
    })
}
