//! Evaluation by the module, in the engine of the policy server, and by the library.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use aws_pod_identity_kubernetes::capabilities::{HostCapabilities, Recorded};
use policy_host::policy::Policy;
use policy_testing::{Answer, ask_library};
use serde_json::Value;

/// The module. It is built if its sources have changed.
pub(crate) static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut make = Command::new("make");
    make.args(["--silent", "policy.wasm"]).current_dir(root);
    // Variables of the command that runs the tests: the lints, and the options of make.
    for variable in ["RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS", "MAKEFLAGS", "MAKELEVEL"] {
        make.env_remove(variable);
    }
    assert!(make.status().expect("make runs").success(), "policy.wasm can be built");
    Policy::load(root.join("policy.wasm")).expect("policy.wasm loads")
});

/// The module's answer. Panics if it traps or fails.
fn ask_module(payload: &[u8], host: Arc<dyn HostCapabilities>) -> Answer {
    let host = Arc::new(Recorded::new(host));
    let body = POLICY
        .call("validate", payload, Arc::clone(&host) as Arc<dyn HostCapabilities>)
        .unwrap_or_else(|error| panic!("the module failed: {error}"));
    let requests = host.requests();
    let queries = requests.iter().map(|query| serde_json::to_string(query).unwrap()).collect();
    Answer { body, queries, log: host.log_entries() }
}

/// Evaluates a payload with the library and with the module, and verifies that the answers are the same, byte by byte.
pub(crate) fn ask_both(payload: &[u8], host: impl HostCapabilities + 'static) -> Answer {
    let host: Arc<dyn HostCapabilities> = Arc::new(host);
    let library = ask_library(payload, &*host);
    let module = ask_module(payload, host);
    assert_eq!(
        String::from_utf8_lossy(&module.body),
        String::from_utf8_lossy(&library.body),
        "the module and the library differ"
    );
    assert_eq!(module.log, library.log);
    // The order of members and of field masks does not matter to the host, which reads the masks as a set.
    let parsed = |queries: &[String]| -> Vec<Value> {
        let mut queries: Vec<Value> =
            queries.iter().map(|query| serde_json::from_str(query).unwrap()).collect();
        for masks in queries.iter_mut().filter_map(|query| query["field_masks"].as_array_mut()) {
            masks.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
        queries
    };
    assert_eq!(parsed(&module.queries), parsed(&library.queries));
    library
}
