//! The instructions of each case, compared with those in `bench/instructions.txt`.

use policy_bench::cases;
use policy_bench::instructions::{InstructionCounts, TOLERANCE, UPDATE};
use policy_testing::{notice, skipped};

use crate::{INSTRUCTIONS, MODULE};

const HOW: &str = "If the change is worth that cost, run `make bench-instructions`, which writes the new numbers \
                   into bench/instructions.txt.";

#[test]
fn each_case_takes_the_recorded_number_of_instructions_or_fewer() {
    let now = InstructionCounts::count(&MODULE, &INSTRUCTIONS, &cases::all().unwrap()).unwrap();
    let path = InstructionCounts::path();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, now.to_string()).unwrap();
        return;
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let before = InstructionCounts::parse(&text).unwrap();
    if !now.same_compiler(&before) {
        return skipped(format_args!(
            "bench/instructions.txt is for rustc {:?}, and policy.wasm was built by rustc {:?}; install the version in \
             scripts/rust-version, or count for the other one with `make bench-instructions`",
            before.compiler, now.compiler
        ));
    }
    let changes = before.changes(&now);
    for change in changes.iter().filter(|change| change.much_less()) {
        notice(format_args!("HINT: {change}; `make bench-instructions` records it"));
    }
    let too_much: Vec<_> =
        changes.iter().filter(|change| change.too_much()).map(ToString::to_string).collect();
    assert!(
        too_much.is_empty(),
        "more than {TOLERANCE} % over bench/instructions.txt:\n  {}\n{HOW}",
        too_much.join("\n  ")
    );
}
