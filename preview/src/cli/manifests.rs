//! `manifests`: shows what would become of manifests in a cluster that runs the policy.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use policy_preview::capabilities::HostCapabilities;
use policy_preview::host::Policy;
use policy_preview::manifests::report::{self, Palette, Summary};
use policy_preview::manifests::{input, kind, review};
use policy_preview::settings;
use serde_json::Value;

use super::{print, read_file};

/// Exit code where something is rejected.
const REJECTED: u8 = 1;
/// Exit code where the question itself is wrong: arguments, files, settings.
const NO_VERDICT: u8 = 2;

/// Show what the policy makes of manifests: accepted, injected (with the changes), or rejected and why.
///
/// Sends every pod, workload and service account through the policy as an API server would, and for every
/// workload the pod that it would create. Service accounts and config maps among the manifests are what the
/// policy finds in the cluster; nothing else is there, but every namespace has its service account `default`.
///
/// Exits with 0 if nothing is rejected, with 1 if something is, and with 2 if the manifests or the settings
/// cannot be used.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// File with the settings of the policy, in YAML or JSON
    #[arg(short, long, value_name = "FILE")]
    settings: Option<String>,
    /// The policy module
    #[arg(short, long, value_name = "FILE", default_value = "policy.wasm")]
    policy: String,
    /// Manifests in YAML or JSON: files, folders, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
}

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    match preview(arguments) {
        Ok(summary) if summary.has_rejections() => ExitCode::from(REJECTED),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::from(NO_VERDICT)
        }
    }
}

fn preview(arguments: &Arguments) -> Result<Summary> {
    let manifests = input::read(&arguments.paths)?;
    let settings = policy_settings(arguments)?;
    let policy = Policy::load(&arguments.policy)
        .context("no policy to ask (build it first, or name one with --policy)")?;
    let validation = policy.validate_settings(&settings);
    if !validation.valid {
        let message = validation.message.unwrap_or_default();
        bail!("the policy refuses these settings: {message}");
    }

    let palette = Palette::for_stdout();
    let cluster: Arc<dyn HostCapabilities> = Arc::new(review::cluster(&manifests));
    let ignored = manifests.iter().filter(|manifest| kind::of(&manifest.object).is_none());
    let mut summary = Summary::with_ignored(ignored.count());
    for subject in review::subjects(&manifests) {
        let verdict = review::judge(&policy, &settings, Arc::clone(&cluster), subject);
        summary.count(&verdict);
        let mut text = String::new();
        report::verdict(&mut text, palette, &verdict)?;
        print(&text)?;
    }
    let mut text = String::new();
    summary.write(&mut text, palette)?;
    print(&text)?;
    Ok(summary)
}

fn policy_settings(arguments: &Arguments) -> Result<Value> {
    match &arguments.settings {
        Some(path) => settings::from_yaml(&read_file(path)?).with_context(|| path.clone()),
        None => Ok(settings::none()),
    }
}
