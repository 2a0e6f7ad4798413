//! The locations of findings: which part of an object causes a finding.

use crate::display::ObjectName;
use crate::names::annotation;
use crate::settings::Settings;

/// The location of the cause of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLocation {
    /// In a custom resource, the path of the pod template, such as `spec.workerGroupSpecs[0].template`; empty for other
    /// objects.
    pub template: String,
    /// The part that causes the finding.
    pub cause: FindingCause,
}

/// The part of an object, of the pods that it describes or of their service account that causes a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingCause {
    /// An annotation.
    Annotation {
        /// The object that has the annotation.
        of: Annotated,
        /// The key, such as `eks.amazonaws.com/role-arn`.
        key: String,
        /// Whether the message shows its value.
        shows_value: bool,
    },
    /// A field of the pod's `spec`, which may be absent.
    PodField(&'static str),
    /// The name of the pod's service account, which does not exist.
    MissingAccount {
        /// That name.
        name: String,
    },
    /// The volume of the pod with that name.
    Volume(String),
    /// A container of the pod.
    Container {
        /// The list that it is in: `containers` or `initContainers`.
        list: &'static str,
        /// Its number in the list, counted from 0.
        index: usize,
        /// The part of the container.
        part: ContainerPart,
    },
}

/// An object that has an annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Annotated {
    /// The pod, or the pod template of a workload.
    Pod,
    /// The workload.
    Workload,
    /// The service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// A part of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerPart {
    /// The container itself.
    All,
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
        /// Whether case does not matter in the name, as on Windows.
        any_case: bool,
        /// Which of its definitions, counted from the last one, which takes effect and has the number 0.
        from_last: usize,
        /// Whether the message shows its value, if the manifest has it.
        shows_value: bool,
    },
    /// The volume mount with that number, counted from 0.
    Mount(usize),
    /// A setting of the `securityContext`, which may be absent.
    Security(&'static str),
}

/// The location of a finding, for programs that show it. The module does not need it, and is built without the Cargo
/// feature `locations`: this type is then empty. With it, the module is 5 % larger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MaybeLocation {
    #[cfg(feature = "locations")]
    location: FindingLocation,
}

impl MaybeLocation {
    pub(crate) fn new(cause: impl FnOnce() -> FindingCause) -> Self {
        #[cfg(not(feature = "locations"))]
        drop(cause);
        Self {
            #[cfg(feature = "locations")]
            location: FindingLocation { template: String::new(), cause: cause() },
        }
    }

    /// The location of a field of the pod's `spec`.
    pub(crate) fn pod_field(name: &'static str) -> Self {
        Self::new(|| FindingCause::PodField(name))
    }

    /// The location of the name of the pod's service account.
    pub(crate) fn account_name() -> Self {
        Self::pod_field("serviceAccountName")
    }

    /// The location of the name of the pod's service account, which does not exist.
    pub(crate) fn missing_account(account: &ObjectName<'_>) -> Self {
        Self::new(|| FindingCause::MissingAccount { name: account.name.to_string() })
    }

    /// The location of the annotation with the role of a service account.
    pub(crate) fn role_of_account(account: &ObjectName<'_>, settings: &Settings<'_>) -> Self {
        let prefix = &settings.annotation_prefix;
        AnnotationOwner::Account.at_value(account, || format!("{prefix}/{}", annotation::ROLE_ARN))
    }

    /// Adds the path of the pod template in a custom resource, unless the location has it already.
    #[allow(clippy::unused_self, reason = "without the feature, there is no location")]
    pub(crate) fn add_template_path(&mut self, path: &str) {
        #[cfg(not(feature = "locations"))]
        let _ = path;
        #[cfg(feature = "locations")]
        if self.location.template.is_empty() {
            path.clone_into(&mut self.location.template);
        }
    }

    /// The location, in programs that need it.
    #[allow(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "without the feature, there is none"
    )]
    pub(crate) fn into_location(self) -> Option<FindingLocation> {
        #[cfg(feature = "locations")]
        return Some(self.location);
        #[cfg(not(feature = "locations"))]
        None
    }
}

/// The kind of object whose annotations are checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnnotationOwner {
    Pod,
    Workload,
    Account,
}

impl AnnotationOwner {
    /// The location of the annotation with that key, whose value the message does not show. `object` has the
    /// annotation.
    pub(crate) fn at(self, object: &ObjectName<'_>, key: impl FnOnce() -> String) -> MaybeLocation {
        self.annotation(object, key, false)
    }

    /// The location of the annotation with that key, whose value the message shows.
    pub(crate) fn at_value(
        self,
        object: &ObjectName<'_>,
        key: impl FnOnce() -> String,
    ) -> MaybeLocation {
        self.annotation(object, key, true)
    }

    fn annotation(
        self,
        object: &ObjectName<'_>,
        key: impl FnOnce() -> String,
        shows_value: bool,
    ) -> MaybeLocation {
        MaybeLocation::new(|| FindingCause::Annotation {
            of: match self {
                Self::Pod => Annotated::Pod,
                Self::Workload => Annotated::Workload,
                Self::Account => Annotated::ServiceAccount {
                    namespace: object.namespace.clone().into_owned(),
                    name: object.name.clone().into_owned(),
                },
            },
            key: key(),
            shows_value,
        })
    }
}
