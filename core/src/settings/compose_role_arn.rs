//! The setting `composeRoleArn`: role names instead of ARNs in annotations.

use std::borrow::Cow;

use crate::aws::Partition;
use aws_pod_identity_json::Error;
use aws_pod_identity_trust::iam::is_account;

use super::check;
use super::keys::keys;
use super::read::Field;

/// The parts from which the ARN of a role is composed, in addition to its name.
#[derive(Clone, Debug)]
pub(crate) struct ComposeRoleArn<'a> {
    account_id: Cow<'a, str>,
    partition: Cow<'a, str>,
    /// `/` at both ends.
    path: Cow<'a, str>,
}

impl<'a> ComposeRoleArn<'a> {
    /// The ARN of the role whose name is in an annotation. The name can have a path below the path of the settings
    /// (`team/api`), or its full path (`/team/api`). `role/api`, the end of an ARN, is accepted, too.
    pub(crate) fn role_arn(&self, name: &str) -> String {
        let name = name.strip_prefix("role/").unwrap_or(name);
        let (path, name) = match name.strip_prefix('/') {
            Some(name) => ("/", name),
            None => (&*self.path, name),
        };
        format!("arn:{}:iam::{}:role{path}{name}", self.partition, self.account_id)
    }

    pub(super) fn read(field: &mut Field<'_, 'a>) -> Result<Option<Self>, Error> {
        let mut compose = Self {
            account_id: Cow::default(),
            partition: Cow::Borrowed("aws"),
            path: Cow::Borrowed("/"),
        };
        let problems = field.problem_count();
        if !field.members(&mut |field| compose.read_key(field))? {
            return Ok(None);
        }
        let complete = !compose.account_id.is_empty();
        field.require(
            complete,
            problems,
            "accountId is required, the 12-digit ID of the roles' AWS account in quotes",
        );
        Ok(Some(compose))
    }
}

keys! {
    ComposeRoleArn {
        "accountId" => |compose, field| field.checked(&mut compose.account_id, account_id),
        "partition" => |compose, field| field.checked(&mut compose.partition, partition),
        "path" => |compose, field| field.checked(&mut compose.path, check::role_path),
    }
}

fn account_id(value: &str) -> Result<(), &'static str> {
    if is_account(value) {
        Ok(())
    } else {
        Err("is not an AWS account ID; use 12 digits in quotes")
    }
}

fn partition(value: &str) -> Result<(), &'static str> {
    match Partition::of_name(value) {
        Some(_) => Ok(()),
        None => Err("is not an AWS partition; use a name such as aws, aws-cn or aws-us-gov"),
    }
}

#[cfg(test)]
mod tests {
    use super::ComposeRoleArn;

    #[test]
    fn a_role_name_or_path_becomes_an_arn() {
        let compose = |path: &'static str, name| {
            let (account_id, partition) = ("123456789012".into(), "aws-cn".into());
            ComposeRoleArn { account_id, partition, path: path.into() }.role_arn(name)
        };
        for (path, name, end) in [
            ("/", "api", "role/api"),
            ("/", "team/api", "role/team/api"),
            ("/", "/team/api", "role/team/api"),
            ("/", "role/api", "role/api"),
            ("/k8s/", "api", "role/k8s/api"),
            ("/k8s/", "team/api", "role/k8s/team/api"),
            ("/k8s/", "/team/api", "role/team/api"),
        ] {
            assert_eq!(
                compose(path, name),
                format!("arn:aws-cn:iam::123456789012:{end}"),
                "{name}"
            );
        }
    }
}
