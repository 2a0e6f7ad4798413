//! The arguments that commands have in common.

use anyhow::{Context, Result, anyhow, bail};
use aws_pod_identity_kubernetes::kind::Kind;
use aws_pod_identity_kubernetes::policy::ClusterPolicy;
use aws_pod_identity_kubernetes::{manifests, settings};
use serde_json::Value;

use crate::evaluation::Policy;
use crate::output::{ColorChoice, Format, Palette, Style, renderer, stdout};
use crate::report::{FailOn, Header, Reporter};

/// The settings of the policy.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Policy")]
#[group(required = false, multiple = false)]
pub struct PolicyArguments {
    /// File with the settings of the policy, in YAML or JSON
    #[arg(short, long, value_name = "FILE")]
    pub settings: Option<String>,
    /// File with ClusterAdmissionPolicies: their settings, rules and selectors decide (match conditions do not)
    #[arg(long, value_name = "FILE")]
    pub from_policy: Option<String>,
}

/// The policies in force, and where they are from.
pub struct Policies {
    /// Where the settings are from.
    pub source: String,
    first: (Option<ClusterPolicy>, Policy),
    others: Vec<(Option<ClusterPolicy>, Policy)>,
}

impl Policies {
    /// One policy for all objects.
    pub fn everywhere(policy: Policy, source: impl Into<String>) -> Self {
        Self { source: source.into(), first: (None, policy), others: Vec::new() }
    }

    /// The policy that evaluates objects of this kind in this namespace, with these labels; none if no policy gets them.
    pub fn of(
        &self,
        kind: Kind,
        namespace: &str,
        namespace_labels: &Value,
        object: &Value,
    ) -> Option<&Policy> {
        let selects = |scope: &ClusterPolicy| {
            scope.covers(kind)
                && scope.selects_namespace(namespace, Some(namespace_labels))
                && scope.selects_object(object)
        };
        let mut policies = std::iter::once(&self.first).chain(&self.others);
        let found = policies.find(|(scope, _)| scope.as_ref().is_none_or(selects));
        found.map(|(_, policy)| policy)
    }

    /// The first policy, whose severities findings of the program itself have.
    pub fn first(&self) -> &Policy {
        &self.first.1
    }

    /// The same policies without the setting `roleTrust`: roles are checked otherwise.
    #[must_use]
    pub fn without_role_trust(self) -> Self {
        let without = |(scope, policy): (_, Policy)| (scope, policy.without_role_trust());
        Self {
            source: self.source,
            first: without(self.first),
            others: self.others.into_iter().map(without).collect(),
        }
    }
}

impl PolicyArguments {
    /// The policies, and where their settings are from.
    pub fn policies(&self) -> Result<Policies> {
        let Some(path) = &self.from_policy else {
            let (policy, source) = self.policy()?;
            return Ok(Policies::everywhere(policy, source));
        };
        let mut policies = Vec::new();
        for manifest in manifests::read(std::slice::from_ref(path))? {
            if !ClusterPolicy::is_one(&manifest.object) {
                continue;
            }
            let scope = ClusterPolicy::from_object(&manifest.object)
                .with_context(|| manifest.origin.to_string())?;
            if scope.is_this_policy() {
                let policy = Policy::with_settings(&scope.settings).map_err(|message| {
                    anyhow!("{}: the settings are not valid: {message}", manifest.origin)
                })?;
                policies.push((Some(scope), policy));
            }
        }
        let mut policies = policies.into_iter();
        let Some(first) = policies.next() else {
            bail!(
                "{path}: no ClusterAdmissionPolicy with the module aws-pod-identity-policy in this file"
            );
        };
        Ok(Policies { source: path.clone(), first, others: policies.collect() })
    }

    /// The settings as JSON, and where they are from.
    pub fn settings(&self) -> Result<(Value, String)> {
        match (&self.settings, &self.from_policy) {
            (Some(path), _) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
                Ok((settings::from_yaml(&text).with_context(|| path.clone())?, path.clone()))
            }
            (None, Some(path)) => {
                let (scope, _) = self.policies()?.first;
                Ok((scope.map_or_else(settings::none, |scope| scope.settings), path.clone()))
            }
            (None, None) => Ok((settings::none(), "default settings".to_owned())),
        }
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
        let (format, quiet, fail_on) = (self.output, self.quiet, self.fail_on);
        let style = Style { format, palette, quiet, fail_on };
        Ok(Reporter::new(renderer(style, header, stdout())?))
    }
}
