//! A pod, or the pod that a template describes.

use aws_pod_identity_json::{
    Collection, Error, InsertionPoint, RawString, Reader, object, object_or_null,
};

use super::container::{Container, ContainerKind};
use super::metadata::Metadata;
use super::operating_system::{affinity_is_windows, os_is_windows, selector_is_windows};
use super::security::SecurityContext;
use super::volume::Volume;

/// The service account of a pod that does not set one.
const DEFAULT_SERVICE_ACCOUNT: RawString<'_> = RawString::plain("default");

/// The members of a pod that checks read, and where additions go.
#[derive(Debug, Default)]
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
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Box<Self>, Error> {
        let mut pod = Box::<Self>::default();
        object!(reader, {
            "metadata" => pod.metadata = Metadata::read(reader)?,
            "spec" => pod.spec.read(reader)?,
        });
        Ok(pod)
    }
}

impl<'a> PodSpec<'a> {
    fn read(&mut self, reader: &mut Reader<'a>) -> Result<(), Error> {
        self.end = object_or_null!(reader, {
            "serviceAccountName" => self.service_account_name = reader.text_or_empty()?,
            "serviceAccount" => self.service_account = reader.text_or_empty()?,
            "os" => self.windows |= os_is_windows(reader)?,
            "nodeSelector" => self.windows |= selector_is_windows(reader)?,
            "affinity" => self.windows |= affinity_is_windows(reader)?,
            "hostNetwork" => self.host_network = reader.flag()?,
            "shareProcessNamespace" => self.share_process_namespace = reader.flag()?,
            "schedulerName" => self.scheduler_name = reader.text_or_empty()?,
            "securityContext" => self.security = SecurityContext::read(reader)?,
            "volumes" => self.volume_array = Collection::array(reader, |reader| {
                self.volumes.push(Volume::read(reader)?);
                Ok(())
            })?,
            "initContainers" => read_containers(reader, ContainerKind::Init, &mut self.containers)?,
            "containers" => read_containers(reader, ContainerKind::Main, &mut self.containers)?,
        });
        if self.windows {
            for variable in self.containers.iter_mut().flat_map(|one| &mut one.variables) {
                variable.name.to_mut().make_ascii_uppercase();
            }
        }
        Ok(())
    }

    /// Whether the pod sets its service account.
    pub(crate) fn names_service_account(&self) -> bool {
        !self.service_account_name.is_empty() || !self.service_account.is_empty()
    }

    /// The service account that the pod runs as. The API server sets `serviceAccountName` before policies get a pod;
    /// templates, and requests that are written by hand, may lack it.
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
