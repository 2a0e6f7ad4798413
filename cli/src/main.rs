//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    aws_pod_identity_cli::commands::main()
}
