//! Evaluation by the policy, with the checks that every answer must pass.

use aws_pod_identity_core as core;
use policy_testing::answer::CheckedAnswer;
use serde_json::Value;

/// Answers the policy's lookups, by their number and the query.
pub type Lookup<'l> = dyn Fn(usize, &Value) -> Result<Vec<u8>, String> + 'l;

/// Evaluates a payload. `lookup` answers the n-th lookup.
pub fn ask(payload: &[u8], lookup: &Lookup<'_>) -> CheckedAnswer {
    let mut queries: Vec<Value> = Vec::new();
    let response = core::validate(payload, &mut |query| {
        let query: Value = serde_json::from_slice(query).expect("a query is JSON");
        assert_eq!(query["api_version"], "v1");
        assert!(!queries.contains(&query), "it was looked up before: {query}");
        let answer = lookup(queries.len(), &query);
        queries.push(query);
        answer
    });
    let kinds: Vec<_> = queries.iter().map(|query| query["kind"].as_str()).collect();
    let config_maps = kinds.iter().filter(|kind| **kind == Some("ConfigMap")).count();
    assert!(
        kinds.first() != Some(&Some("ConfigMap")),
        "the service account comes first: {kinds:?}"
    );
    assert!(config_maps <= 2, "those of two settings at most: {kinds:?}");
    let log = response.log.map(|log| String::from_utf8(log).expect("a log event is UTF-8"));
    CheckedAnswer::new(&response.body, log.as_slice())
}
