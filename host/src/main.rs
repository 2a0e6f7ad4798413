//! Replaces kwctl if it is not installed: `policy-host run` has the flags, the output and the exit codes of `kwctl run`.

use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use aws_pod_identity_kubernetes::admission::AdmissionRequest;
use aws_pod_identity_kubernetes::capabilities::{
    GetResourceRequest, HostCapabilities, NoCapabilities,
};
use aws_pod_identity_kubernetes::settings;
use clap::{Parser, Subcommand};
use policy_host::logging::LogOnStderr;
use policy_host::policy::Policy;
use policy_host::response::AdmissionResponse;
use policy_host::session::Session;
use serde_json::Value;

/// Runs a Kubewarden policy without a cluster or a policy server.
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(Arguments),
}

/// Evaluate one admission request, with the flags and the output of `kwctl run`.
///
/// Prints the admission response as one line of JSON on standard output, and the policy's log on standard
/// error. Exits with 0 whether the request is accepted or rejected, and with 1 if there is no response.
#[derive(clap::Args)]
struct Arguments {
    /// File with the admission request or the `AdmissionReview`, in JSON; `-` for standard input
    #[arg(short, long, value_name = "PATH")]
    request_path: String,
    /// File with the settings of the policy, in YAML or JSON
    #[arg(short, long, value_name = "PATH", conflicts_with = "settings_json")]
    settings_path: Option<String>,
    /// The settings of the policy, in JSON
    #[arg(long, value_name = "VALUE")]
    settings_json: Option<String>,
    /// Let the policy look up Kubernetes objects
    #[arg(long)]
    allow_context_aware: bool,
    /// Answer the policy's lookups from this recording, as `kwctl` writes it
    #[arg(long, value_name = "FILE")]
    replay_host_capabilities_interactions: Option<String>,
    /// The policy module: a .wasm file
    #[arg(value_name = "POLICY")]
    policy: String,
}

fn main() -> ExitCode {
    let Command::Run(arguments) = CommandLine::parse().command;
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let request = AdmissionRequest::from_json(&request_text(&arguments.request_path)?)?;
    let settings = policy_settings(arguments)?;
    let session = session(arguments)?.map(Arc::new);
    let policy = Policy::load(module_path(&arguments.policy)?)?;

    let validation = policy.validate_settings(&settings);
    if !validation.valid {
        let message = validation.message.unwrap_or_default();
        bail!("Provided settings are not valid: {message}");
    }
    let host: Arc<dyn HostCapabilities> = match &session {
        Some(session) => Arc::new(LogOnStderr(Arc::clone(session))),
        None if arguments.allow_context_aware => Arc::new(LogOnStderr(NoCluster)),
        None => Arc::new(LogOnStderr(NoCapabilities)),
    };
    let response = AdmissionResponse::of(&policy, &request, &settings, host);
    for request in session.iter().flat_map(|session| session.unused()) {
        eprintln!("WARN the policy did not make this recorded request: {request:?}");
    }
    println!("{}", serde_json::to_string(&response)?);
    Ok(())
}

/// A file that the user named, or an error that names the file.
fn read_file(path: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| anyhow!("cannot read {path}: {error}"))
}

fn request_text(path: &str) -> Result<Vec<u8>> {
    if path != "-" {
        return Ok(read_file(path)?.into_bytes());
    }
    let mut text = Vec::new();
    let read = std::io::stdin().read_to_end(&mut text);
    read.context("cannot read the request from standard input")?;
    Ok(text)
}

fn policy_settings(arguments: &Arguments) -> Result<Value> {
    if let Some(path) = &arguments.settings_path {
        return settings::from_yaml(&read_file(path)?).with_context(|| path.clone());
    }
    let settings = arguments.settings_json.as_deref().map(settings::from_json);
    let settings = settings.transpose().context("--settings-json")?;
    Ok(settings.unwrap_or_else(settings::none))
}

fn session(arguments: &Arguments) -> Result<Option<Session>> {
    let Some(path) = &arguments.replay_host_capabilities_interactions else {
        return Ok(None);
    };
    let session = Session::from_yaml(&read_file(path)?).with_context(|| path.clone())?;
    Ok(Some(session.granting(arguments.allow_context_aware)))
}

/// `kwctl` also takes URLs. Of these, only those of files are supported, because this program has no network.
fn module_path(policy: &str) -> Result<&str> {
    match policy.split_once("://") {
        None => Ok(policy),
        Some(("file", path)) => Ok(path),
        Some(_) => Err(anyhow!("{policy}: only a .wasm file on this machine can be run")),
    }
}

/// Access to the cluster was granted, but there is none.
struct NoCluster;

impl HostCapabilities for NoCluster {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        Err(format!(
            "no cluster to ask for {} {}: give a recording with --replay-host-capabilities-interactions",
            request.kind, request.name
        ))
    }
}
