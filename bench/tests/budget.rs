//! How large the module may be.

#![allow(clippy::unwrap_used, clippy::panic)]

use policy_bench::instructions::InstructionCounts;
use policy_bench::notice::skipped_for_another_rust;
use policy_bench::policies::ComparedPolicy;
use policy_bench::size::BUDGET;

#[test]
fn the_module_keeps_to_its_budget() {
    let bytes = ComparedPolicy::Policy.read().unwrap().len();
    if bytes <= BUDGET {
        return;
    }
    let over = bytes - BUDGET;
    // Another compiler makes other code of the same sources: that is not growth.
    let now = InstructionCounts::count(&[]).unwrap();
    let before =
        InstructionCounts::parse(&std::fs::read_to_string(InstructionCounts::path()).unwrap())
            .unwrap();
    if !now.same_compiler(&before) {
        skipped_for_another_rust(format_args!(
            "policy.wasm is {over} bytes over the budget, which is for another rustc"
        ));
        return;
    }
    panic!(
        "policy.wasm has {bytes} bytes, {over} over the budget; `make size` lists what they are for"
    );
}
