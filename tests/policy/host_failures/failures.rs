//! Lookups that fail, and the setting `lookupFailure`.

use aws_pod_identity_kubernetes::capabilities::{
    GetResourceRequest, HostCapabilities, NoCapabilities,
};
use aws_pod_identity_kubernetes::cluster::{Access, Cluster};
use insta::assert_snapshot;
use policy_host::response::AdmissionResponse;
use policy_testing::host::{DeniesCalls, Host, fails};
use policy_testing::{payload, request};
use serde_json::{Value, json};

use super::{ROLE, account, admitted, creation, failed, pod};
use crate::engine::ask_both;

#[test]
fn a_missing_service_account_is_a_finding() {
    let answer = ask_both(&creation(&pod()), Cluster::new());
    let response = answer.response();
    assert!(!response.accepted);
    assert_eq!(response.code, Some(403));
    assert_snapshot!(response.message.unwrap(), @r#"Pod payments/api-7d4b9c-*: its service account "api" does not exist in namespace payments; create the service account, or correct spec.serviceAccountName [service-account-missing]"#);
}

#[test]
fn only_the_exact_error_of_the_host_means_missing() {
    for cause in [
        "Cannot find v1/ConfigMap named 'api' inside of namespace 'Some(\"payments\")'",
        "Cannot find v1/ServiceAccount named 'another' inside of namespace 'Some(\"payments\")'",
        "Cannot find resource: v1/ServiceAccount",
        "cannot find v1/serviceaccount named 'api'",
        "ApiError: \"not found\": NotFound (ErrorResponse { code: 404 })",
    ] {
        failed(fails(cause));
    }
}

#[test]
fn a_service_account_name_cannot_imitate_the_error_for_missing() {
    let mut pod = pod();
    pod["spec"]["serviceAccountName"] = "Cannot find v1/ServiceAccount named".into();
    let cause = "ApiError: serviceaccounts \"Cannot find v1/ServiceAccount named\" is forbidden";
    let response = ask_both(&creation(&pod), fails(cause)).response();
    assert!(!response.accepted);
    assert_eq!(response.code, Some(500));
}

#[test]
fn missing_rbac_rights_are_reported_with_the_remedy() {
    let message = failed(Cluster::new().with_access(Access::Forbidden));
    assert_snapshot!(message, @r#"cannot look up ServiceAccount payments/api: the policy server is not allowed to read it (Host error: Callback evaluation failure: ApiError: serviceaccounts "api" is forbidden: User "system:serviceaccount:kubewarden:policy-server" cannot get resource "serviceaccounts" in API group "" in the namespace "payments": Forbidden); bind the ClusterRole from this policy's deploy directory to the policy server's service account, and check with: kubectl auth can-i get serviceaccounts --namespace payments --as=system:serviceaccount:<namespace>:policy-server"#);
}

#[test]
fn missing_context_aware_resources_are_reported_with_the_remedy() {
    let message = failed(Cluster::new().with_access(Access::NotGranted));
    assert_snapshot!(message, @"cannot look up ServiceAccount payments/api: this policy does not have access to this kind of resource; add {apiVersion: v1, kind: ServiceAccount} to spec.contextAwareResources of the ClusterAdmissionPolicy; if it is a namespaced AdmissionPolicy, which cannot look up resources, use a ClusterAdmissionPolicy instead");
    assert_eq!(message, failed(NoCapabilities));
}

#[test]
fn a_denied_host_capability_is_reported_with_the_remedy() {
    let message = failed(DeniesCalls(
        "Policy has not been granted access to the 'kubernetes/get_resource' host capability. \
         The violation has been reported.",
    ));
    assert_snapshot!(message, @"cannot look up ServiceAccount payments/api: this policy does not have the host capability kubernetes/get_resource; use a ClusterAdmissionPolicy, because spec.namespacedPoliciesCapabilities of the PolicyServer restricts namespaced policies only; with kwctl, add it to --allowed-host-capabilities");
}

#[test]
fn an_unreachable_api_server_is_reported_by_the_first_line() {
    let message = failed(Cluster::new().with_access(Access::Unreachable));
    assert_snapshot!(message, @"cannot look up ServiceAccount payments/api: Host error: Callback evaluation failure: ServiceError: client error (Connect); retry the request (controllers retry automatically)");
}

#[test]
fn other_failures_are_reported_with_the_text_of_the_host() {
    assert_snapshot!(failed(fails("Time out")), @"cannot look up ServiceAccount payments/api: Host error: Callback evaluation failure: Time out; retry the request (controllers retry automatically)");
    assert_snapshot!(failed(fails("")), @"cannot look up ServiceAccount payments/api: Host error: Callback evaluation failure: ; retry the request (controllers retry automatically)");
    assert_snapshot!(failed(DeniesCalls("unknown namespace: kubernetes")), @"cannot look up ServiceAccount payments/api: Host error: unknown namespace: kubernetes; retry the request (controllers retry automatically)");
}

#[test]
fn a_long_error_of_the_host_is_truncated() {
    let page = "\n    at kube_client::client::request\r\n\tcaused by: \"secret\" {}".repeat(10_000);
    let message = failed(fails(format!("ServiceError: error trying to connect{page}")));
    assert_snapshot!(message, @"cannot look up ServiceAccount payments/api: Host error: Callback evaluation failure: ServiceError: error trying to connect; retry the request (controllers retry automatically)");
}

#[test]
fn a_pod_that_is_admitted_without_an_identity_is_not_checked() {
    let mut pod = pod();
    // Half of a web identity: rejected if the role of its service account is another one, or none.
    pod["spec"]["containers"][0]["env"] = json!([{"name": "AWS_ROLE_ARN", "value": ROLE}]);
    admitted(&pod, &json!({"lookupFailure": "admit"}), fails("Time out"));
}

#[test]
fn default_severity_warn_does_not_admit_after_a_failed_lookup() {
    for (settings, accepted) in [
        (json!({}), false),
        (json!({"lookupFailure": null}), false),
        (json!({"lookupFailure": "reject"}), false),
        (json!({"defaultSeverity": "warn"}), false),
        (json!({"lookupFailure": "admit"}), true),
        (json!({"lookupFailure": "admit", "defaultSeverity": "warn"}), true),
    ] {
        let payload = payload(&request("CREATE", &pod(), None), &settings);
        let response = ask_both(&payload, fails("Time out")).response();
        assert_eq!(
            (response.accepted, response.code.is_none()),
            (accepted, accepted),
            "{settings}"
        );
    }
}

#[test]
fn a_missing_service_account_is_rejected_despite_admit() {
    let payload = payload(&request("CREATE", &pod(), None), &json!({"lookupFailure": "admit"}));
    let response = ask_both(&payload, Cluster::new()).response();
    assert_eq!((response.accepted, response.code), (false, Some(403)));
}

/// A host that answers with the service account, and fails for the ConfigMap of roles.
fn without_role_map(account: &Value) -> impl HostCapabilities + Clone + 'static {
    let account = account.to_string().into_bytes();
    Host(move |request: &GetResourceRequest| match &*request.kind {
        "ServiceAccount" => Ok(account.clone()),
        _ => Err("ApiError: configmaps \"pod-identity-webhook\" is forbidden: x".to_owned()),
    })
}

#[test]
fn a_failed_role_map_lookup_applies_only_without_a_role_annotation() {
    let settings =
        |failure: &str| json!({"roleMap": {"namespace": "eks"}, "lookupFailure": failure});
    let mut without_role = account();
    without_role["metadata"]["annotations"] = json!({});
    let host = without_role_map(&without_role);
    let why = admitted(&pod(), &settings("admit"), host.clone());
    assert_snapshot!(why, @r#"cannot look up ConfigMap eks/pod-identity-webhook: the policy server is not allowed to read it (Host error: Callback evaluation failure: ApiError: configmaps "pod-identity-webhook" is forbidden: x); bind the ClusterRole from this policy's deploy directory to the policy server's service account, and check with: kubectl auth can-i get configmaps --namespace eks --as=system:serviceaccount:<namespace>:policy-server"#);
    let refused = payload(&request("CREATE", &pod(), None), &settings("reject"));
    let response = ask_both(&refused, host).response();
    assert_eq!((response.code, response.message), (Some(500), Some(why)));
    // The annotation takes precedence over the map, which is not looked up.
    for failure in ["admit", "reject"] {
        let payload = payload(&request("CREATE", &pod(), None), &settings(failure));
        let answer = ask_both(&payload, without_role_map(&account()));
        assert!(answer.response().mutated_object.is_some());
        assert_eq!(answer.queries.len(), 1);
    }
}

#[test]
fn findings_and_failures_have_different_codes() {
    for (host, code) in
        [(Cluster::new(), 403), (Cluster::new().with_access(Access::Unreachable), 500)]
    {
        let response = ask_both(&creation(&pod()), host).response();
        let message = response.message.clone().unwrap();
        let answer = serde_json::to_vec(&response).unwrap();
        let denial = AdmissionResponse::from_answer("1", None, &answer).denial("aws-identity");
        let text = format!(
            "admission webhook \"clusterwide-aws-identity.kubewarden.admission\" denied the request: {message}"
        );
        assert_eq!(denial, Some((code, text)));
    }
}
