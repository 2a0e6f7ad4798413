//! The statement that fixes a trust policy.
//!
//! Source: Amazon EKS User Guide, "Assign IAM roles to Kubernetes service accounts" and "Create IAM role with trust
//! policy required by EKS Pod Identity".

use crate::arn::ListedRoleArn;
use crate::evaluate::pod_identity::{ACTIONS, SERVICE};
use crate::request::WebIdentity;

/// The placeholder for an AWS account that is not known.
const ACCOUNT: &str = "<account>";

/// The statement that lets exactly this service account assume the role: JSON, indented by two spaces.
pub fn statement(role: Option<&ListedRoleArn>, request: &WebIdentity) -> String {
    let provider = string(&provider(role, request));
    let issuer = request.issuer();
    let (audience_key, subject_key) =
        (string(&format!("{issuer}:aud")), string(&format!("{issuer}:sub")));
    let (audience, subject) = (string(request.audience()), string(request.subject()));
    format!(
        r#"{{
  "Effect": "Allow",
  "Principal": {{"Federated": {provider}}},
  "Action": "sts:AssumeRoleWithWebIdentity",
  "Condition": {{
    "StringEquals": {{
      {audience_key}: {audience},
      {subject_key}: {subject}
    }}
  }}
}}"#
    )
}

/// The statement that EKS Pod Identity needs.
pub(super) fn pod_identity() -> String {
    let (service, actions) = (string(SERVICE), ACTIONS.map(string).join(", "));
    format!(
        r#"{{
  "Effect": "Allow",
  "Principal": {{"Service": {service}}},
  "Action": [{actions}]
}}"#
    )
}

/// The ARN of the cluster's provider in the account of the role.
pub(crate) fn provider(role: Option<&ListedRoleArn>, request: &WebIdentity) -> String {
    match role {
        Some(role) => request.provider(role),
        None => format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{}", request.issuer()),
    }
}

fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    aws_pod_identity_json::push_string(&mut quoted, text);
    quoted
}
