//! `explain`: the documentation of findings.

use std::io::Write;

use anyhow::{Result, anyhow};
use aws_pod_identity_core::{FindingKind, Severity, similar_finding};

use crate::arguments::PolicyArguments;
use crate::output::{ColorChoice, Palette, documentation, stdout};

/// Explain a finding, or list all findings with their severities.
#[derive(clap::Args)]
#[command(after_long_help = "Examples:
  aws-pod-identity explain role-arn-malformed
  aws-pod-identity explain --settings settings.yaml")]
pub(super) struct Arguments {
    /// ID of the finding, such as role-arn-malformed. Without it, the command lists all findings
    #[arg(value_name = "FINDING")]
    finding: Option<String>,
    #[command(flatten)]
    policy: PolicyArguments,
    /// When to color text
    #[arg(help_heading = "Output", long, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorChoice,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8> {
    let palette = Palette::for_stdout(arguments.color);
    let severities = arguments.policy.policies()?.first().severities();
    let mut out = stdout();
    match &arguments.finding {
        None => list(&mut out, palette, &severities)?,
        Some(id) => {
            let id = id.trim_matches(['[', ']']);
            let text = documentation::of(id).ok_or_else(|| unknown(id))?;
            let found = severities.iter().find(|(kind, _)| kind.id() == id);
            let severity = found.map(|(_, severity)| format!("  ({})", name(*severity)));
            let severity = severity.unwrap_or_default();
            writeln!(out, "{}{severity}\n{}\n", palette.bold(id), text.summary)?;
            writeln!(out, "{}", documentation::without_relative_links(text.section))?;
        }
    }
    out.flush()?;
    Ok(0)
}

fn list(
    out: &mut dyn Write,
    palette: Palette,
    severities: &[(FindingKind, Severity)],
) -> Result<()> {
    let width = severities.iter().map(|(kind, _)| kind.id().len()).max().unwrap_or_default();
    for (kind, severity) in severities {
        let padded = format!("{:6}", name(*severity));
        let shown = match severity {
            Severity::Reject => palette.red(&padded),
            Severity::Warn => palette.yellow(&padded),
            Severity::Off => palette.faint(&padded),
        };
        let summary = documentation::of(kind.id()).map_or("", |text| text.summary);
        writeln!(out, "{shown}  {:width$}  {summary}", kind.id())?;
    }
    Ok(())
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Reject => "reject",
        Severity::Warn => "warn",
        Severity::Off => "off",
    }
}

fn unknown(id: &str) -> anyhow::Error {
    let similar = similar_finding(id);
    let hint = similar.map(|known| format!("; did you mean {known}?")).unwrap_or_default();
    anyhow!("there is no finding {id:?}{hint} (aws-pod-identity explain lists all findings)")
}
