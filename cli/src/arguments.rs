//! The arguments that commands have in common.

use anyhow::{Context, Result, anyhow, bail};
use aws_pod_identity_kubernetes::settings;
use aws_pod_identity_trust::Listing;

use crate::evaluation::Policy;
use crate::output::{ColorChoice, Format, Palette, Style, note, renderer, stdout};
use crate::policies::Policies;
use crate::report::{FailOn, Header};
use crate::reporter::Reporter;
use crate::trust::is_issuer;

/// The settings of the policy.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Policy")]
#[group(required = false, multiple = false)]
pub struct PolicyArguments {
    /// File with the settings of the policy, in YAML or JSON
    #[arg(short, long, value_name = "FILE")]
    pub settings: Option<String>,
    /// File with ClusterAdmissionPolicies: their settings, rules, selectors and match conditions apply
    #[arg(long, value_name = "FILE")]
    pub from_policy: Option<String>,
}

impl PolicyArguments {
    /// The policies that the arguments name; none if there are no such arguments.
    pub fn named(&self) -> Result<Option<Policies>> {
        match (&self.from_policy, &self.settings) {
            (Some(path), _) => Policies::from_manifest(path).map(Some),
            (None, Some(path)) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
                let settings = settings::from_yaml(&text).with_context(|| path.clone())?;
                let policy = Policy::with_settings(&settings)
                    .map_err(|message| anyhow!("the settings are not valid: {message}"))?;
                Ok(Some(Policies::everywhere(policy, path)))
            }
            (None, None) => Ok(None),
        }
    }

    /// The policies that the arguments name, or one with the default settings.
    pub fn policies(&self) -> Result<Policies> {
        let default = || Policies::everywhere(Policy::default(), "default settings");
        Ok(self.named()?.unwrap_or_else(default))
    }
}

/// The roles of AWS, and the cluster whose tokens they should accept.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Roles")]
pub struct RoleArguments {
    /// File with IAM roles: output of `aws iam list-roles`, `aws iam get-account-authorization-details`, `terraform show
    /// -json` or others (docs/role-trust.md). The option can be repeated
    #[arg(long, value_name = "FILE")]
    pub roles: Vec<String>,
    /// URL of the cluster's OIDC provider. Required with --roles
    #[arg(long, value_name = "URL", requires = "roles")]
    pub issuer: Option<String>,
}

impl RoleArguments {
    /// Reads the files, if there are any. If a role cannot be read, it is unknown, and a note on standard error says why.
    pub fn listing(&self) -> Result<Option<Listing>> {
        if self.roles.is_empty() {
            return Ok(None);
        }
        let mut listing = Listing::default();
        for file in &self.roles {
            let bytes = std::fs::read(file).with_context(|| format!("cannot read {file}"))?;
            listing.add(file, &bytes)?;
        }
        for problem in listing.problems() {
            note(&problem);
        }
        Ok(Some(listing))
    }

    /// The issuer that the arguments name.
    pub fn issuer(&self) -> Result<&str> {
        let issuer = self.issuer.as_deref().ok_or_else(|| {
            anyhow!(
                "--issuer is missing, the URL of the cluster's OIDC provider; print it with: kubectl get --raw \
                 /.well-known/openid-configuration"
            )
        })?;
        if !is_issuer(issuer) {
            bail!(
                "--issuer {issuer:?} is not the URL of an OIDC provider, such as https://oidc.example.com"
            );
        }
        Ok(issuer)
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
    /// When to color text
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// Show only objects with findings, and do not show progress. Notes about what was not checked are still shown
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
        let (format, quiet, fail_on) = (self.output, self.quiet, self.fail_on);
        let style = Style { format, palette, quiet, fail_on };
        Ok(Reporter::new(renderer(style, header, stdout())?))
    }
}
