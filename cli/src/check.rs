//! `check`: what the policy does with manifests.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use aws_pod_identity_cli::evaluation::{self, Policy};
use aws_pod_identity_cli::report::{self, Palette, Summary};
use aws_pod_identity_kubernetes::{kind, manifests, settings};
use serde_json::Value;

/// The exit code when something is rejected.
const REJECTED: u8 = 1;
/// The exit code when the question itself is wrong: arguments, files or settings that cannot be used.
const UNUSABLE: u8 = 2;

/// Check manifests: what the policy would inject, warn about or reject.
///
/// Reads every object, and for workloads the pod that they would create. Service accounts and ConfigMaps among the
/// manifests are what the policy finds in the cluster. Exits with 0 when nothing is rejected, 1 when something is, and 2
/// when the input cannot be used.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// File with the settings of the policy, in YAML or JSON
    #[arg(short, long, value_name = "FILE")]
    settings: Option<String>,
    /// Manifests in YAML or JSON: files, directories, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
}

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    match check(arguments) {
        Ok(summary) if summary.has_rejections() => ExitCode::from(REJECTED),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::from(UNUSABLE)
        }
    }
}

fn check(arguments: &Arguments) -> Result<Summary> {
    let manifests = manifests::read(&arguments.paths)?;
    let policy = Policy::with_settings(&policy_settings(arguments)?)
        .map_err(|message| anyhow!("these settings are not valid: {message}"))?;

    let palette = Palette::for_stdout();
    let cluster = evaluation::cluster(&manifests);
    let ignored = manifests.iter().filter(|manifest| kind::of(&manifest.object).is_none());
    let mut summary = Summary::with_ignored(ignored.count());
    for subject in evaluation::requests(&manifests) {
        let evaluated = policy.evaluate(subject, &cluster)?;
        summary.count(&evaluated);
        let mut text = String::new();
        report::evaluated(&mut text, palette, &evaluated)?;
        print(&text)?;
    }
    let mut text = String::new();
    summary.write(&mut text, palette)?;
    print(&text)?;
    Ok(summary)
}

fn policy_settings(arguments: &Arguments) -> Result<Value> {
    let Some(path) = &arguments.settings else { return Ok(settings::none()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    settings::from_yaml(&text).with_context(|| path.clone())
}

/// Prints on standard output. A reader that has seen enough and left (`| head`) is not an error.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
