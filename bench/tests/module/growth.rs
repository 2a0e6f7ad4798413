//! The work grows in proportion to the size of the input.

use policy_bench::cases::hostile::{self, Hostile};
use policy_bench::meter::Meter;
use policy_bench::table::{Table, thousands};
use policy_host::policy::Counted;

use crate::MODULE;

/// The work for each additional byte may grow by this factor when the input grows tenfold.
const LIMIT: f64 = 1.3;

#[test]
fn hostile_input_takes_work_in_proportion_to_its_size() {
    // Copied bytes count too: copying the whole object for each edit would be quadratic.
    let meter = Meter::new(&MODULE, Counted::InstructionsAndBytesCopied).unwrap();
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

/// The length of the request in bytes, and the work that it takes.
fn work(meter: &Meter, input: &Hostile, size: usize) -> (usize, u64) {
    let case = input.case(size).unwrap();
    let payload = case.payload();
    (payload.len(), meter.call("validate", &payload, &case.answer()).unwrap().call)
}

/// The difference of two sizes, so that the constant part of the work does not count.
fn per_byte(small: (usize, u64), large: (usize, u64)) -> f64 {
    (large.1 - small.1) as f64 / (large.0 - small.0) as f64
}
