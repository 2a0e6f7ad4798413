//! Runs the policy module on one admission request, or on manifests.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
