//! Compares the findings of the policy with the record: a container in which an SDK loses the pod's identity without an error
//! has a finding, and one that works in all SDKs has none.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use aws_pod_identity_core::FindingKind;
use aws_pod_identity_kubernetes::cluster::Cluster;
use policy_testing::ask_library;
use policy_testing::request::{payload, request};
use sdk_matrix::environments::Environment;
use sdk_matrix::{Record, Row, Used};
use serde_json::{Value, json};

/// Containers whose findings do not agree with the record, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("values/token-empty", "the manifest does not show that the file is empty"),
    ("container/token-trailing-newline", "the manifest does not show the content of the file"),
    ("profiles/config-file-missing", "the image may have the file"),
    ("profiles/credentials-file-missing", "the image may have the file"),
    (
        "profiles/default-profile-with-keys",
        "the manifest does not show that the profile default has no keys",
    ),
    (
        "container/uri-ipv6",
        "the agent's address on nodes with IPv6 only; JavaScript v2 is no longer maintained",
    ),
    ("container/uri-scheme-upper-case", "JavaScript v2 only, which is no longer maintained"),
    ("regions/default-region-only", "JavaScript v2 only, which is no longer maintained"),
    ("regions/none", "usual where programs set their region: a warning would come for every pod"),
    ("regions/none-legacy", "as regions/none"),
    ("regions/none-no-metadata", "as regions/none"),
];

/// The files of AWS SDKs in the home directory.
const HOME: &str = "/root";

/// The identity that the container should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExpectedIdentity {
    Role,
    ContainerCredentials,
}

impl ExpectedIdentity {
    fn of(environment: &Environment) -> Option<Self> {
        let names = |part: &str| environment.variables.keys().any(|name| name.contains(part));
        match &*environment.base {
            "role" => Some(Self::Role),
            "agent" => Some(Self::ContainerCredentials),
            _ if names("AWS_CONTAINER_") => Some(Self::ContainerCredentials),
            _ => None,
        }
    }

    fn used(self) -> Used {
        match self {
            Self::Role => Used::Role,
            Self::ContainerCredentials => Used::Agent,
        }
    }

    /// The container in which only the identity is set up.
    fn complete(self) -> &'static str {
        match self {
            Self::Role => "web-identity/complete",
            Self::ContainerCredentials => "container/complete",
        }
    }

    /// The volume, the mount path, the audience and the file of its token, and the variable that names the file.
    fn token(self) -> [&'static str; 5] {
        match self {
            Self::Role => [
                "aws-iam-token",
                "/var/run/secrets/eks.amazonaws.com/serviceaccount",
                "sts.amazonaws.com",
                "token",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
            ],
            Self::ContainerCredentials => [
                "eks-pod-identity-token",
                "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
                "pods.eks.amazonaws.com",
                "eks-pod-identity-token",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            ],
        }
    }

    /// The additions of the policy to every container.
    fn added(self) -> [&'static str; 2] {
        match self {
            Self::Role => ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"],
            Self::ContainerCredentials => {
                ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
            }
        }
    }
}

/// The results of the policy and of the SDKs for the containers that have the same manifest.
#[derive(Default)]
struct PodResult {
    environments: Vec<String>,
    /// The SDKs that, without an error, do not use the expected identity or send the token to a host that is not of AWS.
    lost: BTreeSet<&'static str>,
    /// Whether every SDK uses the identity in all containers.
    works: bool,
    /// The SDKs that use the identity in at least one container.
    working: BTreeSet<&'static str>,
    rejected: bool,
    findings: BTreeSet<String>,
}

