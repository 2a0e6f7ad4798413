//! Checks all of `cases/` with the library alone: no module, no engine, all of them within seconds.
//!
//! `UPDATE_CASES=1 cargo test -p aws-pod-identity-core --test cases` rewrites the sections `expect` and `injected` of the
//! cases instead; review the difference. `CASES=<text>` limits both to the cases whose name contains the text. The tests
//! of the policy's own package check the same cases with the module.

use policy_testing::case::check_all;
use policy_testing::{ask_library, is_updating};

#[test]
fn every_case_gets_the_expected_answer() {
    if is_updating() {
        check_all(|case| {
            case.update(|payload, cluster| ask_library(payload, cluster));
            Ok(())
        });
    } else {
        check_all(|case| case.check(|payload, cluster| ask_library(payload, cluster)));
    }
}
