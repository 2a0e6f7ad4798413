//! The one lookup that a pod costs: what is asked, and what becomes of the pod when the host has no good
//! answer.
//!
//! By default, no pod is admitted without the identity that its service account may have. With
//! `lookupFailure: admit`, it is, and says so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::sync::{Arc, Mutex};

use aws_pod_identity_kubernetes::capabilities::{
    GetResourceRequest, HostCapabilities, NoCapabilities,
};
use aws_pod_identity_kubernetes::cluster::{Access, Cluster};
use insta::assert_snapshot;
use kubewarden_policy_sdk::host_capabilities::kubernetes::GetResourceRequest as SdkRequest;
use policy_host::response::AdmissionResponse;
use serde_json::{Value, json};
use support::{Answer, ask_both, ask_library, payload, request};

const ROLE: &str = "arn:aws:iam::111122223333:role/payments/api";

fn account() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "api",
            "namespace": "payments",
            "annotations": {"eks.amazonaws.com/role-arn": ROLE},
        },
    })
}

fn pod() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "api-7d4b9c-", "namespace": "payments"},
        "spec": {"serviceAccountName": "api", "containers": [{"name": "app"}]},
    })
}

fn creation(pod: &Value) -> Vec<u8> {
    payload(&request("CREATE", pod, None), &json!({}))
}

/// The message of the rejection that a failed lookup leads to.
///
/// With `lookupFailure: admit`, the pod is admitted unchanged instead, and the reason is the same.
#[track_caller]
fn failed(host: impl HostCapabilities + Clone + 'static) -> String {
    let admitted = admitted(&pod(), &json!({"lookupFailure": "admit"}), host.clone());
    let answer = ask_both(&creation(&pod()), host);
    let response = answer.response();
    assert!(!response.accepted, "accepted although nothing is known of the identity");
    assert_eq!(response.code, Some(500), "the pod is not to blame");
    assert_eq!(response.mutated_object, None);
    let message = response.message.expect("a message");
    assert_eq!(message.lines().count(), 1, "more than the first line of what the host says");
    assert_eq!(answer.queries.len(), 1, "one lookup, and no second try");
    let retry = "; retry the request (controllers retry automatically)";
    assert_eq!(message.strip_suffix(retry).unwrap_or(&message), admitted);
    message
}

/// Why a pod is admitted without its identity: what all who have to know of it are told.
#[track_caller]
fn admitted(pod: &Value, settings: &Value, host: impl HostCapabilities + 'static) -> String {
    let answer = ask_both(&payload(&request("CREATE", pod, None), settings), host);
    let response = answer.response();
    assert!(response.accepted, "{:?}", response.message);
    assert_eq!(response.code, None);
    assert_eq!(response.mutated_object, None, "unchanged");
    let mut audit = response.audit_annotations.expect("audit annotations");
    assert_eq!(audit.remove("identity").as_deref(), Some("none"));
    let why = audit.remove("lookup-failure").expect("the reason");
    assert!(audit.is_empty(), "nothing was checked: {audit:?}");
    let [warning] = &response.warnings.expect("a warning")[..] else { panic!("one warning") };
    assert_eq!(
        *warning,
        format!(
            "Pod payments/api-7d4b9c-*: it is admitted without an AWS identity and without checks (lookupFailure: \
             admit): {why}; if it needs an identity, create it again when the lookup works"
        )
    );
    let [event] = &answer.log[..] else { panic!("one log event") };
    let event: Value = serde_json::from_str(event).unwrap();
    let expected =
        json!({"level": "warning", "message": warning, "identity": "none", "lookup-failure": why});
    assert_eq!(event, expected);
    why
}

/// A host whose answer to the lookup is this text.
#[derive(Clone)]
struct Says<T>(Result<T, T>);

impl<T: AsRef<[u8]> + Send + Sync> HostCapabilities for Says<T> {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, _request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        let text = |text: &T| text.as_ref().to_vec();
        match &self.0 {
            Ok(answer) => Ok(text(answer)),
            Err(cause) => Err(String::from_utf8(text(cause)).unwrap()),
        }
    }
}

fn answers(answer: &impl ToString) -> Says<String> {
    Says(Ok(answer.to_string()))
}

fn fails(cause: &impl ToString) -> Says<String> {
    Says(Err(cause.to_string()))
}

