//! The command line.

mod manifests;
mod run;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs a Kubewarden policy on this machine: no cluster, no policy server.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Manifests(manifests::Arguments),
    Run(run::Arguments),
}

/// Reads the command line and does what it says.
pub(crate) fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Manifests(arguments) => manifests::main(&arguments),
        Command::Run(arguments) => run::main(&arguments),
    }
}

/// A file the user named, or an error that names the file.
fn read_file(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(path).map_err(|error| anyhow::anyhow!("cannot read {path}: {error}"))
}

/// Prints on standard output. A reader that has seen enough and left (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
