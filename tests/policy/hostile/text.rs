//! Text that is not JSON, or not UTF-8.

use aws_pod_identity_kubernetes::answer::ValidationResponse;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{SECRET, cluster, evaluated, text, unreadable};
use crate::engine::ask_both;

#[test]
fn the_undamaged_payload_is_accepted() {
    let response = evaluated(text());
    assert!(response.accepted && response.mutated_object.is_some(), "{:?}", response.message);
}

#[test]
fn a_truncated_payload_is_unreadable_at_every_length() {
    let text = text();
    for end in 0..text.len() {
        unreadable(&text.as_bytes()[..end]);
    }
}

#[test]
fn empty_and_trivial_payloads_are_unreadable() {
    for payload in
        ["", " ", "\0", "null", "true", "0", "\"\"", "[]", "{}", "{\"request\":null}", "\u{feff}{}"]
    {
        unreadable(payload);
    }
}

#[test]
fn more_than_one_document_is_unreadable() {
    let text = text();
    assert_eq!(unreadable(format!("{text}{text}")), "expected the end");
    assert_eq!(unreadable(format!("{text},")), "expected the end");
    assert_eq!(unreadable(format!("{text}\0")), "expected the end");
    assert!(evaluated(format!(" \r\n\t{text} \r\n\t")).accepted);
}

#[test]
fn invalid_utf_8_is_unreadable_at_every_position() {
    let text = text();
    // A byte that never occurs, half a character, a surrogate, and '/' in two bytes.
    for bytes in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf"] {
        for at in (0..=text.len()).step_by(7) {
            let mut payload = text.clone().into_bytes();
            payload.splice(at..at, bytes.iter().copied());
            // Outside of strings, JSON has only ASCII.
            let why = unreadable(payload);
            assert!(why == "it is not UTF-8" || why.starts_with("expected"), "{why}");
        }
    }
}

#[test]
fn an_unpaired_surrogate_is_unreadable_even_in_unused_members() {
    for half in ["\\ud800", "\\udfff", "\\ud800\\ud800", "\\udc00\\ud800", "\\ud800\\n", "\\ud800x"]
    {
        let payload = text().replace(SECRET, half);
        assert_eq!(unreadable(payload), "a string has an invalid escape or a control character");
    }
    assert!(evaluated(text().replace(SECRET, "\\ud834\\udd1e")).accepted);
}

#[test]
fn control_characters_are_unreadable_unless_escaped() {
    for control in ['\0', '\n', '\u{1f}'] {
        let payload = text().replace(SECRET, &format!("x{control}"));
        assert_eq!(unreadable(payload), "a string has an invalid escape or a control character");
    }
    assert!(evaluated(text().replace(SECRET, "\\u0000\\u001f\u{7f}")).accepted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_unreadable(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        unreadable(noise);
    }

    #[test]
    fn a_few_changed_bytes_get_a_valid_response(changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4)) {
        let mut payload = text().into_bytes();
        let length = payload.len();
        for (at, byte) in changes {
            payload[at.index(length)] = byte;
        }
        // The policy skips values that it does not use without a check of their punctuation, so the object in the answer can
        // be as malformed as the one in the payload. The policy server, which parses requests first, never sends such a payload.
        let body = String::from_utf8(ask_both(&payload, cluster()).body).expect("UTF-8");
        let response = body.split_once(",\"mutated_object\":").map_or(body.clone(), |(start, _)| format!("{start}}}"));
        if !body.contains("\"mutated_object\"") {
            prop_assert!(!body.contains(SECRET), "a value of the payload is repeated: {}", body);
        }
        let response: ValidationResponse = serde_json::from_str(&response).expect("a response");
        prop_assert!(response.accepted || matches!(response.code, Some(400 | 403 | 500)), "{:?}", response);
    }
}
