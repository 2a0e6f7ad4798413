//! Compares the policy with a policy that accepts everything, with a lean policy, and with one that uses the Kubewarden SDK.
//! All are measured in the same run, in turns, so that changes in the speed of the machine affect all of them.
//!
//! A turn is several requests. In the first, the processor's caches have the contents that another policy left; it is
//! listed separately. The others are the times of a loop over one policy, which most benchmarks measure.
//!
//! `make bench` builds the modules and runs it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use policy_bench::cases::{self, Case, INJECTED, LARGE, WITHOUT_ROLE};
use policy_bench::meter::Meter;
use policy_bench::policies::ComparedPolicy;
use policy_bench::size::BUDGET;
use policy_bench::table::{Table, micros, ratio, thousands};
use policy_bench::timing::{Immediate, Medians, Timing, time_request};
use policy_host::policy::{Counted, Policy};
use serde_json::Value;

/// Turns per case and policy: as many as fit into that time, within these bounds.
const TIME_PER_CASE: Duration = Duration::from_secs(6);
const MIN_ROUNDS: usize = 20;
const MAX_ROUNDS: usize = 1_000;
/// Turns before the measurement.
const WARM_UP: usize = 5;
/// Requests in a turn.
const TURN: usize = 6;

fn main() -> anyhow::Result<()> {
    // `cargo bench` passes this flag. `cargo test --benches` only verifies that the program starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    anyhow::ensure!(!cfg!(debug_assertions), "the engine is not optimized; run `make bench`");
    let policies = ComparedPolicy::ALL.map(Entry::load);
    let [empty, policy, lean, sdk] = policies;
    let entries = [empty?, policy?, lean?, sdk?];
    println!("{}", modules(&entries)?);

    let mut results = BTreeMap::new();
    let mut table = Table::new(&[
        "one request of many (µs, p50)",
        "bytes",
        "start",
        "call",
        "both",
        "empty: both",
        "x",
        "lean: both",
        "1/",
        "SDK: call",
        "1/",
        "SDK: both",
        "1/",
        "instructions",
        "lean's 1/",
        "SDK's 1/",
    ]);
    let mut after_others = Table::new(&[
        "the first request after another policy's",
        "start",
        "call",
        "both",
        "empty: both",
        "x",
        "SDK: call",
        "1/",
    ]);
    for case in cases::all()? {
        eprintln!("measuring: {} ...", case.about);
        let result = measure(&entries, &case)?;
        table.row(result.cells(&case));
        after_others.row(result.cells_after_others(&case));
        results.insert(case.name, result);
    }
    println!("{table}\n{after_others}");
    println!(
        "start: making the instance. x: as many times the empty policy. 1/: of the lean policy or the policy with the SDK, this part."
    );
    println!(
        "The lean policy and the policy with the SDK have no checks: they inject the pod that this policy rejects.\n"
    );
    println!("{}", targets(&entries, &results)?);
    Ok(())
}

/// A module, ready to be measured.
struct Entry {
    bytes: Vec<u8>,
    compared: ComparedPolicy,
    policy: Policy,
    meter: Meter,
}

impl Entry {
    fn load(compared: ComparedPolicy) -> anyhow::Result<Self> {
        let bytes = compared.read()?;
        let policy = Policy::optimized(&bytes)?;
        let meter = Meter::new(&bytes, Counted::Instructions)?;
        Ok(Self { bytes, compared, policy, meter })
    }

    fn memory(&self) -> anyhow::Result<usize> {
        let cases = cases::all()?;
        let case = cases.iter().find(|case| case.name == INJECTED).context("the 9 KB pod")?;
        Ok(self.meter.call("validate", &case.payload(), &case.answer())?.memory)
    }
}

fn modules(entries: &[Entry]) -> anyhow::Result<Table> {
    let mut table = Table::new(&["module", "bytes", "memory, 9 KB pod"]);
    for entry in entries {
        table.row([
            entry.compared.name().to_owned(),
            thousands(entry.bytes.len()),
            thousands(entry.memory()?),
        ]);
    }
    Ok(table)
}

/// The measurements of one case: of the empty policy, this policy, the lean policy, and the policy with the SDK.
struct Outcome {
    payload: usize,
    times: [Medians; 4],
    after_others: [Medians; 4],
    instructions: [u64; 4],
}

