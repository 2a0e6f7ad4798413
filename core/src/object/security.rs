//! Security contexts, of a pod and of its containers.

use aws_pod_identity_json::{Error, Reader, object_or_null};

/// The members of a `securityContext` that checks read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SecurityContext {
    /// The user that programs run as; none if only the image sets it.
    pub(crate) run_as_user: Option<i64>,
    pub(crate) run_as_non_root: bool,
    /// Whether `fsGroup` is set, for which volumes are made readable (pods only).
    pub(crate) has_fs_group: bool,
    pub(crate) privileged: bool,
    /// Whether it is a Windows host-process container.
    pub(crate) host_process: bool,
}

impl SecurityContext {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut context = Self::default();
        object_or_null!(reader, {
            "runAsUser" => context.run_as_user = reader.integer_or_null()?,
            "runAsNonRoot" => context.run_as_non_root = reader.flag()?,
            "fsGroup" => context.has_fs_group = reader.integer_or_null()?.is_some(),
            "privileged" => context.privileged = reader.flag()?,
            "windowsOptions" => context.host_process = is_host_process(reader)?,
        });
        Ok(context)
    }
}

fn is_host_process(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut host_process = false;
    object_or_null!(reader, { "hostProcess" => host_process = reader.flag()? });
    Ok(host_process)
}
