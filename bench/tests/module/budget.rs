//! The size of the module.

use policy_bench::instructions::InstructionCounts;
use policy_bench::size::BUDGET;
use policy_testing::skipped;

use crate::{INSTRUCTIONS, MODULE};

#[test]
fn the_module_is_within_its_size_budget() {
    let bytes = MODULE.len();
    if bytes <= BUDGET {
        return;
    }
    let over = bytes - BUDGET;
    // Another version of rustc generates different code from the same sources.
    let now = InstructionCounts::count(&MODULE, &INSTRUCTIONS, &[]).unwrap();
    let before =
        InstructionCounts::parse(&std::fs::read_to_string(InstructionCounts::path()).unwrap())
            .unwrap();
    if !now.same_compiler(&before) {
        return skipped(format_args!(
            "policy.wasm is {over} bytes over the budget, which is for another rustc; install the version in \
             scripts/rust-version"
        ));
    }
    panic!("policy.wasm has {bytes} bytes, {over} over the budget; `make size` lists the parts");
}
