//! The commands.

#[cfg(feature = "audit")]
mod audit;
#[cfg(not(feature = "audit"))]
#[path = "no_audit.rs"]
mod audit;
mod check;
mod explain;
mod trust;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::reporter::UNUSABLE;

/// Checks the AWS identity of Kubernetes pods before the cluster does.
#[derive(Parser)]
#[command(
    name = "aws-pod-identity",
    version,
    max_term_width = 100,
    after_help = "Examples:
  helm template my-chart | aws-pod-identity check -
  aws-pod-identity check manifests/ --fail-on warn
  aws-pod-identity explain role-arn-malformed"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Audit(audit::Arguments),
    Check(check::Arguments),
    Trust(trust::Arguments),
    Explain(explain::Arguments),
    /// Print the completions for a shell
    #[command(after_help = "Example:
  aws-pod-identity completions bash > /etc/bash_completion.d/aws-pod-identity")]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:
  aws-pod-identity man > /usr/local/share/man/man1/aws-pod-identity.1")]
    Man,
}

/// Runs the command of the command line.
pub fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // The problems of settings are a line each.
            let text = format!("{error:#}");
            let lines: Vec<_> = text.split('\n').map(aws_pod_identity_core::escaped).collect();
            eprintln!("Error: {}", lines.join("\n"));
            ExitCode::from(UNUSABLE)
        }
    }
}

fn run(command: Command) -> Result<u8> {
    match command {
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Trust(arguments) => trust::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "aws-pod-identity", &mut text);
            print(&text)?;
            Ok(0)
        }
        Command::Man => {
            let mut text = Vec::new();
            manual(&mut text)?;
            print(&text)?;
            Ok(0)
        }
    }
}

/// Prints on standard output.
fn print(text: &[u8]) -> Result<()> {
    let mut out = crate::output::stdout();
    out.write_all(text)?;
    out.flush()?;
    Ok(())
}

/// The manual page: that of the program, and the sections of its commands.
fn manual(out: &mut dyn Write) -> std::io::Result<()> {
    let mut command = Arguments::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(out)?;
    sections_of_subcommands(out, &command, "aws-pod-identity")
}

fn sections_of_subcommands(
    out: &mut dyn Write,
    command: &clap::Command,
    name: &str,
) -> std::io::Result<()> {
    for subcommand in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = format!("{name} {}", subcommand.get_name());
        writeln!(out, ".SH \"{}\"", name.to_uppercase())?;
        let page = clap_mangen::Man::new(subcommand.clone());
        page.render_synopsis_section(out)?;
        page.render_description_section(out)?;
        page.render_options_section(out)?;
        // The examples.
        page.render_extra_section(out)?;
        sections_of_subcommands(out, subcommand, &name)?;
    }
    Ok(())
}
