//! `audit`: what the policy says about a live cluster.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use aws_pod_identity_cluster::{Connection, Options};

use crate::arguments::{OutputArguments, PolicyArguments};
use crate::audit::{self, Audit, Progress};
use crate::report::Header;

/// Audit a live cluster: service accounts, workloads and running pods.
///
/// Reads the cluster of your kubeconfig with get and list, changes nothing, and asks the policy about every object, as if
/// the object were created now: what would be rejected, warned about or injected, and which pods run without the identity
/// that their service account gives them. Uses the settings and the namespaces of the installed ClusterAdmissionPolicies of
/// this policy, unless --settings or --from-policy says otherwise. Exits with 0 when nothing would be rejected, 1 when
/// something would be, and 2 when something could not be read.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    output: OutputArguments,
    /// Kubeconfig file (default: KUBECONFIG, ~/.kube/config, or the service account of the pod)
    #[arg(help_heading = "Cluster", long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig (default: the current one)
    #[arg(help_heading = "Cluster", long, value_name = "NAME")]
    context: Option<String>,
    /// Audit this namespace only; can be repeated (default: all namespaces)
    #[arg(help_heading = "Cluster", short, long = "namespace", value_name = "NAME", value_parser = namespace)]
    namespaces: Vec<String>,
    /// Give up on a request when the API server sends nothing for so many seconds
    #[arg(help_heading = "Cluster", long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    request_timeout: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8> {
    let progress = Progress::new(arguments.output.quiet);
    let notices = progress.clone();
    let options = Options {
        kubeconfig: arguments.kubeconfig.clone(),
        context: arguments.context.clone(),
        request_timeout: Duration::from_secs(arguments.request_timeout),
    };
    let connection = Connection::open(&options, move |notice| notices.notice(notice))?;
    let (policies, unread) = match arguments.policy.named()? {
        Some(policies) => (policies, None),
        None => audit::installed(&connection)?,
    };
    let policies = policies.map(audit::for_audit);
    progress.notice(&format!("auditing {} with {}", connection.name(), policies.source()));
    for note in policies.notes() {
        progress.notice(note);
    }
    let reporter = arguments.output.reporter(&Header::new("audit", policies.source()))?;
    let mut audit = Audit::new(&connection, policies, reporter, progress, arguments.output.diff);
    if let Some(unread) = unread {
        audit.unread(&unread)?;
    }
    audit.run(&arguments.namespaces, arguments.output.fail_on)
}

/// The name of a namespace is part of a path of the API.
fn namespace(name: &str) -> Result<String> {
    let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > 63 || !name.bytes().all(valid) {
        bail!("a namespace has at most 63 lowercase letters, digits and hyphens");
    }
    Ok(name.to_owned())
}
