//! `check`: what the policy does with manifests.

use anyhow::Result;
use aws_pod_identity_kubernetes::{kind, manifests};

use crate::arguments::{OutputArguments, PolicyArguments};
use crate::report::{Header, Source};
use crate::trust::{RoleArguments, TrustChecks};
use crate::{entry, evaluation};

/// Check manifests: what the policy would inject, warn about or reject.
///
/// Reads every object, and for workloads the pod that they would create. Service accounts and ConfigMaps among the
/// manifests are what the policy finds in the cluster. Exits with 0 when nothing is rejected, 1 when something is, and 2
/// when the input cannot be used.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    roles: RoleArguments,
    /// Manifests in YAML or JSON: files, directories, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8> {
    let (mut policy, settings) = arguments.policy.policy()?;
    let trust = TrustChecks::new(&arguments.roles, &policy)?;
    if trust.is_some() {
        policy = policy.without_role_trust();
    }
    let manifests = manifests::read(&arguments.paths)?;
    let cluster = evaluation::cluster(&manifests);
    let mut reporter = arguments.output.reporter(&Header::new("check", settings))?;
    for manifest in &manifests {
        if kind::of(&manifest.object).is_none() {
            reporter.skip("of other kinds", 1);
            continue;
        }
        let requests = evaluation::requests_of(&manifest.origin, &manifest.object).into_iter();
        let answers = requests.map(|request| policy.evaluate(request, &cluster));
        let answers = answers.collect::<Result<Vec<_>, _>>()?;
        let origin = manifest.origin.clone();
        let source = Source::File { file: origin.file, document: origin.document, line: 1 };
        let mut entry = entry::of(source, &manifest.object, &answers, arguments.output.diff);
        if let Some(trust) = &trust {
            trust.check(&mut entry, &answers);
        }
        reporter.entry(&entry)?;
    }
    Ok(reporter.finish(arguments.output.fail_on)?)
}
