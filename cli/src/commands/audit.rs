//! `audit`: checks a live cluster.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use aws_pod_identity_cluster::{Connection, Options, ReadError};

use crate::arguments::{OutputArguments, PolicyArguments, RoleArguments};
use crate::audit::{self, Audit};
use crate::object_checker::ObjectChecker;
use crate::progress::Progress;
use crate::report::Header;
use crate::trust::{TrustChecks, is_issuer};

/// Audit a live cluster: service accounts, workloads and running pods.
///
/// Reads the cluster of your kubeconfig with get and list requests, and changes nothing. Evaluates the policy for every object
/// as if the object were created now, and reports what the policy would reject, warn about or inject. Also reports pods that
/// run without the identity of their service account. Uses the settings and the namespaces of the installed
/// ClusterAdmissionPolicies of this policy, unless --settings or --from-policy is set. With --roles, also checks whether the
/// trust policies of the roles allow the service accounts.
///
/// Exits with 0 if no finding is at or above --fail-on, with 1 if there is such a finding, and with 2 if something could not be
/// read.
#[derive(clap::Args)]
#[command(mut_arg("issuer", |issuer| issuer.help("URL of the cluster's OIDC provider (default: the issuer of the API server)")))]
#[command(after_long_help = "Examples:
  aws-pod-identity audit
  aws-pod-identity audit --context production -n payments --diff
  aws iam list-roles --output json >roles.json
  aws-pod-identity audit --roles roles.json -o html >report.html")]
pub(super) struct Arguments {
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    roles: RoleArguments,
    /// Kubeconfig file (default: KUBECONFIG, ~/.kube/config, or the service account of the pod)
    #[arg(help_heading = "Cluster", long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig (default: the current one)
    #[arg(help_heading = "Cluster", long, value_name = "NAME")]
    context: Option<String>,
    /// Audit this namespace only. The option can be repeated (default: all namespaces)
    #[arg(help_heading = "Cluster", short, long = "namespace", value_name = "NAME", value_parser = namespace)]
    namespaces: Vec<String>,
    /// Seconds without an answer from the API server after which a request fails
    #[arg(help_heading = "Cluster", long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    request_timeout: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8> {
    // Problems of the files are reported before the first request.
    let listing = arguments.roles.listing()?;
    let progress = Progress::new(arguments.output.quiet);
    let notices = progress.clone();
    let options = Options {
        kubeconfig: arguments.kubeconfig.clone(),
        context: arguments.context.clone(),
        request_timeout: Duration::from_secs(arguments.request_timeout),
    };
    let connection = Connection::open(&options, move |text| notices.status(text))?;
    let trust = match listing {
        Some(listing) => Some(TrustChecks::new(listing, &issuer(&arguments.roles, &connection)?)),
        None => None,
    };
    let (policies, unread) = match arguments.policy.named()? {
        Some(policies) => (policies, Vec::new()),
        None => audit::installed(&connection)?,
    };
    let policies = policies.map(audit::for_audit);
    progress.status(&format!("auditing {} with {}", connection.name(), policies.source()));
    if let Some(trust) = &trust {
        progress.status(&format!("checking roles for tokens of {}", trust.issuer()));
    }
    for note in policies.notes() {
        progress.notice(note);
    }
    let reporter = arguments.output.reporter(&Header::new("audit", policies.source()))?;
    let mut checker = ObjectChecker::new(policies, arguments.output.diff);
    if let Some(trust) = trust {
        checker = checker.with_trust(trust);
    }
    let mut audit = Audit::new(&connection, checker, reporter, progress);
    for unread in &unread {
        audit.unread(unread)?;
    }
    audit.run(&arguments.namespaces, arguments.output.fail_on)
}

/// The issuer that the arguments name, or that of the cluster.
fn issuer(roles: &RoleArguments, connection: &Connection) -> Result<String> {
    if roles.issuer.is_some() {
        return Ok(roles.issuer()?.to_owned());
    }
    match connection.issuer() {
        Ok(issuer) if is_issuer(&issuer) => Ok(issuer),
        Ok(issuer) => bail!(
            "the API server gives the issuer {issuer:?}, which is not the URL of an OIDC provider; set --issuer"
        ),
        Err(error) if error.concerns_all_requests() => bail!(error),
        Err(error @ ReadError::Forbidden(_)) => bail!(
            "the issuer of the cluster cannot be read: {error}; set --issuer, or bind the ClusterRole \
             system:service-account-issuer-discovery"
        ),
        Err(error) => bail!("the issuer of the cluster cannot be read: {error}; set --issuer"),
    }
}

/// The name of a namespace is part of a path of the API.
fn namespace(name: &str) -> Result<String> {
    let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > 63 || !name.bytes().all(valid) {
        bail!("a namespace has at most 63 lowercase letters, digits and hyphens");
    }
    Ok(name.to_owned())
}
