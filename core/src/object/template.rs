//! Workloads and their pod templates.

use std::ops::Range;

use aws_pod_identity_json::{Error, Reader, object, object_or_null};

use super::metadata::Metadata;
use super::pod::Pod;

/// The kinds of workloads of Kubernetes, which create pods from a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    ReplicationController,
    Job,
    CronJob,
}

impl Workload {
    /// The workload of that API group and kind.
    pub(crate) fn of_kind(group: &str, kind: &str) -> Option<Self> {
        Some(match (group, kind) {
            ("apps", "Deployment") => Self::Deployment,
            ("apps", "ReplicaSet") => Self::ReplicaSet,
            ("apps", "StatefulSet") => Self::StatefulSet,
            ("apps", "DaemonSet") => Self::DaemonSet,
            ("", "ReplicationController") => Self::ReplicationController,
            ("batch", "Job") => Self::Job,
            ("batch", "CronJob") => Self::CronJob,
            _ => return None,
        })
    }

    /// The kind's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicationController => "ReplicationController",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        }
    }
}

/// A workload and the pods that it would create.
#[derive(Debug)]
pub(crate) struct Template<'a> {
    pub(crate) workload: Workload,
    /// The workload's own metadata.
    pub(crate) metadata: Metadata<'a>,
    /// The pod that the template describes; a ReplicationController need not have one.
    pub(crate) pod: Option<Box<Pod<'a>>>,
    /// The range of the template in the document, bytes.
    pub(crate) range: Range<usize>,
}

impl<'a> Template<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, workload: Workload) -> Result<Box<Self>, Error> {
        let mut template =
            Box::new(Self { workload, metadata: Metadata::default(), pod: None, range: 0..0 });
        object!(reader, {
            "metadata" => template.metadata = Metadata::read(reader)?,
            "spec" => match workload {
                Workload::CronJob => template.read_cron_job_spec(reader)?,
                _ => template.read_spec(reader)?,
            },
        });
        Ok(template)
    }

    fn read_cron_job_spec(&mut self, reader: &mut Reader<'a>) -> Result<(), Error> {
        object_or_null!(reader, {
            "jobTemplate" => object_or_null!(reader, { "spec" => self.read_spec(reader)? }),
        });
        Ok(())
    }

    fn read_spec(&mut self, reader: &mut Reader<'a>) -> Result<(), Error> {
        object_or_null!(reader, {
            "template" => if !reader.null()? {
                reader.kind()?;
                let start = reader.position();
                self.pod = Some(Pod::read(reader)?);
                self.range = start..reader.position();
            },
        });
        Ok(())
    }
}
