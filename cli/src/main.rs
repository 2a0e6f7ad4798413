//! The command line.

mod check;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Check(arguments) => check::main(&arguments),
    }
}
