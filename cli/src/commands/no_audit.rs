//! `audit` in a program that is built without it.

use anyhow::{Result, bail};

/// Audit a live cluster (not in this build of the program).
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    ignored: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8> {
    let _ = &arguments.ignored;
    bail!("this program is built without the command audit; build it with: make program")
}
