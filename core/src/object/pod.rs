//! A pod, or the pod that a template describes.

use aws_pod_identity_json::{
    Collection, Error, InsertionPoint, RawString, Reader, object, object_or_null,
};

use super::container::{Container, ContainerKind};
use super::metadata::Metadata;
use super::operating_system::{affinity_is_windows, os_is_windows, selector_is_windows};
use super::security::SecurityContext;
use super::volume::Volume;

/// The service account of a pod that names none.
const DEFAULT_SERVICE_ACCOUNT: RawString<'_> = RawString::plain("default");

/// The members of a pod that checks read, and where the edits go.
#[derive(Debug)]
pub(crate) struct Pod<'a> {
    pub(crate) metadata: Metadata<'a>,
    pub(crate) spec: PodSpec<'a>,
}

/// The members of a pod's `spec`.
#[derive(Debug, Default)]
pub(crate) struct PodSpec<'a> {
    /// Where a member can be added to the spec; nowhere if there is no spec.
    pub(crate) end: Option<InsertionPoint>,
    pub(crate) service_account_name: RawString<'a>,
    /// The deprecated `serviceAccount`.
    pub(crate) service_account: RawString<'a>,
    /// Whether the pod can only run on Windows.
    pub(crate) windows: bool,
    pub(crate) host_network: bool,
    pub(crate) share_process_namespace: bool,
    pub(crate) scheduler_name: RawString<'a>,
    pub(crate) security: SecurityContext,
    pub(crate) volume_array: Collection,
    pub(crate) volumes: Vec<Volume<'a>>,
    /// Init containers and containers, in the order of the document.
    pub(crate) containers: Vec<Container<'a>>,
}

impl<'a> Pod<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut metadata = Metadata::default();
        let mut spec = PodSpec::default();
        object!(reader, {
            "metadata" => metadata = Metadata::read(reader)?,
            "spec" => spec = PodSpec::read(reader)?,
        });
        Ok(Self { metadata, spec })
    }
}

impl<'a> PodSpec<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut spec = Self::default();
        spec.end = object_or_null!(reader, {
            "serviceAccountName" => spec.service_account_name = reader.text_or_empty()?,
            "serviceAccount" => spec.service_account = reader.text_or_empty()?,
            "os" => spec.windows |= os_is_windows(reader)?,
            "nodeSelector" => spec.windows |= selector_is_windows(reader)?,
            "affinity" => spec.windows |= affinity_is_windows(reader)?,
            "hostNetwork" => spec.host_network = reader.flag()?,
            "shareProcessNamespace" => spec.share_process_namespace = reader.flag()?,
            "schedulerName" => spec.scheduler_name = reader.text_or_empty()?,
            "securityContext" => spec.security = SecurityContext::read(reader)?,
            "volumes" => spec.volume_array = Collection::array(reader, |reader| {
                spec.volumes.push(Volume::read(reader)?);
                Ok(())
            })?,
            "initContainers" => read_containers(reader, ContainerKind::Init, &mut spec.containers)?,
            "containers" => read_containers(reader, ContainerKind::Main, &mut spec.containers)?,
        });
        if spec.windows {
            for variable in spec.containers.iter_mut().flat_map(|one| &mut one.variables) {
                variable.name.to_mut().make_ascii_uppercase();
            }
        }
        Ok(spec)
    }

    /// Whether the pod names its service account.
    pub(crate) fn names_service_account(&self) -> bool {
        !self.service_account_name.is_empty() || !self.service_account.is_empty()
    }

    /// The service account that the pod runs as. The API server fills `serviceAccountName` in before
    /// policies see a pod; templates and requests written by hand may lack it.
    pub(crate) fn effective_service_account(&self) -> RawString<'a> {
        [self.service_account_name, self.service_account]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or(DEFAULT_SERVICE_ACCOUNT)
    }
}

fn read_containers<'a>(
    reader: &mut Reader<'a>,
    kind: ContainerKind,
    containers: &mut Vec<Container<'a>>,
) -> Result<(), Error> {
    Collection::array(reader, |reader| {
        containers.push(Container::read(reader, kind)?);
        Ok(())
    })?;
    Ok(())
}