/// A host that refuses every call in these words, without the prefix of a failed callback.
#[derive(Clone)]
struct Refuses(&'static str);

impl HostCapabilities for Refuses {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        false
    }

    fn get_resource(&self, _request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        panic!("refused before that")
    }

    fn host_call(&self, _: &str, namespace: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, String> {
        // Logging is not gated.
        if namespace == "tracing" { Ok(Vec::new()) } else { Err(self.0.to_owned()) }
    }
}

// A service account that does not exist is the pod's mistake, not the host's.

#[test]
fn a_missing_service_account_is_a_finding_about_the_pod() {
    let answer = ask_both(&creation(&pod()), Cluster::new());
    let response = answer.response();
    assert!(!response.accepted);
    assert_eq!(response.code, Some(403));
    assert_snapshot!(response.message.unwrap(), @r#"Pod payments/api-7d4b9c-*: its service account "api" does not exist in namespace payments; create it, or correct spec.serviceAccountName [service-account-missing]"#);
}

#[test]
fn only_the_hosts_own_words_for_a_missing_account_count_as_missing() {
    for cause in [
        "Cannot find v1/ConfigMap named 'api' inside of namespace 'Some(\"payments\")'",
        "Cannot find v1/ServiceAccount named 'another' inside of namespace 'Some(\"payments\")'",
        "Cannot find resource: v1/ServiceAccount",
        "cannot find v1/serviceaccount named 'api'",
        "ApiError: \"not found\": NotFound (ErrorResponse { code: 404 })",
    ] {
        failed(fails(&cause));
    }
}

#[test]
fn an_account_cannot_be_named_so_that_it_counts_as_missing() {
    let mut pod = pod();
    pod["spec"]["serviceAccountName"] = "Cannot find v1/ServiceAccount named".into();
    let cause = "ApiError: serviceaccounts \"Cannot find v1/ServiceAccount named\" is forbidden";
    let response = ask_both(&creation(&pod), fails(&cause)).response();
    assert!(!response.accepted);
    assert_eq!(response.code, Some(500));
}

// Access that an administrator has to grant.

#[test]
fn missing_rights_of_the_policy_server_are_told_with_the_remedy() {
    let message = failed(Cluster::new().with_access(Access::Forbidden));
    assert_snapshot!(message, @r#"cannot look up ServiceAccount payments/api: the policy server is not allowed to read it (Host error: Callback evaluation failure: ApiError: serviceaccounts "api" is forbidden: User "system:serviceaccount:kubewarden:policy-server" cannot get resource "serviceaccounts" in API group "" in the namespace "payments": Forbidden); bind the ClusterRole from this policy's deploy directory to the policy server's service account, and check with: kubectl auth can-i get serviceaccounts --namespace payments --as=system:serviceaccount:<namespace>:policy-server"#);
}

#[test]
fn missing_context_aware_resources_are_told_with_the_remedy() {
    let message = failed(Cluster::new().with_access(Access::NotGranted));
    assert_snapshot!(message, @"cannot look up ServiceAccount payments/api: this policy does not have access to this kind of resource; add {apiVersion: v1, kind: ServiceAccount} to spec.contextAwareResources of the ClusterAdmissionPolicy; if it is a namespaced AdmissionPolicy, which cannot look up resources, use a ClusterAdmissionPolicy instead");
    assert_eq!(message, failed(NoCapabilities));
}

#[test]
fn a_denied_host_capability_is_told_with_the_remedy() {
    let message = failed(Refuses(
        "Policy has not been granted access to the 'kubernetes/get_resource' host capability. \
         The violation has been reported.",
    ));
    assert_snapshot!(message, @"cannot look up ServiceAccount payments/api: this policy does not have the host capability kubernetes/get_resource; use a ClusterAdmissionPolicy, because spec.namespacedPoliciesCapabilities of the PolicyServer restricts namespaced policies only; with kwctl, add it to --allowed-host-capabilities");
}

// Trouble that passes.

#[test]
fn an_unreachable_api_server_is_told_by_the_first_line() {
    let message = failed(Cluster::new().with_access(Access::Unreachable));
    assert_snapshot!(message, @"cannot look up ServiceAccount payments/api: Host error: Callback evaluation failure: ServiceError: client error (Connect); retry the request (controllers retry automatically)");
}

#[test]
fn any_other_failure_is_told_in_the_hosts_words() {
    assert_snapshot!(failed(fails(&"Time out")), @"cannot look up ServiceAccount payments/api: Host error: Callback evaluation failure: Time out; retry the request (controllers retry automatically)");
    assert_snapshot!(failed(fails(&"")), @"cannot look up ServiceAccount payments/api: Host error: Callback evaluation failure: ; retry the request (controllers retry automatically)");
    assert_snapshot!(failed(Refuses("unknown namespace: kubernetes")), @"cannot look up ServiceAccount payments/api: Host error: unknown namespace: kubernetes; retry the request (controllers retry automatically)");
}

#[test]
fn a_host_that_talks_for_pages_is_cut_short() {
    let page = "\n    at kube_client::client::request\r\n\tcaused by: \"secret\" {}".repeat(10_000);
    let message = failed(fails(&format!("ServiceError: error trying to connect{page}")));
    assert_snapshot!(message, @"cannot look up ServiceAccount payments/api: Host error: Callback evaluation failure: ServiceError: error trying to connect; retry the request (controllers retry automatically)");
}

// What `lookupFailure` decides, and what it does not.

#[test]
fn a_pod_that_is_admitted_without_an_identity_is_not_checked() {
    let mut pod = pod();
    // Half of a web identity: rejected if the role of its service account is another one, or none.
    pod["spec"]["containers"][0]["env"] = json!([{"name": "AWS_ROLE_ARN", "value": ROLE}]);
    admitted(&pod, &json!({"lookupFailure": "admit"}), fails(&"Time out"));
}

#[test]
fn findings_that_only_warn_do_not_admit_what_could_not_be_looked_up() {
    for (settings, accepted) in [
        (json!({}), false),
        (json!({"lookupFailure": null}), false),
        (json!({"lookupFailure": "reject"}), false),
        (json!({"defaultSeverity": "warn"}), false),
        (json!({"lookupFailure": "admit"}), true),
        (json!({"lookupFailure": "admit", "defaultSeverity": "warn"}), true),
    ] {
        let payload = payload(&request("CREATE", &pod(), None), &settings);
        let response = ask_both(&payload, fails(&"Time out")).response();
        assert_eq!(
            (response.accepted, response.code.is_none()),
            (accepted, accepted),
            "{settings}"
        );
    }
}

#[test]
fn an_account_that_is_missing_is_not_one_that_cannot_be_read() {
    let payload = payload(&request("CREATE", &pod(), None), &json!({"lookupFailure": "admit"}));
    let response = ask_both(&payload, Cluster::new()).response();
    assert_eq!((response.accepted, response.code), (false, Some(403)));
}

/// A host that gives the service account, and fails at the ConfigMap of roles.
#[derive(Clone)]
struct NoRoleMap(Value);

impl HostCapabilities for NoRoleMap {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        match &*request.kind {
            "ServiceAccount" => Ok(self.0.to_string().into_bytes()),
            _ => Err("ApiError: configmaps \"pod-identity-webhook\" is forbidden: x".to_owned()),
        }
    }
}

#[test]
fn a_role_map_that_cannot_be_read_counts_where_it_decides() {
    let settings =
        |failure: &str| json!({"roleMap": {"namespace": "eks"}, "lookupFailure": failure});
    let mut without_role = account();
    without_role["metadata"]["annotations"] = json!({});
    let host = NoRoleMap(without_role);
    let why = admitted(&pod(), &settings("admit"), host.clone());
    assert_snapshot!(why, @r#"cannot look up ConfigMap eks/pod-identity-webhook: the policy server is not allowed to read it (Host error: Callback evaluation failure: ApiError: configmaps "pod-identity-webhook" is forbidden: x); bind the ClusterRole from this policy's deploy directory to the policy server's service account, and check with: kubectl auth can-i get configmaps --namespace eks --as=system:serviceaccount:<namespace>:policy-server"#);
    let refused = payload(&request("CREATE", &pod(), None), &settings("reject"));
    let response = ask_both(&refused, host).response();
    assert_eq!((response.code, response.message), (Some(500), Some(why)));
    // The annotation comes before the map, which is not even asked for.
    for failure in ["admit", "reject"] {
        let payload = payload(&request("CREATE", &pod(), None), &settings(failure));
        let answer = ask_both(&payload, NoRoleMap(account()));
        assert!(answer.response().mutated_object.is_some());
        assert_eq!(answer.queries.len(), 1);
    }
}

// What a user gets to see.

#[test]
fn the_api_server_tells_findings_from_failures_by_the_code() {
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

// Answers that are no service account, or another one.

#[test]
fn an_answer_that_is_not_the_service_account_is_not_taken_for_one() {
    for answer in [
        json!(null),
        json!([]),
        json!("ServiceAccount"),
        json!(1),
        json!({}),
        json!({"metadata": null}),
        json!({"metadata": []}),
        json!({"metadata": {}}),
        json!({"metadata": {"name": null}}),
        json!({"metadata": {"name": 1}}),
        json!({"metadata": {"name": "api", "namespace": {}}}),
        json!({"metadata": {"name": "api", "annotations": []}}),
        json!({"metadata": {"name": "api", "annotations": "none"}}),
        json!({"metadata": {"name": "api", "annotations": {"eks.amazonaws.com/role-arn": 1}}}),
        json!({"metadata": {"name": "api", "annotations": {"eks.amazonaws.com/role-arn": [ROLE]}}}),
    ] {
        let message = failed(answers(&answer));
        assert!(
            message.starts_with("cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used"),
            "{answer}: {message}"
        );
    }
}

#[test]
fn another_service_account_is_not_taken_for_the_one_asked_for() {
    for (name, namespace) in
        [("other", "payments"), ("api", "other"), ("", "payments"), ("API", "payments")]
    {
        let mut account = account();
        account["metadata"]["name"] = name.into();
        account["metadata"]["namespace"] = namespace.into();
        let message = failed(answers(&account));
        assert_eq!(
            message,
            "cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used: it is \
             another resource; retry the request (controllers retry automatically)",
        );
    }
}

#[test]
fn an_answer_that_is_no_json_is_refused() {
    assert_snapshot!(failed(answers(&"")), @"cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used: it is not a service account; retry the request (controllers retry automatically)");
    assert_snapshot!(failed(answers(&"<html>502 Bad Gateway</html>")), @"cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used: it is not a service account; retry the request (controllers retry automatically)");
    let text = account().to_string();
    assert_eq!(failed(answers(&format!("{text}{text}"))), failed(answers(&"")));
}

#[test]
fn an_answer_that_is_no_text_is_refused() {
    let mut bytes = account().to_string().into_bytes();
    let at = bytes.len() / 2;
    bytes.insert(at, 0xff);
    assert_snapshot!(failed(Says(Ok(bytes))), @"cannot look up ServiceAccount payments/api: the answer of the policy server cannot be used: it is not a service account; retry the request (controllers retry automatically)");
}

#[test]
fn an_answer_that_breaks_off_anywhere_is_refused() {
    let text = account().to_string();
    let payload = creation(&pod());
    for (end, _) in text.char_indices() {
        let (start, _) = text.split_at(end);
        let response = ask_library(&payload, &answers(&start)).response();
        assert_eq!((response.accepted, response.code), (false, Some(500)), "{start}");
    }
    assert!(ask_library(&payload, &answers(&text)).response().accepted);
}

#[test]
fn an_answer_with_more_in_it_than_was_asked_for_will_do() {
    let mut account = account();
    account["secrets"] = json!([{"name": "x"}]);
    account["metadata"]["managedFields"] = json!([{"fieldsV1": {"f:metadata": {}}}]);
    account["metadata"]["future"] = json!(null);
    let response = ask_both(&creation(&pod()), answers(&account)).response();
    assert!(response.accepted && response.mutated_object.is_some());
}

// What is asked.

#[track_caller]
fn only_query(answer: &Answer) -> SdkRequest {
    let [query] = &answer.queries[..] else { panic!("{} lookups", answer.queries.len()) };
    serde_json::from_str(query).expect("a request of the SDK")
}

#[test]
fn the_lookup_is_the_one_of_the_sdk_and_fresh() {
    let answer = ask_both(&creation(&pod()), answers(&account()));
    let expected = SdkRequest {
        api_version: "v1".to_owned(),
        kind: "ServiceAccount".to_owned(),
        name: "api".to_owned(),
        namespace: Some("payments".to_owned()),
        disable_cache: true,
        field_masks: Some(["metadata.annotations".to_owned()].into()),
    };
    let asked: Value = serde_json::from_str(&answer.queries[0]).unwrap();
    assert_eq!(asked, serde_json::to_value(expected).unwrap());
}

#[test]
fn the_hosts_cache_is_used_only_where_settings_say_so() {
    for (settings, disable_cache) in [
        (json!({}), true),
        (json!({"serviceAccountLookup": null}), true),
        (json!({"serviceAccountLookup": "fresh"}), true),
        (json!({"serviceAccountLookup": "cached"}), false),
    ] {
        let payload = payload(&request("CREATE", &pod(), None), &settings);
        let answer = ask_both(&payload, answers(&account()));
        assert_eq!(only_query(&answer).disable_cache, disable_cache, "{settings}");
    }
}

#[test]
fn the_account_is_the_one_that_kubernetes_will_run_the_pod_as() {
    for (spec, expected) in [
        (json!({"serviceAccountName": "a", "serviceAccount": "b"}), "a"),
        (json!({"serviceAccountName": "", "serviceAccount": "b"}), "b"),
        (json!({"serviceAccountName": null, "serviceAccount": "b"}), "b"),
        (json!({"serviceAccount": "b"}), "b"),
        (json!({}), "default"),
    ] {
        let mut pod = pod();
        pod["spec"] = spec;
        let answer = ask_both(&creation(&pod), Cluster::new());
        assert_eq!(only_query(&answer).name, expected, "{}", pod["spec"]);
    }
}

#[test]
fn the_namespace_is_that_of_the_request() {
    for namespace in [json!(null), json!("elsewhere")] {
        let mut pod = pod();
        let mut request = request("CREATE", &pod, None);
        pod["metadata"]["namespace"] = namespace;
        request["object"] = pod;
        let answer = ask_both(&payload(&request, &json!({})), answers(&account()));
        assert_eq!(only_query(&answer).namespace.as_deref(), Some("payments"));
        assert!(answer.response().accepted);
    }
}

#[test]
fn a_name_is_asked_for_as_it_is_however_odd() {
    let name = "a\"b\\c\n\u{0}ü\u{10000}";
    let mut pod = pod();
    pod["spec"]["serviceAccountName"] = name.into();
    let answer = ask_both(&creation(&pod), Cluster::new());
    assert_eq!(only_query(&answer).name, name);
}

// What is not asked.

/// Keeps what it is asked, and has no answer.
struct Nobody(Arc<Mutex<Vec<String>>>);

impl HostCapabilities for Nobody {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        self.0.lock().unwrap().push(format!("{request:?}"));
        Err("nobody is here".to_owned())
    }
}

#[test]
fn an_account_that_kubernetes_would_not_name_so_is_missing_and_costs_no_lookup() {
    for (length, asked_for) in [(253, true), (254, false)] {
        let mut pod = pod();
        pod["spec"]["serviceAccountName"] = "a".repeat(length).into();
        let asked = Arc::default();
        let response = ask_both(&creation(&pod), Nobody(Arc::clone(&asked))).response();
        assert!(!response.accepted);
        assert_eq!(!asked.lock().unwrap().is_empty(), asked_for, "{length}");
        let missing = response.message.unwrap().ends_with("[service-account-missing]");
        assert_eq!(missing, !asked_for, "{length}");
    }
}

#[track_caller]
fn accepted_without_a_question(request: &Value) {
    let asked = Arc::default();
    let response = ask_both(&payload(request, &json!({})), Nobody(Arc::clone(&asked))).response();
    assert_eq!(*asked.lock().unwrap(), Vec::<String>::new());
    assert!(response.accepted, "{:?}", response.message);
    assert_eq!(response.mutated_object, None);
}

#[test]
fn a_pod_with_the_skip_label_costs_no_lookup() {
    for value in ["true", "false", ""] {
        let mut pod = pod();
        pod["metadata"]["labels"] = json!({"eks.amazonaws.com/skip-pod-identity-webhook": value});
        accepted_without_a_question(&request("CREATE", &pod, None));
    }
}

#[test]
fn a_mirror_pod_costs_no_lookup() {
    let mut pod = pod();
    pod["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "0c27d2bd"});
    accepted_without_a_question(&request("CREATE", &pod, None));
}

#[test]
fn a_pod_that_is_being_deleted_costs_no_lookup() {
    let mut pod = pod();
    pod["metadata"]["deletionTimestamp"] = "2026-11-01T00:00:00Z".into();
    accepted_without_a_question(&request("CREATE", &pod, None));
}

#[test]
fn other_operations_on_pods_cost_no_lookup() {
    accepted_without_a_question(&request("UPDATE", &pod(), Some(&pod())));
    accepted_without_a_question(&request("CONNECT", &pod(), None));
    let mut deletion = request("DELETE", &Value::Null, Some(&pod()));
    deletion["kind"] = json!({"group": "", "version": "v1", "kind": "Pod"});
    accepted_without_a_question(&deletion);
}

#[test]
fn subresources_of_pods_cost_no_lookup() {
    for subresource in ["status", "ephemeralcontainers", "binding", "eviction"] {
        let mut request = request("CREATE", &pod(), None);
        request["subResource"] = subresource.into();
        accepted_without_a_question(&request);
    }
}

#[test]
fn other_kinds_cost_no_lookup() {
    for (api_version, kind) in [
        ("v1", "Service"),
        ("v1", "ConfigMap"),
        ("v1", "PodTemplate"),
        ("example.com/v1", "Pod"),
        ("example.com/v1", "Deployment"),
    ] {
        let mut object = pod();
        object["apiVersion"] = api_version.into();
        object["kind"] = kind.into();
        accepted_without_a_question(&request("CREATE", &object, None));
    }
}

#[test]
fn a_service_account_costs_no_lookup() {
    accepted_without_a_question(&request("CREATE", &account(), None));
    accepted_without_a_question(&request("UPDATE", &account(), Some(&account())));
}
