//! The admission request that an API server sends about an object.

use serde_json::{Value, json};

use crate::admission::{AdmissionRequest, GroupVersionKind, GroupVersionResource, UserInfo};
use crate::kind::Kind;
use crate::object::DEFAULT_NAMESPACE;

/// The CREATE request for `object`. `number` is a part of the uid, so that two runs with the same files send the same requests.
pub fn create(
    kind: Kind<'_>,
    version: &str,
    object: Value,
    user: UserInfo,
    number: u64,
) -> AdmissionRequest {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let namespace = text("/metadata/namespace").unwrap_or(DEFAULT_NAMESPACE).to_owned();
    let name = text("/metadata/name").map(str::to_owned);
    let full_kind = GroupVersionKind {
        group: kind.group.to_owned(),
        version: version.to_owned(),
        kind: kind.name.to_owned(),
    };
    let resource = GroupVersionResource {
        group: kind.group.to_owned(),
        version: version.to_owned(),
        resource: kind.resource.to_owned(),
    };
    AdmissionRequest {
        uid: format!("00000000-0000-4000-8000-{number:012}"),
        request_kind: Some(full_kind.clone()),
        request_resource: Some(resource.clone()),
        kind: full_kind,
        resource,
        sub_resource: None,
        request_sub_resource: None,
        name,
        namespace: Some(namespace),
        operation: "CREATE".to_owned(),
        user_info: user,
        object: Some(object),
        old_object: None,
        dry_run: Some(false),
        options: Some(json!({"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"})),
    }
}

/// A user with all permissions, who applies the manifests.
pub fn administrator() -> UserInfo {
    user("kubernetes-admin", &["kubeadm:cluster-admins", "system:authenticated"])
}

/// One of the controllers in the cluster, such as `replicaset-controller`.
pub fn controller(name: &str) -> UserInfo {
    user(
        &format!("system:serviceaccount:kube-system:{name}"),
        &["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
    )
}

fn user(name: &str, groups: &[&str]) -> UserInfo {
    UserInfo {
        username: Some(name.to_owned()),
        groups: Some(groups.iter().map(|group| (*group).to_owned()).collect()),
        ..UserInfo::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::POD;

    #[test]
    fn a_request_has_the_members_that_an_api_server_sends() {
        let object = json!({"metadata": {"name": "a", "namespace": "payments"}});
        let request = create(POD, "v1", object, administrator(), 7);
        assert_eq!(
            serde_json::to_value(request).unwrap(),
            json!({
                "uid": "00000000-0000-4000-8000-000000000007",
                "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
                "requestResource": {"group": "", "version": "v1", "resource": "pods"},
                "name": "a", "namespace": "payments", "operation": "CREATE",
                "userInfo": {
                    "username": "kubernetes-admin",
                    "groups": ["kubeadm:cluster-admins", "system:authenticated"],
                },
                "object": {"metadata": {"name": "a", "namespace": "payments"}},
                "dryRun": false,
                "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
            })
        );
    }

    #[test]
    fn a_generated_name_is_not_in_the_request() {
        let request =
            create(POD, "v1", json!({"metadata": {"generateName": "a-"}}), administrator(), 1);
        assert_eq!(request.name, None);
        assert_eq!(request.namespace.as_deref(), Some("default"));
    }
}