#[test]
fn containers_that_lose_the_identity_have_findings_and_those_that_work_have_none() -> Result<()> {
    let record = Record::load()?;
    let mut results: BTreeMap<String, PodResult> = BTreeMap::new();
    for environment in &record.environments {
        let Some(expected) = ExpectedIdentity::of(environment) else { continue };
        let complete = record.environment(expected.complete())?;
        let (pod, accepted, findings) = evaluate(environment, complete, expected)
            .with_context(|| format!("{}: the policy", environment.id))?;
        // Containers that differ only in facts that a manifest does not show, such as the content of a file, have the same pod.
        // A finding is then required if the identity is lost in one of them.
        let result = results.entry(pod).or_insert_with(|| PodResult {
            works: true,
            rejected: !accepted,
            findings,
            ..PodResult::default()
        });
        result.environments.push(environment.id.clone());
        for (sdk, row) in record.rows(&environment.id) {
            let supports = record
                .row(sdk.id, expected.complete())
                .is_some_and(|row| row.used == expected.used());
            // An SDK that does not support the identity loses it in every container.
            if !supports {
                continue;
            }
            let works = row.used == expected.used() && !sends_token_elsewhere(row);
            result.works &= works;
            if works {
                result.working.insert(sdk.name);
            }
            if is_lost(row, expected) {
                result.lost.insert(sdk.name);
            }
        }
    }
    let mut failures = Vec::new();
    let mut excepted = BTreeSet::new();
    for result in results.values() {
        let PodResult { environments, lost, works, working, rejected, findings } = result;
        let problem = if !lost.is_empty() && findings.is_empty() {
            format!("not reported, but lost in {lost:?}")
        } else if !lost.is_empty() && !findings.iter().any(|id| concerns_identity(id)) {
            format!("{findings:?} do not concern the identity, but it is lost in {lost:?}")
        } else if *works && !findings.is_empty() {
            format!("reported as {findings:?}, but works in all SDKs")
        } else if *rejected && !working.is_empty() {
            format!("rejected by {findings:?}, but works in {working:?}")
        } else {
            continue;
        };
        let exception = EXCEPTIONS
            .iter()
            .find(|(id, _)| environments.iter().any(|environment| environment == id));
        match exception {
            Some((id, _)) => drop(excepted.insert(*id)),
            None => failures.push(format!("{}: {problem}", environments.join(", "))),
        }
    }
    ensure!(failures.is_empty(), "{} pods\n{}", failures.len(), failures.join("\n"));
    for (id, _) in EXCEPTIONS {
        ensure!(excepted.contains(id), "{id} does not need an exception");
    }
    Ok(())
}

fn concerns_identity(id: &str) -> bool {
    FindingKind::from_id(id).is_some_and(FindingKind::concerns_identity)
}

fn is_lost(row: &Row, expected: ExpectedIdentity) -> bool {
    match row.used {
        used if used == expected.used() => sends_token_elsewhere(row),
        // The service rejects the request.
        Used::EmptyApiKey => false,
        Used::Fails => sends_token_elsewhere(row),
        _ => true,
    }
}

fn sends_token_elsewhere(row: &Row) -> bool {
    let is_aws = |host: &String| host.contains(".amazonaws.com");
    !row.token_sent_to.iter().all(is_aws)
}

/// A pod whose container has these variables and files after admission, whether the policy accepts it, and the IDs of its
/// findings. If possible, the policy injects the identity. Otherwise, the manifest of the pod has all variables.
fn evaluate(
    environment: &Environment,
    complete: &Environment,
    expected: ExpectedIdentity,
) -> Result<(String, bool, BTreeSet<String>)> {
    let added = expected.added();
    // The variables that the policy adds, and whether the service account has the identity.
    for (added, by_policy) in [(&added[..], true), (&[], true), (&[], false)] {
        let is_added = |name: &str| {
            added.contains(&name) && environment.variables.get(name) == complete.variables.get(name)
        };
        let in_manifest = environment.variables.iter().filter(|(name, _)| !is_added(name));
        let env: Vec<Value> = in_manifest
            .map(|(name, value)| json!({"name": name, "value": escaped(value)}))
            .collect();
        let of_account = by_policy.then_some(expected);
        let pod = pod(environment, &env, of_account);
        let role = environment.variables.get("AWS_ROLE_ARN").filter(|role| is_of_account(role));
        let (accepted, injected, findings) = ask(&pod, of_account, role);
        // There is no injected pod if the policy rejects it. Its variables are then known only if the manifest has all others.
        let is_container = if accepted {
            has_variables(&injected, environment)
        } else {
            env.len() + added.len() == environment.variables.len()
        };
        if !by_policy || is_container {
            return Ok((pod.to_string(), accepted, findings));
        }
    }
    bail!("no pod leads to these variables")
}

/// Whether it is the role of the service account, in any partition.
fn is_of_account(role: &str) -> bool {
    role.starts_with("arn:aws") && role.ends_with(":iam::111122223333:role/payments-api")
}

