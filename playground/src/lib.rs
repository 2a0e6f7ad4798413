//! The report of `aws-pod-identity check`, for texts instead of files.

use aws_pod_identity_cli::check::{Check, CheckResult, Seen};
use aws_pod_identity_cli::cluster_state::ClusterState;
use aws_pod_identity_cli::evaluation::Policy;
use aws_pod_identity_cli::input::File;
use aws_pod_identity_cli::policies::Policies;
use aws_pod_identity_cli::report::{Entry, Summary, Unreadable};
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
    let mut report = Report::default();
    let mut seen = Seen::default();
    for document in split(&request.manifests) {
        for found in check.document(&file, &document) {
            match found {
                CheckResult::Entry(mut entry) => {
                    seen.note(&mut entry);
                    report.summary.count(&entry);
                    report.entries.push(*entry);
                }
                CheckResult::Error(error) => {
                    report.summary.totals.errors += 1;
                    report.errors.push(error);
                }
                CheckResult::Skipped(reason) => report.summary.skip(&reason, 1),
            }
        }
    }
    report
}

fn policies(text: &str) -> Result<Policies, String> {
    let settings = settings::from_yaml(text).map_err(|error| error.to_string())?;
    let policy = Policy::with_settings(&settings)
        .map_err(|message| format!("the settings are not valid: {message}"))?;
    Ok(Policies::everywhere(policy, "settings"))
}
