//! `check`: checks manifests.

use std::io::IsTerminal;

use anyhow::{Error, Result};

use crate::arguments::{OutputArguments, PolicyArguments, RoleArguments};
use crate::check::{Check, CheckResult, Results};
use crate::cluster_state::ClusterState;
use crate::input;
use crate::parallel::{Input, Piece};
use crate::progress::Progress;
use crate::report::{Header, SkipReason, Summary, Totals};
use crate::trust::TrustChecks;

/// Check manifests: show what the policy would inject, warn about or reject.
///
/// Checks every object, and for workloads the pod that they would create. The policy finds only the service accounts and
/// ConfigMaps among the manifests. Other kinds, kustomizations, Helm values and chart templates are skipped and counted. If
/// a document cannot be read, the program reports it, and checks the others.
///
/// Exits with 0 if no finding is at or above --fail-on, with 1 if there is such a finding, and with 2 if arguments, files or
/// documents cannot be used.
#[derive(clap::Args)]
#[command(after_long_help = "Examples:
  helm template my-release my-chart -n payments | aws-pod-identity check -n payments -
  kubectl kustomize overlays/production | aws-pod-identity check -
  aws-pod-identity check manifests/ --settings settings.yaml --fail-on warn
  aws-pod-identity check manifests/ --from-policy policy.yaml
  kubectl get serviceaccounts,configmaps -A -o yaml > cluster.yaml
  aws-pod-identity check manifests/ --cluster-state cluster.yaml
  aws-pod-identity check manifests/ -o html > report.html")]
pub(super) struct Arguments {
    /// Manifests in YAML or JSON: files, directories, globs, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// Namespace of objects without one
    #[arg(short, long, default_value = "default")]
    namespace: String,
    /// File with more service accounts, ConfigMaps and namespaces, as `kubectl get serviceaccounts,configmaps -A -o yaml` prints
    /// them. If it has service accounts, the cluster has no others
    #[arg(long, value_name = "PATH")]
    cluster_state: Vec<String>,
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    roles: RoleArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8> {
    let progress = Progress::new(arguments.output.quiet);
    let policies = arguments.policy.policies()?;
    let trust = match arguments.roles.listing()? {
        Some(listing) => Some(TrustChecks::new(listing, arguments.roles.issuer()?)),
        None => None,
    };
    for note in policies.notes() {
        progress.notice(note);
    }
    let mut skipped = Vec::new();
    let files = input::files(&arguments.paths, &mut |reason| skipped.push(reason))?;
    let state = input::files(&arguments.cluster_state, &mut |_| {})?;
    let mut reporter = arguments.output.reporter(&Header::new("check", policies.source()))?;

    let mut cluster_state = ClusterState::new(&arguments.namespace, &policies);
    for file in &state {
        let error = match file.read() {
            Ok(text) => cluster_state.add_state(file, &text),
            Err(error) => Some(*error),
        };
        if let Some(error) = error {
            reporter.error(&error)?;
        }
    }
    let input = Input::new(files);
    let mut found = Vec::new();
    if input.is_long() {
        progress.show();
    }
    progress.start("reading service accounts", Some(input.len()));
    // A document that cannot be read is reported when it is checked.
    let relevant = |piece: Piece| cluster_state.relevant(&piece.file, piece.documents());
    input.for_each(relevant, |relevant, is_last| {
        found.push(relevant);
        if is_last {
            progress.advance();
        }
        Ok::<_, Error>(())
    })?;
    for relevant in found {
        cluster_state.add(relevant);
    }
    for reason in skipped {
        reporter.skip(reason);
    }
    let mut check = Check::new(policies, &cluster_state, arguments.output.diff);
    if let Some(trust) = trust {
        check = check.with_trust(trust);
    }
    if std::io::stdout().is_terminal() {
        // The report itself shows the progress.
        progress.end();
    } else {
        progress.start("checking files", Some(input.len()));
    }
    let mut results = Results::default();
    let checked = |piece: Piece| match piece.error() {
        Some(error) => vec![CheckResult::Error(error.clone())],
        None => {
            let documents = piece.documents();
            documents.flat_map(|document| check.document(&piece.file, &document)).collect()
        }
    };
    input.for_each(checked, |checked, is_last| {
        for result in checked {
            results.report(result, &mut reporter)?;
        }
        if is_last {
            progress.advance();
        }
        Ok::<_, Error>(())
    })?;
    progress.end();
    for note in check.problems() {
        progress.notice(&note);
    }
    if let Some(note) = not_rendered(reporter.summary()) {
        progress.notice(note);
    }
    Ok(reporter.finish(arguments.output.fail_on)?)
}

/// How to render the input, if it has only charts, kustomizations and templates.
fn not_rendered(summary: &Summary) -> Option<&'static str> {
    let is_skipped = |reason| summary.skipped.contains_key(&reason);
    let Totals { objects, errors, .. } = summary.totals;
    if objects + errors > 0 {
        None
    } else if is_skipped(SkipReason::ChartTemplate) {
        Some(
            "nothing was checked, because the chart is not rendered; \
              use: helm template my-release my-chart | aws-pod-identity check -",
        )
    } else if is_skipped(SkipReason::Kustomization) {
        Some(
            "nothing was checked, because the kustomization is not built; \
              use: kubectl kustomize my-directory | aws-pod-identity check -",
        )
    } else {
        None
    }
}
