//! The commands.

mod check;

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
    Check(check::Arguments),
}

/// Runs the command of the command line.
pub fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("Error: {}", crate::output::printable(&format!("{error:#}")));
            ExitCode::from(UNUSABLE)
        }
    }
}
