//! Lists the bytes of each crate, and of each module of the core.
//!
//! `size-report MODULE`, where the module still has the names of its functions; `make size` builds one.

use std::process::ExitCode;

use anyhow::Context;
use policy_bench::policies::ComparedPolicy;
use policy_bench::size::{BUDGET, Sizes};
use policy_bench::table::{Table, thousands};

/// How many functions are listed one by one.
const LARGEST: usize = 25;

fn main() -> anyhow::Result<ExitCode> {
    let path = std::env::args_os().nth(1).context("usage: size-report MODULE")?;
    let sizes = Sizes::of(&std::fs::read(path)?)?;
    let module = ComparedPolicy::Policy.read()?.len();

    let mut parts: Vec<(&str, usize)> =
        sizes.code.iter().map(|(owner, size)| (owner.as_str(), *size)).collect();
    parts.push(("constants", sizes.data));
    parts.push(("everything else", sizes.rest));
    parts.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let total: usize = parts.iter().map(|(_, size)| size).sum();
    let mut table = Table::new(&["part of the module", "bytes", "%"]);
    for (part, size) in parts {
        let permille = size * 1000 / total;
        table.row([
            part.to_owned(),
            thousands(size),
            format!("{}.{}", permille / 10, permille % 10),
        ]);
    }
    println!("{table}");

    let mut table = Table::new(&["largest functions", "bytes"]);
    for (function, size) in sizes.functions.iter().take(LARGEST) {
        table.row([function.clone(), thousands(size)]);
    }
    println!("{table}");

    println!("A function that was inlined counts for its caller.");
    println!("policy.wasm: {} bytes of {}", thousands(module), thousands(BUDGET));
    Ok(if module <= BUDGET { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
