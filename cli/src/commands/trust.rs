//! `trust`: who may assume which role in a cluster, and the ConfigMap of the setting `roleTrust`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use aws_pod_identity_core::escaped;
use aws_pod_identity_kubernetes::kind::{self, SERVICE_ACCOUNT};
use aws_pod_identity_kubernetes::object::{DEFAULT_NAMESPACE, namespace_or, text_at};
use aws_pod_identity_trust::audit::{SubjectScope, broad_trusts, missing_accounts, table};
use aws_pod_identity_trust::export::Export;
use aws_pod_identity_trust::subject::PREFIX;
use aws_pod_identity_trust::{Certainty, Listing, Rule};
use jiff::{Timestamp, Unit};

use super::print;
use crate::arguments::RoleArguments;
use crate::input::Manifests;
use crate::output::{note, skipped};

/// Show which service accounts can assume which role, and which roles trust too many.
///
/// Reads the roles of an AWS account from files, and compares their trust policies with the OIDC provider of the cluster. Exits
/// with 0 even if roles trust too many service accounts, unless --fail-on is warn.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// What makes the program exit with 1
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    fail_on: TrustFailOn,
    #[command(flatten)]
    roles: RoleArguments,
    /// Manifests with service accounts. The command also lists roles that trust other service accounts
    #[arg(help_heading = "Arguments", value_name = "PATH")]
    paths: Vec<String>,
    /// Namespace of service accounts without one
    #[arg(help_heading = "Arguments", short, long, default_value = DEFAULT_NAMESPACE)]
    namespace: String,
}

/// What makes the program exit with 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum TrustFailOn {
    /// A role that trusts several service accounts by a wildcard or without a condition, or a service account that is not
    /// among the manifests
    Warn,
    /// Nothing
    #[default]
    Never,
}

#[derive(clap::Subcommand)]
enum Command {
    Export(ExportArguments),
}

