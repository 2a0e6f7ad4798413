//! Whether AWS gives an object its role, as data.

use serde::Serialize;

/// Whether a role trusts a service account.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trust {
    /// The answer.
    pub state: TrustState,
    /// The reason.
    pub reason: Option<String>,
    /// The comparisons of AWS, in their order. The chain ends at the first one that does not match.
    pub chain: Vec<TrustLink>,
}

/// One comparison of AWS.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustLink {
    /// `role`, `provider`, `subject`, `audience`, `service`, `actions` or `conditions`.
    pub step: &'static str,
    /// How the comparison ends.
    pub state: TrustLinkState,
    /// The value that has to match; none for `conditions`.
    pub value: Option<String>,
}

/// How a comparison ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustLinkState {
    /// It matches.
    Matches,
    /// It does not.
    Differs,
    /// It depends on facts that the input does not have.
    Unknown,
}

/// Whether a role trusts a service account. Of the states of several roles, the last one in this list is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustState {
    /// It does.
    Trusted,
    /// It depends on facts that the input does not have.
    Unknown,
    /// It does not.
    NotTrusted,
}
