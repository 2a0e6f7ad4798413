//! The additions to the pod, and their positions.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::settings::Settings;

const VOLUME: &str = "aws-iam-token";
const TOKEN: &str = "token";
const ROLE_ARN: &str = "AWS_ROLE_ARN";
const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

#[derive(Deserialize)]
pub(crate) struct Pod<'a> {
    #[serde(borrow)]
    spec: Spec<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow, default)]
    service_account_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    init_containers: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    containers: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    volumes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container<'a> {
    #[serde(borrow, default)]
    env: Option<&'a RawValue>,
    #[serde(borrow, default)]
    volume_mounts: Option<&'a RawValue>,
}

/// An element with a name; its other members are not read.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
}

#[derive(Serialize)]
struct Variable<'v> {
    name: &'v str,
    value: &'v str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VolumeMount<'v> {
    name: &'v str,
    read_only: bool,
    mount_path: &'v str,
}

#[derive(Serialize)]
struct Volume<'v> {
    name: &'v str,
    projected: Projected<'v>,
}

#[derive(Serialize)]
struct Projected<'v> {
    sources: [Source<'v>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Source<'v> {
    service_account_token: Token<'v>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Token<'v> {
    audience: &'v str,
    expiration_seconds: u32,
    path: &'v str,
}

/// Text to insert into a document, in the order of the document.
#[derive(Default)]
pub(crate) struct Additions(Vec<(usize, String)>);

impl Pod<'_> {
    pub(crate) fn service_account(&self) -> &str {
        self.spec.service_account_name.as_deref().unwrap_or("default")
    }
}

/// The parts that are missing in the pod; `None` if none are.
pub(crate) fn additions(
    document: &str,
    pod: &Pod<'_>,
    role_arn: &str,
    settings: &Settings<'_>,
) -> serde_json::Result<Option<Additions>> {
    let mut additions = Additions::default();
    let token_file = format!("{}/{TOKEN}", settings.mount_path);
    let variables = [
        Variable { name: ROLE_ARN, value: role_arn },
        Variable { name: TOKEN_FILE, value: &token_file },
    ];
    let mount = VolumeMount { name: VOLUME, read_only: true, mount_path: &settings.mount_path };
    let mount = elements(&[mount])?;
    let containers = [&pod.spec.init_containers, &pod.spec.containers];
    for text in containers.into_iter().flatten().flatten() {
        let container: Container<'_> = serde_json::from_str(text.get())?;
        let env = names(container.env)?;
        let missing: Vec<_> = variables
            .iter()
            .filter(|variable| !env.iter().any(|present| present.name == variable.name))
            .collect();
        if !missing.is_empty() {
            additions.append(document, container.env, text, "env", &elements(&missing)?);
        }
        if !names(container.volume_mounts)?.iter().any(|present| present.name == VOLUME) {
            additions.append(document, container.volume_mounts, text, "volumeMounts", &mount);
        }
    }
    if !names(pod.spec.volumes)?.iter().any(|present| present.name == VOLUME) {
        let token = Token {
            audience: &settings.audience,
            expiration_seconds: settings.token_expiration_seconds,
            path: TOKEN,
        };
        let sources = [Source { service_account_token: token }];
        let volume = Volume { name: VOLUME, projected: Projected { sources } };
        if let Some(volumes) = pod.spec.volumes {
            // Each pod of the benchmark has volumes.
            additions.append(document, Some(volumes), volumes, "volumes", &elements(&[volume])?);
        }
    }
    additions.0.sort_by_key(|(at, _)| *at);
    Ok(if additions.0.is_empty() { None } else { Some(additions) })
}

/// The elements of a list.
fn names(list: Option<&RawValue>) -> serde_json::Result<Vec<Named<'_>>> {
    list.map_or(Ok(Vec::new()), |list| serde_json::from_str(list.get()))
}

/// JSON values with commas between them.
fn elements<T: Serialize>(elements: &[T]) -> serde_json::Result<String> {
    let list = serde_json::to_string(elements)?;
    Ok(list.get(1..list.len() - 1).unwrap_or_default().to_owned())
}

impl Additions {
    /// Appends to a list; adds the list to `owner` where there is none.
    fn append(
        &mut self,
        document: &str,
        list: Option<&RawValue>,
        owner: &RawValue,
        key: &str,
        elements: &str,
    ) {
        let (target, addition) = match list {
            Some(list) => (list, elements.to_owned()),
            None => (owner, format!("\"{key}\":[{elements}]")),
        };
        let text = target.get();
        let end = text.as_ptr() as usize - document.as_ptr() as usize + text.len() - 1;
        let is_empty = text.get(1..text.len() - 1).is_none_or(|inside| inside.trim().is_empty());
        let first = is_empty && self.0.last().is_none_or(|(last, _)| *last != end);
        self.0.push((end, if first { addition } else { format!(",{addition}") }));
    }

    /// The answer with the document, and what is added to it.
    pub(crate) fn response(&self, document: &str) -> Vec<u8> {
        let added: usize = self.0.iter().map(|(_, text)| text.len()).sum();
        let mut response = Vec::with_capacity(document.len() + added + 64);
        response.extend_from_slice(b"{\"accepted\":true,\"mutated_object\":");
        let mut copied = 0;
        for (at, text) in &self.0 {
            response.extend_from_slice(document.as_bytes().get(copied..*at).unwrap_or_default());
            response.extend_from_slice(text.as_bytes());
            copied = *at;
        }
        response.extend_from_slice(document.as_bytes().get(copied..).unwrap_or_default());
        response.push(b'}');
        response
    }
}
