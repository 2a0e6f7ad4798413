//! Ten times the input takes ten times the work, not a hundred times.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

use policy_bench::cases::hostile::{self, Hostile};
use policy_bench::meter::Meter;
use policy_bench::policies::ComparedPolicy;
use policy_bench::table::{Table, thousands};
use policy_host::policy::Counted;

/// How much more work a byte may take in an input that is ten times as large.
const LIMIT: f64 = 1.3;

#[test]
fn a_byte_more_of_a_large_request_costs_what_a_byte_more_of_a_small_one_does() {
    // Copying counts too: copying everything for each of many edits would be quadratic as well.
    let module = ComparedPolicy::Policy.read().unwrap();
    let meter = Meter::new(&module, Counted::InstructionsAndBytesCopied).unwrap();
    let mut table =
        Table::new(&["hostile input", "n", "bytes", "work", "10 n", "work", "work per byte more"]);
    let mut worse = Vec::new();
    for input in hostile::ALL {
        let [small, medium, large] =
            [input.size / 10, input.size, input.size * 10].map(|size| work(&meter, input, size));
        let before = per_byte(small, medium);
        let after = per_byte(medium, large);
        let growth = after / before;
        table.row([
            input.name.to_owned(),
            thousands(input.size),
            thousands(medium.0),
            thousands(medium.1),
            thousands(input.size * 10),
            thousands(large.1),
            format!("{before:.0} -> {after:.0} (x {growth:.2})"),
        ]);
        if growth.is_nan() || growth >= LIMIT {
            worse.push(input.name);
        }
    }
    println!("{table}");
    assert!(worse.is_empty(), "the work grows faster than the input: {worse:?}\n{table}");
}

/// How large the request of that size is, bytes, and how much work it takes.
fn work(meter: &Meter, input: &Hostile, size: usize) -> (usize, u64) {
    let case = input.case(size).unwrap();
    let payload = case.payload();
    (payload.len(), meter.call("validate", &payload, &case.answer()).unwrap().call)
}

/// Between two sizes, so that what is the same in both does not count.
fn per_byte(small: (usize, u64), large: (usize, u64)) -> f64 {
    (large.1 - small.1) as f64 / (large.0 - small.0) as f64
}
