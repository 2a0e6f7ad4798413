//! The name of each case ends with the outcome that `cases/README.md` defines for its expected answer.

use aws_pod_identity_core::FindingKind;
use policy_testing::Case;
use policy_testing::case::check_all;

use super::catalogue::has;

/// The finding that a case in `findings/<id>/` is about.
fn finding(case: &Case) -> Option<FindingKind> {
    let id = case.name.strip_prefix("findings/")?.split('/').next()?;
    Some(FindingKind::from_id(id).unwrap_or_else(|| panic!("{id} is not a finding")))
}

fn outcome(case: &Case) -> &'static str {
    if case.expect["accepted"] != true {
        "rejected"
    } else if finding(case).is_some_and(|kind| !has(case, kind)) {
        "accepted"
    } else if case.expect.get("warnings").is_some() {
        "warned"
    } else if case.injected.is_some() {
        "injected"
    } else {
        "accepted"
    }
}

#[test]
fn each_case_has_a_name_that_ends_with_its_outcome() {
    check_all(|case| {
        let name = case.name.trim_end_matches("-by-setting");
        let last_word = name.rsplit(['/', '-']).next().unwrap();
        let outcome = outcome(case);
        if last_word == outcome { Ok(()) } else { Err(format!("the outcome is {outcome}")) }
    });
}
