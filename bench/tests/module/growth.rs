//! The work grows in proportion to the size of the input.

use policy_bench::cases::hostile::{self, Hostile};
use policy_bench::meter::Meter;
use policy_bench::table::{Table, thousands};
use policy_host::policy::Counted;

use crate::MODULE;

/// The work for each additional byte may grow by this factor when the input grows tenfold.
const LIMIT: f64 = 1.3;

/// Bytes of memory for each additional byte. The shortest containers, of 35 bytes, need the most.
const MEMORY_LIMIT: f64 = 80.0;

#[test]
fn hostile_input_takes_work_and_memory_in_proportion_to_its_size() {
    // Copied bytes are counted, too: copying the whole object for each edit would be quadratic.
    let meter = Meter::new(&MODULE, Counted::InstructionsAndBytesCopied).unwrap();
    let mut table = Table::new(&[
        "hostile input",
        "n",
        "bytes",
        "work",
        "10 n",
        "work",
        "work per byte more",
        "memory per byte more",
    ]);
    let mut worse = Vec::new();
    for input in hostile::ALL {
        let [small, medium, large] =
            [input.size / 10, input.size, input.size * 10].map(|size| cost(&meter, input, size));
        let before = medium.per_byte_more(&small, |cost| cost.work);
        let after = large.per_byte_more(&medium, |cost| cost.work);
        let growth = after / before;
        let memory = large.per_byte_more(&medium, |cost| cost.memory);
        table.row([
            input.name.to_owned(),
            thousands(input.size),
            thousands(medium.bytes),
            thousands(medium.work),
            thousands(input.size * 10),
            thousands(large.work),
            format!("{before:.0} -> {after:.0} (x {growth:.2})"),
            format!("{memory:.1}"),
        ]);
        if growth.is_nan() || growth >= LIMIT || memory.is_nan() || memory >= MEMORY_LIMIT {
            worse.push(input.name);
        }
    }
    println!("{table}");
    assert!(worse.is_empty(), "work or memory grow faster than the input: {worse:?}\n{table}");
}

/// The cost of a request.
struct Cost {
    /// Its length.
    bytes: usize,
    /// Instructions and copied bytes.
    work: u64,
    /// The memory of the instance, bytes.
    memory: u64,
}

fn cost(meter: &Meter, input: &Hostile, size: usize) -> Cost {
    let case = input.case(size).unwrap();
    let payload = case.payload();
    let reading = meter.call("validate", &payload, &case.answer()).unwrap();
    Cost { bytes: payload.len(), work: reading.call, memory: reading.memory as u64 }
}

impl Cost {
    /// The difference to a smaller input, without the constant part.
    fn per_byte_more(&self, smaller: &Self, what: impl Fn(&Self) -> u64) -> f64 {
        (what(self) - what(smaller)) as f64 / (self.bytes - smaller.bytes) as f64
    }
}
