//! Security contexts, of a pod and of its containers.

use aws_pod_identity_json::{Error, Kind, Reader, once};

/// The members of a `securityContext` that rules look at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SecurityContext {
    /// The user that programs run as; unknown where only the image says.
    pub(crate) run_as_user: Option<i64>,
    pub(crate) run_as_non_root: bool,
    /// Whether a group is set that volumes are made readable for (pods only).
    pub(crate) has_fs_group: bool,
    pub(crate) privileged: bool,
    /// Whether it is a Windows host-process container.
    pub(crate) host_process: bool,
}

impl SecurityContext {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut user = None;
        let mut non_root = None;
        let mut fs_group = None;
        let mut privileged = None;
        let mut windows = None;
        if reader.null()? {
            return Ok(Self::default());
        }
        reader.object(&mut |reader, key| match key {
            "runAsUser" => once(reader, &mut user, optional_integer),
            "runAsNonRoot" => once(reader, &mut non_root, Reader::flag),
            "fsGroup" => once(reader, &mut fs_group, optional_integer),
            "privileged" => once(reader, &mut privileged, Reader::flag),
            "windowsOptions" => once(reader, &mut windows, is_host_process),
            _ => reader.skip(),
        })?;
        Ok(Self {
            run_as_user: user.flatten(),
            run_as_non_root: non_root == Some(true),
            has_fs_group: fs_group.flatten().is_some(),
            privileged: privileged == Some(true),
            host_process: windows == Some(true),
        })
    }
}

/// Reads an integer, or nothing where `null` stands in its place; a number that is none is out of every
/// rule's range.
pub(super) fn optional_integer(reader: &mut Reader<'_>) -> Result<Option<i64>, Error> {
    if reader.kind()? == Kind::Null {
        return reader.skip().map(|()| None);
    }
    Ok(Some(reader.number()?.parse().unwrap_or(-1)))
}

fn is_host_process(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut host_process = None;
    if !reader.null()? {
        reader.object(&mut |reader, key| match key {
            "hostProcess" => once(reader, &mut host_process, Reader::flag),
            _ => reader.skip(),
        })?;
    }
    Ok(host_process == Some(true))
}
