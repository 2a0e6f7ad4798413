//! The commands.

#[cfg(feature = "audit")]
mod audit;
#[cfg(not(feature = "audit"))]
#[path = "no_audit.rs"]
mod audit;
mod check;
mod trust;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report::UNUSABLE;

/// Checks the AWS identity of pods before the cluster does.
#[derive(Parser)]
#[command(name = "aws-pod-identity", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Audit(audit::Arguments),
    Check(check::Arguments),
    Trust(trust::Arguments),
}

/// Runs the command of the command line.
pub fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Trust(arguments) => trust::run(&arguments),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("Error: {}", crate::output::printable(&format!("{error:#}")));
            ExitCode::from(UNUSABLE)
        }
    }
}
