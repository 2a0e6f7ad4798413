//! The settings of a policy, from a file or from the command line.

use serde_json::{Map, Value};

use crate::yaml;

/// Why settings cannot be sent to the policy.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Neither YAML nor JSON.
    #[error("cannot parse the settings: {0}")]
    Yaml(#[from] yaml::YamlError),
    /// Not JSON.
    #[error("cannot parse the settings: {0}")]
    Json(#[from] serde_json::Error),
    /// Another value than a mapping.
    #[error("the settings are not a mapping of names to values")]
    NotAMapping,
}

/// Reads the text of a settings file, YAML or JSON. An empty file means no settings.
pub fn from_yaml(text: &str) -> Result<Value, SettingsError> {
    if text.trim().is_empty() {
        return Ok(none());
    }
    as_mapping(yaml::settings(text)?)
}

/// Reads settings given as JSON on the command line.
pub fn from_json(text: &str) -> Result<Value, SettingsError> {
    as_mapping(serde_json::from_str(text)?)
}

/// No settings at all.
pub fn none() -> Value {
    Value::Object(Map::new())
}

fn as_mapping(value: Value) -> Result<Value, SettingsError> {
    match value {
        Value::Null => Ok(none()),
        Value::Object(_) => Ok(value),
        _ => Err(SettingsError::NotAMapping),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_settings_file_is_yaml_or_json() {
        assert_eq!(from_yaml("a: 1").unwrap(), json!({"a": 1}));
        assert_eq!(from_yaml(r#"{"a": 1}"#).unwrap(), json!({"a": 1}));
    }

    #[test]
    fn an_empty_file_means_no_settings() {
        assert_eq!(from_yaml("").unwrap(), none());
        assert_eq!(from_yaml("# only a comment\n").unwrap(), none());
        assert_eq!(from_json("null").unwrap(), none());
    }

    #[test]
    fn a_list_is_refused() {
        let error = from_yaml("- a").unwrap_err();
        assert_eq!(error.to_string(), "the settings are not a mapping of names to values");
    }
}
