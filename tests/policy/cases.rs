//! Checks all of `cases/` with the module and with the library.
//!
//! `core/tests/cases.rs` checks them with the library alone, and updates their expectations.

use k8s_openapi::api::core::v1::Pod;
use policy_testing::case::check_all;

use crate::engine::ask_both;

#[test]
fn every_case_gets_the_expected_answer() {
    check_all(|case| case.check(|payload, cluster| ask_both(payload, cluster.clone())));
}

#[test]
fn every_injected_object_is_a_pod() {
    check_all(|case| match &case.injected {
        Some(injected) => {
            serde_json::from_value::<Pod>(injected.clone()).map_err(|error| error.to_string())?;
            Ok(())
        }
        None => Ok(()),
    });
}
