//! The report of `aws-pod-identity check`, for texts instead of files.

use std::io;

use aws_pod_identity_cli::check::{Check, Results};
use aws_pod_identity_cli::cluster_state::ClusterState;
use aws_pod_identity_cli::evaluation::Policy;
use aws_pod_identity_cli::input::File;
use aws_pod_identity_cli::output::Renderer;
use aws_pod_identity_cli::policies::Policies;
use aws_pod_identity_cli::report::{Entry, Summary, Unreadable};
use aws_pod_identity_cli::reporter::Reporter;
use aws_pod_identity_kubernetes::manifests::split;
use aws_pod_identity_kubernetes::object::DEFAULT_NAMESPACE;
use aws_pod_identity_kubernetes::settings;
use serde::{Deserialize, Serialize};

/// The name of the manifests in reports.
pub const MANIFESTS: &str = "manifests";

/// The input of the user.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// Manifests in YAML or JSON, any number of documents.
    pub manifests: String,
    /// The settings of the policy in YAML or JSON; empty for none.
    pub settings: String,
}

/// The report: the entries, errors and numbers of the program's JSON format.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Why the settings cannot be used. Then no manifest was evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
    /// The objects.
    pub entries: Vec<Entry>,
    /// The documents that cannot be read.
    pub errors: Vec<Unreadable>,
    /// The totals.
    #[serde(flatten)]
    pub summary: Summary,
    /// What was skipped, with its number, for people.
    #[serde(rename = "notChecked")]
    pub not_checked: Vec<String>,
}

/// Collects the entries and errors.
#[derive(Debug, Default)]
struct Collected {
    entries: Vec<Entry>,
    errors: Vec<Unreadable>,
}

impl Renderer for Collected {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.entries.push(entry.clone());
        Ok(())
    }

    fn error(&mut self, error: &Unreadable) -> io::Result<()> {
        self.errors.push(error.clone());
        Ok(())
    }

    fn end(&mut self, _summary: &Summary) -> io::Result<()> {
        Ok(())
    }
}

/// The report about a request, both in JSON. Fails only if the request is not one.
pub fn answer(request: &[u8]) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&evaluate(&serde_json::from_slice(request)?))
}

/// The report about a request.
pub fn evaluate(request: &Request) -> Report {
    let policies = match policies(&request.settings) {
        Ok(policies) => policies,
        Err(message) => return Report { settings: Some(message), ..Report::default() },
    };
    let file = File::named(MANIFESTS);
    let mut cluster_state = ClusterState::new(DEFAULT_NAMESPACE, &policies);
    // A document that cannot be read is reported when it is checked.
    cluster_state.add(cluster_state.relevant(&file, split(&request.manifests)));
    let check = Check::new(policies, &cluster_state, true);
    let mut reporter = Reporter::new(Collected::default());
    let mut results = Results::default();
    for document in split(&request.manifests) {
        for result in check.document(&file, &document) {
            // This cannot fail, because nothing is written.
            _ = results.report(result, &mut reporter);
        }
    }
    let (Collected { entries, errors }, summary) = reporter.into_parts();
    let skipped = summary.skipped.iter();
    let not_checked = skipped.map(|(reason, number)| reason.counted(*number)).collect();
    Report { settings: None, entries, errors, summary, not_checked }
}

fn policies(text: &str) -> Result<Policies, String> {
    let settings = settings::from_yaml(text).map_err(|error| error.to_string())?;
    let policy = Policy::with_settings(&settings)
        .map_err(|message| format!("the settings are not valid: {message}"))?;
    Ok(Policies::everywhere(policy, "settings"))
}
