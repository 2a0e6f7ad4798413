//! Resources of the API, and the paths of their lists.

use std::fmt;

/// A resource of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// The versions that may be served, in the order in which they are tried.
    pub versions: &'static [&'static str],
    /// Plural resource name, as in URLs.
    pub name: &'static str,
}

impl Resource {
    /// The path of the list in one namespace, or of the list of all namespaces, which is also that of cluster-scoped
    /// resources.
    pub(crate) fn list_path(&self, version: &str, namespace: Option<&str>) -> String {
        let api = match self.group {
            "" => format!("/api/{version}"),
            group => format!("/apis/{group}/{version}"),
        };
        match namespace {
            Some(namespace) => format!("{api}/namespaces/{namespace}/{}", self.name),
            None => format!("{api}/{}", self.name),
        }
    }
}

/// A permission in the words of RBAC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// `get` or `list`.
    pub verb: &'static str,
    /// API group; empty for the core group.
    pub group: String,
    /// Plural resource name.
    pub resource: String,
    /// `None`: in all namespaces.
    pub namespace: Option<String>,
}

impl Access {
    /// The permission to list a resource in one namespace, or in all.
    pub fn list(resource: &Resource, namespace: Option<&str>) -> Self {
        Self {
            verb: "list",
            group: resource.group.to_owned(),
            resource: resource.name.to_owned(),
            namespace: namespace.map(str::to_owned),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, group, resource, namespace } = self;
        write!(out, "verb \"{verb}\" on resource \"{resource}\" of API group \"{group}\"")?;
        match namespace {
            Some(namespace) => write!(out, " in namespace \"{namespace}\""),
            None => write!(out, " in all namespaces"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PODS: Resource = Resource { group: "", versions: &["v1"], name: "pods" };
    const CRON_JOBS: Resource =
        Resource { group: "batch", versions: &["v1", "v1beta1"], name: "cronjobs" };

    #[test]
    fn resources_of_the_core_group_are_below_api_v1() {
        assert_eq!(PODS.list_path("v1", None), "/api/v1/pods");
        assert_eq!(PODS.list_path("v1", Some("a")), "/api/v1/namespaces/a/pods");
        assert_eq!(CRON_JOBS.list_path("v1beta1", None), "/apis/batch/v1beta1/cronjobs");
    }

    #[test]
    fn a_permission_is_written_as_rbac_names_it() {
        assert_eq!(
            Access::list(&CRON_JOBS, Some("a")).to_string(),
            "verb \"list\" on resource \"cronjobs\" of API group \"batch\" in namespace \"a\""
        );
        assert_eq!(
            Access::list(&PODS, None).to_string(),
            "verb \"list\" on resource \"pods\" of API group \"\" in all namespaces"
        );
    }
}
