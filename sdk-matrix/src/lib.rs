//! Which credentials AWS SDKs use in the containers of `environments.toml`, as `make sdk-matrix` recorded it.
//!
//! To look up the result of an SDK: [`Record::load`], then [`Record::row`].

pub mod environments;
pub mod page;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::environments::Environment;

/// An SDK that is measured.
#[derive(Debug)]
pub struct Sdk {
    /// Its name in commands and in the names of files.
    pub id: &'static str,
    /// Its name in sentences.
    pub name: &'static str,
    /// Its name in tables.
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

/// Which credentials an SDK used. The names are those of the record and of the document.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Used {
    /// The pod's role, from STS for the token of the pod.
    Role,
    /// A role that a profile names, from STS for the token of the pod.
    #[serde(rename = "other role")]
    OtherRole,
    /// A role that a profile names, assumed with the credentials of the first role or of the agent.
    #[serde(rename = "second role")]
    SecondRole,
    /// From an STS that does not belong to AWS, for the token of the pod.
    #[serde(rename = "other STS")]
    OtherSts,
    /// The access key in variables.
    #[serde(rename = "access key")]
    AccessKey,
    /// The access key of a profile.
    Profile,
    /// From the EKS Pod Identity agent.
    Agent,
    /// Container credentials from another server on the same machine.
    Sidecar,
    /// Container credentials from a server on another machine.
    #[serde(rename = "other host")]
    OtherHost,
    /// The role of the node, from the instance metadata service.
    Node,
    /// An API key of Amazon Bedrock.
    #[serde(rename = "API key")]
    ApiKey,
    /// An API key of Amazon Bedrock that is empty.
    #[serde(rename = "empty API key")]
    EmptyApiKey,
    /// None: the SDK reports an error.
    Fails,
    /// None, without an error.
    None,
}

impl fmt::Display for Used {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

/// The result of an SDK in one container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// The fingerprint of the container.
    environment: String,
    /// Which credentials it used.
    pub used: Used,
    /// The role that it requested from STS with the token of the pod.
    pub role: Option<String>,
    /// The session name of this request.
    pub session: Option<String>,
    /// Its requests with their hosts, without repetitions.
    #[serde(default)]
    pub requests: Vec<String>,
    /// The hosts that received the token for STS.
    #[serde(default)]
    pub token_sent_to: Vec<String>,
    /// The hosts that received the token for the agent.
    #[serde(default)]
    pub agent_token_sent_to: Vec<String>,
    /// The error, without parts that differ between runs.
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
    /// The SDK.
    pub sdk: &'static Sdk,
    /// The version that was measured.
    pub version: String,
    /// The day of the last measurement, as `YYYY-MM-DD`.
    pub day: String,
    rows: BTreeMap<String, Row>,
}

/// All measurements.
#[derive(Debug)]
pub struct Record {
    /// The containers, in the order of `environments.toml`.
    pub environments: Vec<Environment>,
    /// The measurements, in the order of [`SDKS`].
    pub sdks: Vec<Measured>,
}

impl Record {
    /// Reads the committed record. A row is an error if `environments.toml` now describes a different container.
    pub fn load() -> Result<Self> {
        let environments = environments::load()?;
        let mut sdks = Vec::new();
        for sdk in &SDKS {
            let path = folder().join("record").join(format!("{}.json", sdk.id));
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
                let environment = self.environment(id).with_context(|| sdk.id)?;
                ensure!(
                    environment.fingerprint() == row.environment,
                    "{}, {id}: environments.toml has changed since the measurement: run make sdk-matrix",
                    sdk.id
                );
            }
        }
        Ok(())
    }

    /// The container with that ID.
    pub fn environment(&self, id: &str) -> Result<&Environment> {
        let mut environments = self.environments.iter();
        environments
            .find(|environment| environment.id == id)
            .with_context(|| format!("environments.toml has no container {id}"))
    }

    /// The result of the SDK in the container; `None` if it was not measured.
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
