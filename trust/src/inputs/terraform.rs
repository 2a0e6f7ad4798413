//! Output of `terraform show -json`, and of OpenTofu's `tofu show -json`.
//!
//! Source: Terraform, "JSON Output Format": values representation. A plan leaves out attributes that are known only
//! after apply. Source of the attributes: Terraform Registry, AWS provider.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::InputErrorKind;
use super::value::parse;
use super::{Association, Input, Provider, Role, Trust};
use crate::arn::ListedRoleArn;
use crate::policy::TrustPolicy;
use crate::request::without_scheme;

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow)]
    root_module: Option<Module<'a>>,
}

#[derive(Deserialize)]
struct Module<'a> {
    #[serde(borrow, default)]
    resources: Vec<Resource<'a>>,
    #[serde(borrow, default)]
    child_modules: Vec<Module<'a>>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    address: String,
    r#type: String,
    #[serde(borrow)]
    values: Option<&'a RawValue>,
}

/// Reads the values of a plan or a state.
pub(super) fn values(
    input: &mut Input,
    file: &str,
    values: &RawValue,
) -> Result<(), InputErrorKind> {
    let values: Values<'_> = parse(values, "values", "Terraform's values representation")?;
    let mut modules: Vec<_> = values.root_module.into_iter().collect();
    while let Some(module) = modules.pop() {
        for resource in &module.resources {
            if let Some(values) = resource.values {
                read(input, file, resource, values)?;
            }
        }
        modules.extend(module.child_modules);
    }
    Ok(())
}

fn read(
    input: &mut Input,
    file: &str,
    resource: &Resource<'_>,
    values: &RawValue,
) -> Result<(), InputErrorKind> {
    let at = &*resource.address;
    match &*resource.r#type {
        "aws_iam_role" => {
            let values: RoleValues = parse(values, at, "an aws_iam_role")?;
            input.roles.extend(values.role(format!("{file}, {at}")));
        }
        "aws_iam_openid_connect_provider" => {
            let values: ProviderValues = parse(values, at, "an aws_iam_openid_connect_provider")?;
            input.providers.extend(values.url.map(|url| Provider {
                arn: values.arn,
                issuer: without_scheme(&url).to_owned(),
                audiences: values.client_id_list,
            }));
        }
        "aws_eks_pod_identity_association" => {
            let values: AssociationValues =
                parse(values, at, "an aws_eks_pod_identity_association")?;
            input.associations.extend(values.association());
        }
        _ => {}
    }
    Ok(())
}

#[derive(Deserialize)]
struct RoleValues {
    arn: Option<String>,
    name: Option<String>,
    path: Option<String>,
    assume_role_policy: Option<String>,
}

impl RoleValues {
    /// None for a role whose name is known only after apply.
    fn role(self, source: String) -> Option<Role> {
        let arn = self.arn.as_deref().and_then(ListedRoleArn::parse);
        let of_arn =
            |part: fn(&ListedRoleArn) -> &str| arn.as_ref().map(|arn| part(arn).to_owned());
        Some(Role {
            name: of_arn(ListedRoleArn::name).or(self.name)?,
            path: of_arn(ListedRoleArn::path).or(self.path).unwrap_or_else(|| "/".to_owned()),
            trust: match &self.assume_role_policy {
                Some(policy) => Trust::from(TrustPolicy::parse(policy)),
                None => Trust::AfterApply,
            },
            arn,
            source,
        })
    }
}

#[derive(Deserialize)]
struct ProviderValues {
    arn: Option<String>,
    url: Option<String>,
    client_id_list: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct AssociationValues {
    cluster_name: Option<String>,
    namespace: Option<String>,
    service_account: Option<String>,
    role_arn: Option<String>,
    target_role_arn: Option<String>,
    disable_session_tags: Option<bool>,
}

impl AssociationValues {
    /// None for an association whose cluster or account is known only after apply.
    fn association(self) -> Option<Association> {
        Some(Association {
            cluster: self.cluster_name?,
            namespace: self.namespace?,
            service_account: self.service_account?,
            role_arn: self.role_arn,
            target_role_arn: self.target_role_arn,
            session_tags: self.disable_session_tags.map(|disabled| !disabled),
        })
    }
}
