//! Settings at and next to every limit, and the messages about invalid ones.
//!
//! The table is in `testing/settings/`. `UPDATE_CASES=1 cargo test -p aws-pod-identity-core --test settings` writes the
//! messages into it; review the difference. The tests of the policy's own package ask the module for the same settings.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use aws_pod_identity_core::{FindingKind, setting_keys, validate_settings};
use policy_testing::is_updating;
use policy_testing::settings::Table;
use serde_json::{Value, json};

/// The message about settings; none if they are valid.
fn message(settings: &Value) -> Option<String> {
    let answer = validate_settings(settings.to_string().as_bytes());
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let message = answer.get("message").map(|message| message.as_str().unwrap().to_owned());
    assert_eq!(answer["valid"], message.is_none());
    message
}

#[test]
fn each_setting_is_valid_or_has_the_expected_message() {
    for table in Table::all() {
        if is_updating() {
            table.update(message);
            continue;
        }
        for (settings, expected) in table.rows() {
            assert_eq!(message(&settings).as_deref(), expected, "{settings}");
        }
    }
}

#[test]
fn each_setting_has_valid_and_invalid_values_and_can_be_null() {
    let tables = Table::all();
    for key in setting_keys().iter().map(|key| key.name) {
        let table = tables.iter().find(|table| table.key.as_deref() == Some(key));
        let table = table.unwrap_or_else(|| panic!("testing/settings/{key}.yaml is missing"));
        let valid = table.rows().filter(|(_, message)| message.is_none()).count();
        assert!(valid > 0 && valid < table.rows().count(), "{key}");
        assert_eq!(message(&json!({key: null})), None, "{key}");
    }
    assert_eq!(message(&Value::Null), None);
}

#[test]
fn every_finding_can_have_every_severity() {
    for kind in FindingKind::ALL {
        for severity in [json!("reject"), json!("warn"), json!("off"), json!(null)] {
            assert_eq!(message(&json!({"findings": {kind.id(): severity}})), None);
        }
        let ignored = message(&json!({"findings": {kind.id(): "ignore"}})).unwrap();
        assert!(ignored.starts_with(&format!("findings.{}: ", kind.id())), "{ignored}");
    }
}
