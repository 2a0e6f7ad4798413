//! The instructions of each case, compared with those in `bench/instructions.txt`.

#![allow(clippy::unwrap_used, clippy::panic)]

use policy_bench::cases;
use policy_bench::instructions::{InstructionCounts, TOLERANCE, UPDATE};
use policy_bench::notice::{notice, skipped_for_another_rust};

const HOW: &str = "If that is the price of something worth it, `make bench-instructions` writes the new \
                   numbers into bench/instructions.txt.";

#[test]
fn no_case_takes_more_instructions_than_it_did() {
    let now = InstructionCounts::count(&cases::all().unwrap()).unwrap();
    let path = InstructionCounts::path();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, now.to_string()).unwrap();
        return;
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let before = InstructionCounts::parse(&text).unwrap();
    if !now.same_compiler(&before) {
        skipped_for_another_rust(format_args!(
            "bench/instructions.txt is for rustc {:?}, and policy.wasm was built by rustc {:?}, \
             whose instructions are other ones; `make bench-instructions` counts them",
            before.compiler, now.compiler
        ));
        return;
    }
    let changes = before.changes(&now);
    for change in changes.iter().filter(|change| change.much_less()) {
        notice(format_args!("HINT: {change}; `make bench-instructions` keeps it that way"));
    }
    let too_much: Vec<_> =
        changes.iter().filter(|change| change.too_much()).map(ToString::to_string).collect();
    assert!(
        too_much.is_empty(),
        "more than {TOLERANCE} % over bench/instructions.txt:\n  {}\n{HOW}",
        too_much.join("\n  ")
    );
}
