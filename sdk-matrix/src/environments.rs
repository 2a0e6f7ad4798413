//! The containers of `environments.toml`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::folder;

/// A container in which the SDKs run.
#[derive(Debug, Serialize)]
pub struct Environment {
    /// `topic/name`.
    pub id: String,
    /// Its description.
    pub title: String,
    /// The name of its basic set of variables: `role`, `agent` or `region`.
    pub base: String,
    /// Its variables.
    pub variables: BTreeMap<String, String>,
    /// The contents of its files except tokens, by path. `~` is the home directory.
    pub files: BTreeMap<String, String>,
    /// Its working directory.
    pub directory: String,
    /// The service that is called, if any.
    pub call: String,
}

impl Environment {
    /// The part of the ID before the slash.
    pub fn topic(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// The part of the ID after the slash.
    pub fn name(&self) -> &str {
        self.id.split('/').nth(1).unwrap_or_default()
    }

    /// The target of links to its row in the document.
    pub fn anchor(&self) -> String {
        self.id.replace('/', "-")
    }

    /// A checksum of the container. A row of the record with a different one is outdated.
    pub fn fingerprint(&self) -> String {
        let variables = self.variables.iter().map(|(name, value)| format!("{name}={value}"));
        let files = self.files.iter().map(|(path, text)| format!("{path}\n{text}"));
        let parts: Vec<String> =
            variables.chain(files).chain([self.directory.clone(), self.call.clone()]).collect();
        format!("{:08x}", crc32fast::hash(parts.join("\0").as_bytes()))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    bases: BTreeMap<String, Vec<String>>,
    files: BTreeMap<String, File>,
    environment: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    title: String,
    base: String,
    #[serde(default)]
    set: Vec<String>,
    #[serde(default)]
    unset: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default = "root")]
    directory: String,
    #[serde(default)]
    call: String,
}

fn root() -> String {
    "/".to_owned()
}

/// The containers of `environments.toml`.
pub fn load() -> Result<Vec<Environment>> {
    let path = folder().join("environments.toml");
    let read = || {
        let table: Table = toml::from_str(&fs::read_to_string(&path)?)?;
        table.environment.iter().map(|entry| resolve(&table, entry)).collect::<Result<Vec<_>>>()
    };
    let environments = read().with_context(|| format!("{}", path.display()))?;
    for (index, environment) in environments.iter().enumerate() {
        for earlier in environments.iter().take(index) {
            ensure!(earlier.id != environment.id, "the ID {} is used twice", environment.id);
            let is_same = earlier.fingerprint() == environment.fingerprint();
            ensure!(!is_same, "{} is the same container as {}", environment.id, earlier.id);
        }
    }
    Ok(environments)
}

fn resolve(table: &Table, entry: &Entry) -> Result<Environment> {
    let id = &entry.id;
    let base = table
        .bases
        .get(&entry.base)
        .with_context(|| format!("{id}: there is no base {}", entry.base))?;
    let mut variables = BTreeMap::new();
    for pair in base.iter().chain(&entry.set) {
        let (name, value) =
            pair.split_once('=').with_context(|| format!("{id}: {pair:?} has no ="))?;
        variables.insert(name.to_owned(), value.to_owned());
    }
    for name in &entry.unset {
        let removed = variables.remove(name);
        ensure!(removed.is_some(), "{id}: {name} is not set");
    }
    let mut files = BTreeMap::new();
    for name in &entry.files {
        let file =
            table.files.get(name).with_context(|| format!("{id}: there is no file {name}"))?;
        files.insert(file.path.clone(), file.content.clone());
    }
    Ok(Environment {
        id: id.clone(),
        title: entry.title.clone(),
        base: entry.base.clone(),
        variables,
        files,
        directory: entry.directory.clone(),
        call: entry.call.clone(),
    })
}