/// The value for a manifest: the kubelet does not expand references in it.
fn escaped(value: &str) -> String {
    value.replace('$', "$$")
}

/// Whether the container has exactly the variables of the environment.
fn has_variables(pod: &Value, environment: &Environment) -> bool {
    let variables = pod.pointer("/spec/containers/0/env").and_then(Value::as_array);
    let text = |variable: &Value, key| Some(variable.get(key)?.as_str()?.to_owned());
    let has: BTreeMap<Option<String>, Option<String>> = variables
        .into_iter()
        .flatten()
        .map(|variable| (text(variable, "name"), text(variable, "value")))
        .collect();
    let variables = environment.variables.iter();
    has == variables.map(|(name, value)| (Some(name.clone()), Some(escaped(value)))).collect()
}

/// A pod with that container. Its manifest mounts the tokens that the policy does not add, and Secrets with the files.
fn pod(environment: &Environment, env: &[Value], added: Option<ExpectedIdentity>) -> Value {
    let mut volumes = Vec::new();
    let mut mounts = Vec::new();
    for family in [ExpectedIdentity::Role, ExpectedIdentity::ContainerCredentials] {
        let [volume, path, audience, file, variable] = family.token();
        let is_base = ExpectedIdentity::of(environment) == Some(family);
        if added == Some(family) || !(is_base || environment.variables.contains_key(variable)) {
            continue;
        }
        let token = json!({"audience": audience, "expirationSeconds": 86400, "path": file});
        let sources = json!([{"serviceAccountToken": token}]);
        volumes.push(json!({"name": volume, "projected": {"sources": sources}}));
        mounts.push(json!({"name": volume, "mountPath": path, "readOnly": true}));
    }
    for (index, path) in environment.files.keys().enumerate() {
        let path = path.replacen('~', HOME, 1);
        let (directory, file) = path.rsplit_once('/').unwrap_or_default();
        let name = format!("files-{index}");
        // A directory without files.
        let volume = if file == ".keep" {
            json!({"name": name, "emptyDir": {}})
        } else {
            json!({"name": name, "secret": {"secretName": name}})
        };
        volumes.push(volume);
        mounts.push(json!({"name": name, "mountPath": directory}));
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "api", "namespace": "payments"},
        "spec": {
            "serviceAccountName": "api",
            "containers": [{"name": "api", "env": env, "volumeMounts": mounts}],
            "volumes": volumes,
        },
    })
}

/// Whether the policy accepts the pod, the pod that it returns, and the IDs of its findings.
fn ask(
    pod: &Value,
    of_account: Option<ExpectedIdentity>,
    role: Option<&String>,
) -> (bool, Value, BTreeSet<String>) {
    let annotations = match of_account {
        Some(ExpectedIdentity::Role) => {
            let usual = "arn:aws:iam::111122223333:role/payments-api";
            json!({"eks.amazonaws.com/role-arn": role.map_or(usual, String::as_str)})
        }
        _ => json!({}),
    };
    let settings = match of_account {
        Some(ExpectedIdentity::ContainerCredentials) => {
            let account = json!({"namespace": "payments", "serviceAccount": "api"});
            json!({"containerCredentials": {"identities": [account]}})
        }
        _ => json!({}),
    };
    let cluster = Cluster::new().with(json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "api", "namespace": "payments", "annotations": annotations},
    }));
    let answer = ask_library(&payload(&request("CREATE", pod, None), &settings), &cluster);
    let response = answer.response();
    let injected = response.mutated_object.unwrap_or_else(|| pod.clone());
    let audit = response.audit_annotations.unwrap_or_default();
    let ids = audit.get("findings").map(String::as_str).unwrap_or_default();
    let findings = ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    (response.accepted, injected, findings)
}

#[test]
fn findings_link_to_rows_of_the_record() -> Result<()> {
    let record = Record::load()?;
    let findings = std::fs::read_to_string(sdk_matrix::folder().join("../docs/findings.md"))?;
    let mut links = 0;
    for link in findings.split("](sdk-credentials.md#").skip(1) {
        let anchor = link.split(')').next().unwrap_or_default();
        let known = record.environments.iter().any(|environment| environment.anchor() == anchor);
        ensure!(known, "docs/findings.md links to a row that does not exist: {anchor}");
        links += 1;
    }
    ensure!(links > 50, "only {links} links to rows");
    Ok(())
}
