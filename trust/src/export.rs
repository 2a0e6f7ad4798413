//! Writes the compact form that [`exported`](crate::exported) reads.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use aws_pod_identity_json::push_string;

use crate::exported::{FORMAT, MAX_ENTRY, key};
use crate::listing::Listing;
use crate::request::without_scheme;
use crate::rules::{self, Certainty, Rule};

/// The limit of Kubernetes for the data of a ConfigMap ("ConfigMaps"): keys and values, in bytes.
const MAX_DATA: usize = 1024 * 1024;

/// etcd takes requests of at most 1.5 MiB, of which other metadata gets a part; bytes.
const MAX_STORED: usize = 1472 * 1024;

/// The size that an entry takes in addition: the API server records the key a second time, as a field that `kubectl apply` manages
/// ("Server-Side Apply"); bytes. Measured with API servers, and rounded up.
const PER_ENTRY: usize = 16;

/// The data of a ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    data: BTreeMap<String, String>,
}

/// Why a listing cannot be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportError {
    /// The ConfigMap would be larger than Kubernetes allows.
    TooLarge {
        /// The size, bytes.
        bytes: usize,
        /// The limit, bytes.
        limit: usize,
        /// The number of roles.
        roles: usize,
    },
}

impl Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::TooLarge { bytes, limit, roles } = self;
        write!(
            f,
            "{roles} roles take {bytes} bytes, and a ConfigMap can have {limit}: list the roles of this cluster \
             only, for example with `aws iam list-roles --path-prefix`"
        )
    }
}

impl std::error::Error for ExportError {}

impl Export {
    /// Who may assume each role of the listing with tokens of that issuer. `time` says when the listing was taken
    /// (RFC 3339). Roles that Terraform has not created yet are left out.
    pub fn new(listing: &Listing, issuer: &str, time: &str) -> Result<Self, ExportError> {
        let issuer = without_scheme(issuer);
        let accounts: Vec<_> = listing.accounts().collect();
        let mut data = BTreeMap::from(
            [
                ("format", FORMAT),
                ("issuer", issuer),
                ("time", time),
                ("accounts", &accounts.join(" ")),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        for role in listing.roles() {
            let Some(arn) = role.arn.as_ref().map(ToString::to_string) else { continue };
            let Some(key) = key(&arn) else { continue };
            let entry = entry(&arn, &rules::of_role(role, issuer));
            let known = data.entry(key).or_default();
            if !known.is_empty() {
                known.push_str(" | ");
            }
            known.push_str(&entry);
        }
        let roles = listing.roles().len();
        let size =
            |of: fn(&str, &str) -> usize| data.iter().map(|(key, value)| of(key, value)).sum();
        let in_data = size(|key, value| key.len() + value.len());
        let stored = size(|key, value| 2 * key.len() + value.len() + PER_ENTRY);
        for (bytes, limit) in [(in_data, MAX_DATA), (stored, MAX_STORED)] {
            if bytes > limit {
                return Err(ExportError::TooLarge { bytes, limit, roles });
            }
        }
        Ok(Self { data })
    }

    /// The keys and values.
    pub fn data(&self) -> &BTreeMap<String, String> {
        &self.data
    }

    /// The ConfigMap as JSON, which `kubectl apply --server-side` takes. (Without `--server-side`, kubectl stores a copy
    /// in an annotation, which cannot have more than 256 KiB.)
    pub fn to_manifest(&self, namespace: &str, name: &str) -> String {
        let mut text =
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"ConfigMap\",\n  \"metadata\": {\"name\": "
                .to_owned();
        push_string(&mut text, name);
        text.push_str(", \"namespace\": ");
        push_string(&mut text, namespace);
        text.push_str("},\n  \"data\": {");
        for (number, (key, value)) in self.data.iter().enumerate() {
            text.push_str(if number == 0 { "\n    " } else { ",\n    " });
            push_string(&mut text, key);
            text.push_str(": ");
            push_string(&mut text, value);
        }
        text.push_str("\n  }\n}\n");
        text
    }
}

fn entry(arn: &str, rules: &[Rule]) -> String {
    let mut text = arn.to_owned();
    for rule in rules {
        let verb = match rule.certainty {
            Certainty::Allow => "allow",
            Certainty::Maybe => "maybe",
            Certainty::Deny => "deny",
        };
        text.push_str("; ");
        text.push_str(verb);
        text.push(' ');
        text.push_str(&rule.subjects.join(","));
        if rule.audiences != ["*"] {
            text.push_str(" for ");
            text.push_str(&rule.audiences.join(","));
        }
    }
    // Several entries can share a key.
    if text.len() > MAX_ENTRY / 4 { format!("{arn}; maybe *") } else { text }
}
