//! Facts of AWS: the ARN of a role, partitions, regions, the endpoints of STS, names of sessions.

pub(crate) mod names;
pub(crate) mod partition;
pub(crate) mod region;
pub(crate) mod role_arn;
pub(crate) mod sts;

pub(crate) use partition::Partition;
pub(crate) use role_arn::RoleArn;
