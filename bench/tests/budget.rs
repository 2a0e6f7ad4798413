//! What the module may weigh.

#![allow(clippy::unwrap_used)]

use policy_bench::contestant::Contestant;
use policy_bench::size::BUDGET;

#[test]
fn the_module_keeps_to_its_budget() {
    let bytes = Contestant::Policy.read().unwrap().len();
    assert!(
        bytes <= BUDGET,
        "policy.wasm has {bytes} bytes, {} over the budget; `make size` lists what they are for",
        bytes - BUDGET
    );
}
