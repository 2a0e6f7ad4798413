//! Parts of the ARNs of IAM.
//!
//! Source: IAM User Guide, "IAM identifiers"; AWS Account Management Reference Guide, "View AWS account identifiers".

/// Whether the text is the ID of an AWS account: 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The partition, the account and the resource of an ARN of IAM.
pub(crate) fn arn_parts(text: &str) -> Option<(&str, &str, &str)> {
    let (partition, rest) = text.strip_prefix("arn:")?.split_once(':')?;
    let (account, resource) = rest.strip_prefix("iam::")?.split_once(':')?;
    let valid = !partition.is_empty()
        && partition.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        && is_account(account);
    valid.then_some((partition, account, resource))
}
