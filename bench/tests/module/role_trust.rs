//! The cost of the setting `roleTrust`.

use std::sync::Arc;

use aws_pod_identity_kubernetes::capabilities::{GetResourceRequest, HostCapabilities};
use aws_pod_identity_kubernetes::cluster::Cluster;
use policy_bench::cases::{self, INJECTED};
use policy_bench::meter::{Meter, Reading};
use policy_host::policy::Counted;
use policy_testing::host::Host;
use serde_json::{Value, json};

use crate::{INSTRUCTIONS, MODULE};

/// How many more instructions a request may take with the setting, percent, for any number of roles.
const LIMIT: u64 = 30;

/// If the host does not prune objects, the work for each additional byte may grow by this factor.
const GROWTH: f64 = 1.1;

/// A ConfigMap with that many roles in addition to that of the pod.
fn config_map(roles: usize) -> Value {
    let mut data = json!({
        "format": "1", "issuer": "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
        "time": "2026-11-27T06:00:00Z", "accounts": "111122223333",
    });
    let mut add = |role: &str, account: &str| {
        let key = role.rsplit('/').next().unwrap();
        data[format!("111122223333_{key}")] = format!(
            "arn:aws:iam::111122223333:role/{role}; allow system:serviceaccount:{account} for sts.amazonaws.com"
        )
        .into();
    };
    for number in 0..roles {
        add(&format!("team-{number:05}"), &format!("team-{number:05}:service"));
    }
    add("payments/checkout", "payments:checkout");
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "aws-role-trust", "namespace": "kubewarden"}, "data": data,
    })
}

/// A host that answers with whole objects, as policy servers without field masks do.
fn without_masks(cluster: Cluster) -> impl HostCapabilities {
    Host(move |request: &GetResourceRequest| {
        cluster.get_resource(&GetResourceRequest { field_masks: None, ..request.clone() })
    })
}

/// The injected pod with a map of that many roles; without the setting if there is no number.
fn evaluate(meter: &Meter, roles: Option<usize>, pruned: bool) -> Reading {
    let case = cases::all().unwrap().into_iter().find(|case| case.name == INJECTED);
    let mut case = case.expect("the case");
    let mut account = case.account.clone();
    account["apiVersion"] = "v1".into();
    account["kind"] = "ServiceAccount".into();
    let mut cluster = Cluster::new().with(account);
    if let Some(roles) = roles {
        cluster.insert(config_map(roles));
        case.settings = json!({"roleTrust": {"namespace": "kubewarden"}});
    }
    let host: Arc<dyn HostCapabilities> =
        if pruned { Arc::new(cluster) } else { Arc::new(without_masks(cluster)) };
    let reading = meter.call_with("validate", &case.payload(), host).unwrap();
    let answer: Value = serde_json::from_slice(&reading.answer).unwrap();
    assert!(answer["mutated_object"].is_object() && answer["warnings"].is_null(), "{answer}");
    reading
}

#[test]
fn a_map_of_a_thousand_roles_costs_as_much_as_one_of_ten() {
    let meter = &*INSTRUCTIONS;
    let without = evaluate(meter, None, true);
    let [ten, thousand] = [10, 1000].map(|roles| evaluate(meter, Some(roles), true));
    println!(
        "instructions without roleTrust: {}; with 10 roles: {}; with 1,000 roles: {}",
        without.call, ten.call, thousand.call
    );
    assert_eq!(ten.call, thousand.call);
    assert_eq!(without.memory, thousand.memory);
    assert!(thousand.call * 100 <= without.call * (100 + LIMIT), "{}", thousand.call);
}

#[test]
fn with_a_host_that_does_not_prune_the_cost_is_proportional_to_the_map() {
    let meter = Meter::new(&MODULE, Counted::InstructionsAndBytesCopied).unwrap();
    let work = |roles| evaluate(&meter, Some(roles), false).call;
    let bytes = |roles| config_map(roles).to_string().len();
    let [none, some, many] = [0, 500, 1000].map(|roles| (bytes(roles), work(roles)));
    let per_byte = |small: (usize, u64), large: (usize, u64)| {
        (large.1 - small.1) as f64 / (large.0 - small.0) as f64
    };
    let (before, after) = (per_byte(none, some), per_byte(some, many));
    println!(
        "work with the whole map: {none:?} {some:?} {many:?}: {before:.1} -> {after:.1} per byte"
    );
    assert!(after / before < GROWTH, "{before} -> {after}");
}
