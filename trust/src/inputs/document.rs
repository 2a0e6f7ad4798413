//! The forms of files, which are distinguished by their keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{InputError, InputErrorKind};
use super::value::parse;
use super::{Input, aws, terraform, text};

/// The keys that distinguish forms. Their values are read when the form is known; other values are skipped.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Document<'a> {
    /// `aws iam list-roles`
    #[serde(borrow, rename = "Roles")]
    pub(super) roles: Option<&'a RawValue>,
    /// `aws iam get-account-authorization-details`
    #[serde(borrow, rename = "RoleDetailList")]
    pub(super) role_details: Option<&'a RawValue>,
    /// Of both: there is another page.
    #[serde(borrow, rename = "IsTruncated")]
    pub(super) is_truncated: Option<&'a RawValue>,
    /// The same, when the AWS CLI stops after `--max-items`.
    #[serde(borrow, rename = "NextToken")]
    pub(super) next_token: Option<&'a RawValue>,
    /// `aws iam get-role`
    #[serde(borrow, rename = "Role")]
    pub(super) role: Option<&'a RawValue>,
    /// A role alone, as `--query Role` and `--query 'Roles[]'` print it.
    #[serde(borrow, rename = "AssumeRolePolicyDocument")]
    pub(super) policy: Option<&'a RawValue>,
    /// `aws iam get-open-id-connect-provider`
    #[serde(borrow, rename = "ClientIDList")]
    pub(super) client_ids: Option<&'a RawValue>,
    /// `aws iam list-open-id-connect-providers`
    #[serde(borrow, rename = "OpenIDConnectProviderList")]
    pub(super) provider_list: Option<&'a RawValue>,
    /// `aws eks list-pod-identity-associations`
    #[serde(borrow)]
    pub(super) associations: Option<&'a RawValue>,
    /// `aws eks describe-pod-identity-association`
    #[serde(borrow)]
    pub(super) association: Option<&'a RawValue>,
    /// `terraform show -json` of a plan
    #[serde(borrow)]
    pub(super) planned_values: Option<&'a RawValue>,
    /// `terraform show -json` of a state
    #[serde(borrow)]
    pub(super) values: Option<&'a RawValue>,
    /// In plans and states. An empty state has only this.
    #[serde(borrow)]
    pub(super) terraform_version: Option<&'a RawValue>,
}

/// Reads a file: one document, several that follow each other (pages), or a list of them. Time and memory are linear in
/// its size, and its depth does not matter.
pub(crate) fn read(file: &str, bytes: &[u8]) -> Result<Input, InputError> {
    let mut input = Input::default();
    let read = text::decode(bytes).and_then(|text| documents(&mut input, file, &text));
    read.map(|()| input).map_err(|kind| InputError { file: file.to_owned(), kind })
}

fn documents(input: &mut Input, file: &str, text: &str) -> Result<(), InputErrorKind> {
    // A page that is not the last one must be followed by the next one.
    let mut open = false;
    for raw in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let raw = raw.map_err(|error| InputErrorKind::Json(error.to_string()))?;
        if raw.get().starts_with('[') {
            let elements: Vec<&RawValue> = parse(raw, file, "a list")?;
            for element in elements {
                document(input, file, element, &mut open)?;
            }
        } else {
            document(input, file, raw, &mut open)?;
        }
    }
    input.whole &= !open;
    Ok(())
}

fn document(
    input: &mut Input,
    file: &str,
    raw: &RawValue,
    open: &mut bool,
) -> Result<(), InputErrorKind> {
    let document: Document<'_> = if raw.get().starts_with('{') {
        serde_json::from_str(raw.get()).map_err(|error| InputErrorKind::Json(error.to_string()))?
    } else {
        Document::default()
    };
    if let Some(page) = document.roles.or(document.role_details) {
        let key = if document.roles.is_some() { "Roles" } else { "RoleDetailList" };
        aws::roles(input, file, key, page)?;
        input.whole = true;
        let is = |value: Option<&RawValue>, wanted: fn(&str) -> bool| {
            value.is_some_and(|value| wanted(value.get()))
        };
        *open = is(document.is_truncated, |text| text == "true")
            || is(document.next_token, |text| text != "null");
    } else if let Some(role) = document.role {
        input.roles.push(aws::role(file, "Role", role)?);
    } else if document.policy.is_some() {
        input.roles.push(aws::role(file, "the role", raw)?);
    } else if document.client_ids.is_some() {
        input.providers.push(aws::provider(raw)?);
    } else if let Some(list) = document.provider_list {
        aws::provider_list(input, list)?;
    } else if let Some(list) = document.associations {
        aws::associations(input, list)?;
    } else if let Some(association) = document.association {
        input.associations.push(aws::association("association", association)?);
    } else if let Some(values) = document.planned_values.or(document.values) {
        terraform::values(input, file, values)?;
    } else if document.terraform_version.is_none() {
        return Err(InputErrorKind::Unrecognized(keys(raw)));
    }
    Ok(())
}

fn keys(raw: &RawValue) -> Vec<String> {
    let keys: Result<BTreeMap<String, &RawValue>, _> = serde_json::from_str(raw.get());
    keys.map(|keys| keys.into_keys().collect()).unwrap_or_default()
}
