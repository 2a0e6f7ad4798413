//! Which credentials the AWS SDKs use in which containers, as `make sdk-matrix` recorded it.
//!
//! `environments.toml` describes the containers, `record/` has a file for each SDK, and `page.md` is the template
//! of `docs/sdk-credentials.md`. To look up the result of an SDK: [`Record::load`], then [`Record::row`].

pub mod environments;
pub mod page;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::environments::Environment;

/// An SDK of the matrix.
#[derive(Debug)]
pub struct Sdk {
    /// Its name in commands and in the names of files.
    pub id: &'static str,
    /// Its name in sentences.
    pub name: &'static str,
    /// Its name at the head of a column.
    pub column: &'static str,
    /// The call that was measured.
    pub note: &'static str,
}

/// All SDKs, in the order of the document: current ones, then older ones.
pub static SDKS: [Sdk; 12] = [
    sdk("boto3", "Python (boto3)", "Python", "`boto3.Session().get_credentials()`"),
    sdk("awscli", "the AWS CLI v1", "CLI v1", "`aws sts get-caller-identity`"),
    sdk("javascript-v3", "JavaScript v3", "JS v3", "the credentials of `new STSClient()`"),
    sdk("go-v2", "Go v2", "Go v2", "`config.LoadDefaultConfig`"),
    sdk("java-v2", "Java v2", "Java v2", "`DefaultCredentialsProvider`, with the module `sts`"),
    sdk("rust", "Rust", "Rust", "`aws_config::load_from_env`"),
    sdk(
        "cpp",
        "C++",
        "C++",
        "the one inside Apache Arrow for Python, by a request of its `S3FileSystem`",
    ),
    sdk(
        "crt",
        "the Common Runtime",
        "CRT",
        "`AwsCredentialsProvider.new_default_chain` of awscrt for Python",
    ),
    sdk(
        "javascript-v2",
        "JavaScript v2",
        "JS v2",
        "`AWS.config.getCredentials`; no longer maintained",
    ),
    sdk("go-v1", "Go v1", "Go v1", "`session.NewSession`; no longer maintained"),
    sdk(
        "java-v1",
        "Java v1",
        "Java v1",
        "`DefaultAWSCredentialsProviderChain`, with the module `sts`; no longer maintained",
    ),
    sdk(
        "ruby",
        "Ruby of 2022",
        "Ruby 2022",
        "the credentials of `Aws::STS::Client.new`, in the version of Debian 12",
    ),
];

const fn sdk(
    id: &'static str,
    name: &'static str,
    column: &'static str,
    note: &'static str,
) -> Sdk {
    Sdk { id, name, column, note }
}

/// Which credentials an SDK used.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
pub enum Used {
    /// Those of the pod's role, from STS for the token of the pod.
    Role,
    /// Those of a role that a profile names, from STS for the token of the pod.
    OtherRole,
    /// Those of a role that the pod's role assumed, as a profile says.
    SecondRole,
    /// Those of the STS of another host, for the token of the pod.
    Foreign,
    /// The access key in variables.
    AccessKey,
    /// The access key of a profile.
    Profile,
    /// Those of the agent of EKS Pod Identity.
    Agent,
    /// Those of another server on the same machine, as container credentials.
    Sidecar,
    /// Those of a server on another machine, as container credentials.
    Elsewhere,
    /// Those of the role of the node, from the instance metadata service.
    Node,
    /// An API key of Amazon Bedrock.
    BearerToken,
    /// An API key of Amazon Bedrock that is empty.
    EmptyBearerToken,
    /// None: an error, or no credentials.
    None,
}

impl Used {
    /// The word for it in the document and in its template.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::OtherRole => "other role",
            Self::SecondRole => "second role",
            Self::Foreign => "other STS",
            Self::AccessKey => "access key",
            Self::Profile => "profile",
            Self::Agent => "agent",
            Self::Sidecar => "sidecar",
            Self::Elsewhere => "other host",
            Self::Node => "node",
            Self::BearerToken => "API key",
            Self::EmptyBearerToken => "empty API key",
            Self::None => "fails",
        }
    }
}

impl fmt::Display for Used {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// The result of an SDK in one container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// The fingerprint of the container that it was measured in.
    environment: String,
    /// Which credentials it used.
    pub used: Used,
    /// The role that it asked STS for, with the token of the pod.
    pub role: Option<String>,
    /// The name of the session that it asked for.
    pub session: Option<String>,
    /// Its requests and their hosts, each once, in the order of the first time.
    #[serde(default)]
    pub asked: Vec<String>,
    /// The hosts that got the token for STS.
    #[serde(default)]
    pub token_sent_to: Vec<String>,
    /// The hosts that got the token for the agent.
    #[serde(default)]
    pub agent_token_sent_to: Vec<String>,
    /// The error, without parts that differ from run to run.
    pub error: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sdk: String,
    version: String,
    measured: String,
    rows: BTreeMap<String, Row>,
}

/// The measurements of one SDK.
#[derive(Debug)]
pub struct Measured {
    /// Which SDK it is.
    pub sdk: &'static Sdk,
    /// The versions that were measured.
    pub version: String,
    /// The day of the last measurement, as `YYYY-MM-DD`.
    pub day: String,
    rows: BTreeMap<String, Row>,
}

/// All measurements.
#[derive(Debug)]
pub struct Record {
    /// The containers, in the order of their table.
    pub environments: Vec<Environment>,
    /// The SDKs that were measured, in the order of [`SDKS`].
    pub sdks: Vec<Measured>,
}

impl Record {
    /// Reads the committed record. A row is an error if it was measured in another container than the one that the table
    /// describes.
    pub fn load() -> Result<Self> {
        let environments = environments::load(&folder().join("environments.toml"))?;
        let mut sdks = Vec::new();
        for sdk in &SDKS {
            let path = folder().join("record").join(format!("{}.json", sdk.id));
            if !path.exists() {
                continue;
            }
            let text = fs::read(&path).with_context(|| format!("{}", path.display()))?;
            let file: File =
                serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))?;
            ensure!(file.sdk == sdk.id, "{} is of {}", path.display(), file.sdk);
            sdks.push(Measured { sdk, version: file.version, day: file.measured, rows: file.rows });
        }
        let record = Self { environments, sdks };
        record.check()?;
        Ok(record)
    }

    fn check(&self) -> Result<()> {
        for Measured { sdk, rows, .. } in &self.sdks {
            for (id, row) in rows {
                let described = self.environments.iter().find(|environment| environment.id == *id);
                ensure!(
                    described
                        .is_some_and(|environment| environment.fingerprint() == row.environment),
                    "{}, {id}: environments.toml does not describe the container that was measured: \
                     run make sdk-matrix",
                    sdk.id
                );
            }
        }
        Ok(())
    }

    /// The result of the SDK in the container; none if it was not measured.
    pub fn row(&self, sdk: &str, environment: &str) -> Option<&Row> {
        self.sdks.iter().find(|measured| measured.sdk.id == sdk)?.rows.get(environment)
    }

    /// The result of each measured SDK in the container.
    pub fn rows(&self, environment: &str) -> impl Iterator<Item = (&'static Sdk, &Row)> {
        self.sdks
            .iter()
            .filter_map(move |measured| Some((measured.sdk, measured.rows.get(environment)?)))
    }
}

/// The directory of this crate.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
