//! Workloads and their pod templates.

use std::ops::Range;

use aws_pod_identity_json::{Error, Reader, object, object_or_null};

use super::metadata::Metadata;
use super::pod::Pod;

/// A kind of workload of Kubernetes, which creates pods from a template.
#[derive(Debug)]
pub(crate) struct Workload {
    group: &'static str,
    pub(crate) kind: &'static str,
    /// Whether the template is in `spec.jobTemplate.spec`, not in `spec`.
    has_job_template: bool,
}

const fn workload(group: &'static str, kind: &'static str) -> Workload {
    Workload { group, kind, has_job_template: false }
}

/// `kubernetes/src/kind.rs` has the same kinds. `tests/repository/workload_kinds.rs` compares both.
static WORKLOADS: [Workload; 7] = [
    workload("apps", "Deployment"),
    workload("apps", "ReplicaSet"),
    workload("apps", "StatefulSet"),
    workload("apps", "DaemonSet"),
    workload("", "ReplicationController"),
    workload("batch", "Job"),
    Workload { has_job_template: true, ..workload("batch", "CronJob") },
];

impl Workload {
    /// The workload of that API group and kind.
    pub(crate) fn of_kind(group: &str, kind: &str) -> Option<&'static Self> {
        WORKLOADS.iter().find(|workload| workload.group == group && workload.kind == kind)
    }
}

/// A workload and the pods that it would create.
#[derive(Debug)]
pub(crate) struct Template<'a> {
    pub(crate) workload: &'static Workload,
    /// The workload's own metadata.
    pub(crate) metadata: Metadata<'a>,
    /// The pod that the template describes; a ReplicationController need not have one.
    pub(crate) pod: Option<Box<Pod<'a>>>,
    /// The range of the template in the document, bytes.
    pub(crate) range: Range<usize>,
}

impl<'a> Template<'a> {
    pub(crate) fn read(
        reader: &mut Reader<'a>,
        workload: &'static Workload,
    ) -> Result<Box<Self>, Error> {
        let mut template =
            Box::new(Self { workload, metadata: Metadata::default(), pod: None, range: 0..0 });
        object!(reader, {
            "metadata" => template.metadata = Metadata::read(reader)?,
            "spec" => if workload.has_job_template {
                template.read_cron_job_spec(reader)?;
            } else {
                template.read_spec(reader)?;
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