fn measure(entries: &[Entry; 4], case: &Case) -> anyhow::Result<Outcome> {
    let payload = case.payload();
    let answer = case.answer();
    let [empty, ours, lean, sdk] = entries;
    let read = |entry: &Entry| entry.meter.call("validate", &payload, &answer);
    let readings = [read(empty)?, read(ours)?, read(lean)?, read(sdk)?];
    let [_, ours, lean, sdk] = &readings;
    if let Some(pod) = injected(&ours.answer)? {
        for other in [lean, sdk] {
            anyhow::ensure!(
                injected(&other.answer)?.as_ref() == Some(&pod),
                "{}: another policy returns another pod",
                case.name
            );
        }
    }
    let instructions = readings.map(|reading| reading.call);
    let host = Arc::new(Immediate(answer));
    let mut timings: [Vec<Timing>; 4] = Default::default();
    let mut first_timings: [Vec<Timing>; 4] = Default::default();
    let start = Instant::now();
    for round in 0..WARM_UP + MAX_ROUNDS {
        if round >= WARM_UP + MIN_ROUNDS && start.elapsed() > TIME_PER_CASE {
            break;
        }
        let turns = entries.iter().zip(&mut timings).zip(&mut first_timings);
        for ((entry, timings), first_timings) in turns {
            let others = entries.iter().filter(|other| other.compared != entry.compared);
            if let Some(other) = others.cycle().nth(round % 3) {
                time_request(&other.policy, &payload, &host)?;
            }
            for number in 0..TURN {
                let time = time_request(&entry.policy, &payload, &host)?;
                if round >= WARM_UP {
                    if number == 0 { first_timings.push(time) } else { timings.push(time) }
                }
            }
        }
    }
    let times = timings.map(|timings| Medians::of(&timings));
    let after_others = first_timings.map(|timings| Medians::of(&timings));
    Ok(Outcome { payload: payload.len(), times, after_others, instructions })
}

/// The pod that a policy answered with, if it changed it.
fn injected(answer: &[u8]) -> anyhow::Result<Option<Value>> {
    let mut answer: Value = serde_json::from_slice(answer)?;
    Ok(answer.get_mut("mutated_object").map(Value::take).filter(|pod| !pod.is_null()))
}

impl Outcome {
    fn cells(&self, case: &Case) -> [String; 16] {
        let [empty, ours, lean, sdk] = &self.times;
        let [_, instructions, lean_instructions, sdk_instructions] = self.instructions;
        [
            case.about.to_owned(),
            thousands(self.payload),
            micros(ours.instantiate),
            micros(ours.call),
            micros(ours.both),
            micros(empty.both),
            format!("{:.2}", ratio(ours.both, empty.both)),
            micros(lean.both),
            format!("{:.2}", ratio(lean.both, ours.both)),
            micros(sdk.call),
            format!("{:.1}", ratio(sdk.call, ours.call)),
            micros(sdk.both),
            format!("{:.1}", ratio(sdk.both, ours.both)),
            thousands(instructions),
            format!("{:.1}", float(lean_instructions) / float(instructions)),
            format!("{:.1}", float(sdk_instructions) / float(instructions)),
        ]
    }

    fn cells_after_others(&self, case: &Case) -> [String; 8] {
        let [empty, ours, _, sdk] = &self.after_others;
        [
            case.about.to_owned(),
            micros(ours.instantiate),
            micros(ours.call),
            micros(ours.both),
            micros(empty.both),
            format!("{:.2}", ratio(ours.both, empty.both)),
            micros(sdk.call),
            format!("{:.1}", ratio(sdk.call, ours.call)),
        ]
    }

    fn call_per_byte(&self) -> f64 {
        let [_, ours, ..] = &self.times;
        ours.call.as_secs_f64() * 1e9 / float(self.payload as u64)
    }
}

/// The targets of the policy, and its distance from each.
fn targets(entries: &[Entry], results: &BTreeMap<&str, Outcome>) -> anyhow::Result<Table> {
    let result = |name: &str| results.get(name).context("a case that was measured");
    let [empty, ours, _, sdk] = &result(INJECTED)?.times;
    let [empty_idle, ours_idle, ..] = &result(WITHOUT_ROLE)?.times;
    let policy = entries.iter().find(|entry| entry.compared == ComparedPolicy::Policy);
    let policy = policy.context("this policy")?;
    let mut table = Table::new(&["target", "at most", "measured", "", ""]);
    let mut target = |name: &str, bound: f64, measured: f64, digits: usize| {
        let outcome = if measured <= bound { "holds" } else { "MISSED" };
        table.row([
            name.to_owned(),
            format!("{bound:.digits$}"),
            format!("{measured:.digits$}"),
            outcome.to_owned(),
            format!("{:+.0} %", (measured / bound - 1.0) * 100.0),
        ]);
    };
    target("9 KB pod injected: call / with the SDK", 1.0 / 7.0, ratio(ours.call, sdk.call), 3);
    target("9 KB pod injected: both / empty policy's", 1.8, ratio(ours.both, empty.both), 2);
    target(
        "pod without a role: both / empty policy's",
        1.4,
        ratio(ours_idle.both, empty_idle.both),
        2,
    );
    target(
        "500 KB pod: call, ns per byte (bound: the 9 KB pod's)",
        result(INJECTED)?.call_per_byte(),
        result(LARGE)?.call_per_byte(),
        2,
    );
    target("module, bytes", float(BUDGET as u64), float(policy.bytes.len() as u64), 0);
    target("memory for the 9 KB pod, MiB", 1.25, float(policy.memory()? as u64) / 1_048_576.0, 2);
    Ok(table)
}

// All numbers have fewer than 53 bits.
#[allow(clippy::cast_precision_loss)]
fn float(number: u64) -> f64 {
    number as f64
}
