//! Prints the policy's log in a readable form.

use serde::Deserialize;
use serde_json::{Map, Value};

use aws_pod_identity_kubernetes::capabilities::{GetResourceRequest, HostCapabilities};

#[derive(Deserialize)]
struct Entry {
    level: String,
    message: Option<String>,
    #[serde(flatten)]
    data: Map<String, Value>,
}

/// One log entry of the policy as a line of text: level, message, then the other fields as `name=value`.
/// Text that is not a log entry is returned unchanged, so that nothing is lost.
pub fn readable_line(entry: &[u8]) -> String {
    let Ok(entry) = serde_json::from_slice::<Entry>(entry) else {
        return String::from_utf8_lossy(entry).into_owned();
    };
    let mut line = entry.level.to_uppercase();
    if let Some(message) = entry.message {
        line.push(' ');
        line.push_str(&message);
    }
    for (name, value) in entry.data {
        line.extend([" ", &name, "=", &value.to_string()]);
    }
    line
}

/// Prints the policy's log on standard error, and passes all other calls on to another host.
#[derive(Debug)]
pub struct LogOnStderr<H>(
    /// The host that answers.
    pub H,
);

impl<H: HostCapabilities> HostCapabilities for LogOnStderr<H> {
    fn grants(&self, api_version: &str, kind: &str) -> bool {
        self.0.grants(api_version, kind)
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        self.0.get_resource(request)
    }

    fn log(&self, entry: &[u8]) {
        eprintln!("{}", readable_line(entry));
        self.0.log(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_becomes_one_line_with_its_fields() {
        let entry = br#"{"level":"info","message":"identity injected","pod":"api-*","n":2}"#;
        assert_eq!(readable_line(entry), r#"INFO identity injected pod="api-*" n=2"#);
    }

    #[test]
    fn text_that_is_not_a_log_entry_is_unchanged() {
        assert_eq!(readable_line(b"plain text"), "plain text");
    }
}
