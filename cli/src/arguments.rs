//! The arguments that commands have in common.

use anyhow::{Context, Result, anyhow};
use aws_pod_identity_kubernetes::settings;
use serde_json::Value;

use crate::evaluation::Policy;
use crate::output::{ColorChoice, Format, Palette, Style, renderer, stdout};
use crate::report::{FailOn, Header, Reporter};

/// The settings of the policy.
#[derive(Clone, Debug, clap::Args)]
#[group(required = false, multiple = false)]
pub struct PolicyArguments {
    /// File with the settings of the policy, in YAML or JSON
    #[arg(short, long, value_name = "FILE")]
    pub settings: Option<String>,
}

impl PolicyArguments {
    /// The settings, and where they are from.
    pub fn settings(&self) -> Result<(Value, String)> {
        Ok(match &self.settings {
            None => (settings::none(), "default settings".to_owned()),
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
                (settings::from_yaml(&text).with_context(|| path.clone())?, path.clone())
            }
        })
    }

    /// The policy, and where its settings are from.
    pub fn policy(&self) -> Result<(Policy, String)> {
        let (value, source) = self.settings()?;
        let policy = Policy::with_settings(&value)
            .map_err(|message| anyhow!("the settings are not valid: {message}"))?;
        Ok((policy, source))
    }
}

/// How a report is shown.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArguments {
    /// Format of the report
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Format,
    /// What makes the program exit with 1
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub fail_on: FailOn,
    /// When text has colors
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// Show only objects with findings, and no progress
    #[arg(short, long)]
    pub quiet: bool,
    /// Show what would be injected as a diff
    #[arg(long, overrides_with = "no_diff")]
    pub diff: bool,
    /// Do not show what would be injected as a diff (the default)
    #[arg(long, overrides_with = "diff")]
    pub no_diff: bool,
}

impl OutputArguments {
    /// A report on standard output.
    pub fn reporter(&self, header: &Header) -> Result<Reporter> {
        let palette = Palette::for_stdout(self.color);
        let style = Style { format: self.output, palette, quiet: self.quiet };
        Ok(Reporter::new(renderer(style, header, stdout())?))
    }
}
