//! The settings, valid and invalid, and the messages about them: `testing/settings/`, a file for each setting.
//!
//! The name of the file is the setting, and each entry has a `value` for it. Entries with `settings` have several
//! settings, or none that exists. An entry without a `message` is valid.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use aws_pod_identity_kubernetes::yaml;
use serde::Deserialize;
use serde_json::{Value, json};

/// The settings in a file.
#[derive(Debug)]
pub struct Table {
    /// The setting; none in the file with settings that are not about a single one.
    pub key: Option<String>,
    entries: Vec<Entry>,
    file: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    value: Option<Value>,
    settings: Option<Value>,
    /// About settings that are not valid.
    message: Option<String>,
}

impl Table {
    /// All files, in the order of their names.
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("settings");
        let mut files: Vec<PathBuf> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(Self::read).collect()
    }

    fn read(file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).unwrap();
        let entries: Vec<Entry> =
            yaml::typed(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.file_stem().unwrap().to_str().unwrap();
        let of_one_setting = entries.iter().all(|entry| entry.value.is_some());
        Self { key: of_one_setting.then(|| name.to_owned()), entries, file }
    }

    /// All settings of the file, each with the message if they are not valid.
    pub fn rows(&self) -> impl Iterator<Item = (Value, Option<&str>)> {
        self.entries.iter().map(|entry| (self.settings(entry), entry.message.as_deref()))
    }

    /// Writes the messages into the file. Values are written as JSON, which is YAML, too, and fits on a line.
    pub fn update(&self, message: impl Fn(&Value) -> Option<String>) {
        let mut text = String::new();
        for entry in &self.entries {
            let (key, value) = match &entry.value {
                Some(value) => ("value", value),
                None => ("settings", &self.settings(entry)),
            };
            writeln!(text, "- {key}: {value}").unwrap();
            if let Some(message) = message(&self.settings(entry)) {
                writeln!(text, "  message: {}", json!(message)).unwrap();
            }
        }
        // Other tests read the files at the same time.
        if text != fs::read_to_string(&self.file).unwrap() {
            fs::write(&self.file, text).unwrap();
        }
    }

    fn settings(&self, entry: &Entry) -> Value {
        match (&self.key, &entry.value, &entry.settings) {
            (Some(key), Some(value), None) => json!({key: value}),
            (None, None, Some(settings)) => settings.clone(),
            _ => {
                panic!("{}: each entry needs a value, or each needs settings", self.file.display())
            }
        }
    }
}