/// Write the ConfigMap of the setting roleTrust: which service accounts can assume each role.
#[derive(clap::Args)]
struct ExportArguments {
    #[command(flatten)]
    roles: RoleArguments,
    /// Namespace of the ConfigMap
    #[arg(help_heading = "ConfigMap", short, long, default_value = "kubewarden")]
    namespace: String,
    /// Name of the ConfigMap
    #[arg(help_heading = "ConfigMap", long, default_value = "aws-role-trust")]
    name: String,
    /// When the roles were listed, in the format of RFC 3339 (default: the time of the oldest file)
    #[arg(help_heading = "ConfigMap", long, value_name = "TIME")]
    time: Option<Timestamp>,
    /// File to write (default: standard output)
    #[arg(help_heading = "ConfigMap", long, value_name = "FILE")]
    file: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8> {
    match &arguments.command {
        Some(Command::Export(export)) => write_export(export),
        None => show(arguments),
    }
}

fn some_roles(roles: &RoleArguments) -> Result<Listing> {
    let Some(listing) = roles.listing()? else {
        bail!("--roles is missing, a file such as the output of `aws iam list-roles`");
    };
    Ok(listing)
}

fn write_export(arguments: &ExportArguments) -> Result<u8> {
    let issuer = arguments.roles.issuer()?;
    let listing = some_roles(&arguments.roles)?;
    let time = match &arguments.time {
        Some(time) => time.to_string(),
        None => oldest(&arguments.roles.roles)?,
    };
    let manifest =
        Export::new(&listing, issuer, &time)?.to_manifest(&arguments.namespace, &arguments.name);
    if listing.accounts().next().is_none() {
        note("no listing covers a whole account, so roles that are missing are not reported");
    }
    match &arguments.file {
        Some(file) => {
            std::fs::write(file, manifest).with_context(|| format!("cannot write {file}"))?;
        }
        None => print(manifest.as_bytes())?,
    }
    Ok(0)
}

/// When the oldest of the files was written.
fn oldest(files: &[String]) -> Result<String> {
    let mut oldest = SystemTime::now();
    for file in files {
        let written = std::fs::metadata(file).and_then(|metadata| metadata.modified());
        oldest = oldest.min(written.with_context(|| format!("cannot read {file}"))?);
    }
    let time = Timestamp::try_from(oldest).context("the time of a file")?;
    Ok(time.round(Unit::Second)?.to_string())
}

fn show(arguments: &Arguments) -> Result<u8> {
    let issuer = arguments.roles.issuer()?;
    let listing = some_roles(&arguments.roles)?;
    let mut text = String::new();
    let rows = table(&listing, issuer);
    let rows: Vec<_> = rows.iter().filter(|row| certainty(&row.rules) != Certainty::Deny).collect();
    for row in &rows {
        let arn = row.role.arn.as_ref().map(ToString::to_string);
        text.push_str(&escaped(&arn.unwrap_or_else(|| format!("{} (planned)", row.role.name))));
        text.push('\n');
        for rule in &row.rules {
            text.push_str(&escaped(&line(rule)));
            text.push('\n');
        }
    }
    let count =
        |certainty| rows.iter().filter(|row| self::certainty(&row.rules) == certainty).count();
    let (some, maybe) = (count(Certainty::Allow), count(Certainty::Maybe));
    let all = listing.roles().len();
    let others = all - some - maybe;
    let maybe = match maybe {
        0 => String::new(),
        _ => format!(" {maybe} may, depending on other conditions;"),
    };
    if !text.is_empty() {
        text.push('\n');
    }
    writeln!(
        text,
        "{some} of {all} roles can be assumed with tokens of {issuer};{maybe} {others} cannot."
    )?;
    let broad = broad_trusts(&listing, issuer);
    if !broad.is_empty() {
        text.push_str("\nRoles that trust more than one service account by a wildcard, or without a condition:\n");
    }
    for found in &broad {
        let whom = match &found.scope {
            SubjectScope::Everyone => "everyone, also outside of this cluster".to_owned(),
            SubjectScope::Cluster => "every service account of the cluster".to_owned(),
            SubjectScope::Namespaces => "service accounts of several namespaces".to_owned(),
            SubjectScope::Namespace(namespace) => {
                format!("every service account of the namespace {namespace}")
            }
            SubjectScope::Names(namespace) => {
                format!("service accounts of the namespace {namespace}")
            }
        };
        text.push_str(&escaped(&format!("  {}: {} ({whom})", found.role.name, found.pattern)));
        text.push('\n');
    }
    let mut warned = !broad.is_empty();
    if !arguments.paths.is_empty() {
        let manifests = Manifests::read(&arguments.paths, &arguments.namespace)?;
        let accounts = accounts(&manifests, &arguments.namespace);
        let missing = missing_accounts(&listing, issuer, |namespace, name| {
            accounts.contains(&(namespace.to_owned(), name.to_owned()))
        });
        if !missing.is_empty() {
            warned = true;
            text.push_str(
                "\nRoles that trust service accounts which are not among the manifests:\n",
            );
        }
        for found in missing {
            text.push_str(&escaped(&format!(
                "  {}: {}/{}",
                found.role.name, found.namespace, found.name
            )));
            text.push('\n');
        }
        if !manifests.skipped.is_empty() {
            writeln!(text, "\n{}", skipped(&manifests.skipped))?;
        }
    }
    print(text.as_bytes())?;
    Ok(u8::from(warned && arguments.fail_on == TrustFailOn::Warn))
}

/// Whether some token of the cluster can assume the role of these rules. A rule that denies other patterns is not compared.
fn certainty(rules: &[Rule]) -> Certainty {
    let covers = |patterns: &[String], others: &[String]| patterns == ["*"] || patterns == others;
    let is_denied = |rule: &Rule| {
        let mut denying = rules.iter().filter(|one| one.certainty == Certainty::Deny);
        denying.any(|one| {
            covers(&one.subjects, &rule.subjects) && covers(&one.audiences, &rule.audiences)
        })
    };
    let has = |certainty| rules.iter().any(|rule| rule.certainty == certainty && !is_denied(rule));
    if has(Certainty::Allow) {
        Certainty::Allow
    } else if has(Certainty::Maybe) {
        Certainty::Maybe
    } else {
        Certainty::Deny
    }
}

/// The service accounts of a rule: `  shop/api` or `  shop/* (unless another condition denies it)`.
fn line(Rule { certainty, subjects, audiences }: &Rule) -> String {
    let subjects: Vec<_> = subjects
        .iter()
        .map(|subject| match subject.strip_prefix(PREFIX) {
            Some(account) => account.replacen(':', "/", 1),
            None => subject.clone(),
        })
        .collect();
    let audiences = match audiences.join(", ") {
        any if any == "*" => String::new(),
        some => format!(" with the audience {some}"),
    };
    let note = match certainty {
        Certainty::Allow => "",
        Certainty::Maybe => " (depends on other conditions)",
        Certainty::Deny => " (denied)",
    };
    format!("  {}{audiences}{note}", subjects.join(", "))
}

/// Namespace and name of each service account, and the account `default` of their namespaces.
fn accounts(manifests: &Manifests, namespace: &str) -> BTreeSet<(String, String)> {
    let mut accounts = BTreeSet::new();
    for (_, object) in &manifests.objects {
        if !kind::of(object).is_some_and(|(kind, _)| kind == SERVICE_ACCOUNT) {
            continue;
        }
        let namespace = namespace_or(object, namespace);
        accounts.insert((namespace.to_owned(), "default".to_owned()));
        accounts.insert((namespace.to_owned(), text_at(object, "/metadata/name").to_owned()));
    }
    accounts
}
