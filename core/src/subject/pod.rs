//! A pod, or the pod that a template describes.

use aws_pod_identity_json::{Error, Place, Reader, Text, once};

use super::List;
use super::container::{Container, Role};
use super::metadata::Metadata;
use super::operating_system::{affinity_is_windows, os_is_windows, selector_is_windows};
use super::security::SecurityContext;
use super::volume::Volume;

/// The service account of a pod that names none.
const DEFAULT_SERVICE_ACCOUNT: Text<'_> = Text::plain("default");

/// The members of a pod that rules look at, and where the edits go.
#[derive(Debug)]
pub(crate) struct Pod<'a> {
    pub(crate) metadata: Metadata<'a>,
    pub(crate) spec: PodSpec<'a>,
}

/// The members of a pod's `spec`.
#[derive(Debug, Default)]
pub(crate) struct PodSpec<'a> {
    /// Where a member can be added to the spec; nowhere if there is no spec.
    pub(crate) place: Option<Place>,
    pub(crate) service_account_name: Text<'a>,
    /// The deprecated `serviceAccount`.
    pub(crate) service_account: Text<'a>,
    /// Whether the pod can only run on Windows.
    pub(crate) windows: bool,
    pub(crate) host_network: bool,
    pub(crate) share_process_namespace: bool,
    pub(crate) scheduler_name: Text<'a>,
    pub(crate) security: SecurityContext,
    pub(crate) volumes: List,
    pub(crate) volume_list: Vec<Volume<'a>>,
    /// Init containers and containers, in the order of the document.
    pub(crate) containers: Vec<Container<'a>>,
}

impl<'a> Pod<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut metadata = None;
        let mut spec = None;
        reader.object(&mut |reader, key| match key {
            "metadata" => once(reader, &mut metadata, Metadata::read),
            "spec" => once(reader, &mut spec, PodSpec::read),
            _ => reader.skip(),
        })?;
        Ok(Self { metadata: metadata.unwrap_or_default(), spec: spec.unwrap_or_default() })
    }
}

impl<'a> PodSpec<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut service_account_name = None;
        let mut service_account = None;
        let mut os = None;
        let mut node_selector = None;
        let mut affinity = None;
        let mut host_network = None;
        let mut share_process_namespace = None;
        let mut scheduler_name = None;
        let mut security = None;
        let mut volumes = None;
        let mut volume_list = Vec::new();
        let mut init_containers = None;
        let mut main_containers = None;
        let mut containers = Vec::new();
        if reader.null()? {
            return Ok(Self::default());
        }
        let place = reader.object(&mut |reader, key| match key {
            "serviceAccountName" => once(reader, &mut service_account_name, Reader::optional_text),
            "serviceAccount" => once(reader, &mut service_account, Reader::optional_text),
            "os" => once(reader, &mut os, os_is_windows),
            "nodeSelector" => once(reader, &mut node_selector, selector_is_windows),
            "affinity" => once(reader, &mut affinity, affinity_is_windows),
            "hostNetwork" => once(reader, &mut host_network, Reader::flag),
            "shareProcessNamespace" => once(reader, &mut share_process_namespace, Reader::flag),
            "schedulerName" => once(reader, &mut scheduler_name, Reader::optional_text),
            "securityContext" => once(reader, &mut security, SecurityContext::read),
            "volumes" => once(reader, &mut volumes, |reader| {
                List::read(reader, &mut |reader| {
                    volume_list.push(Volume::read(reader)?);
                    Ok(())
                })
            }),
            "initContainers" => once(reader, &mut init_containers, |reader| {
                read_containers(reader, Role::Init, &mut containers)
            }),
            "containers" => once(reader, &mut main_containers, |reader| {
                read_containers(reader, Role::Main, &mut containers)
            }),
            _ => reader.skip(),
        })?;
        Ok(Self {
            place: Some(place),
            service_account_name: service_account_name.flatten().unwrap_or_default(),
            service_account: service_account.flatten().unwrap_or_default(),
            windows: [os, node_selector, affinity].contains(&Some(true)),
            host_network: host_network == Some(true),
            share_process_namespace: share_process_namespace == Some(true),
            scheduler_name: scheduler_name.flatten().unwrap_or_default(),
            security: security.unwrap_or_default(),
            volumes: volumes.unwrap_or_default(),
            volume_list,
            containers,
        })
    }

    /// The service account that the pod runs as. The API server fills `serviceAccountName` in before
    /// policies see a pod; templates and requests written by hand may lack it.
    pub(crate) fn effective_service_account(&self) -> Text<'a> {
        [self.service_account_name, self.service_account]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or(DEFAULT_SERVICE_ACCOUNT)
    }
}

fn read_containers<'a>(
    reader: &mut Reader<'a>,
    role: Role,
    containers: &mut Vec<Container<'a>>,
) -> Result<List, Error> {
    List::read(reader, &mut |reader| {
        containers.push(Container::read(reader, role)?);
        Ok(())
    })
}
