//! The reader and the writer, compared with `serde_json`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod documents;
mod examples;
mod walk;

use policy_testing::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::de::IgnoredAny;
use serde_json::Value;

use aws_pod_identity_json::{Reader, push_member, push_string};

use documents::{Damage, any_text, document, string};
use walk::{assert_skipped_correctly, rebuild};

/// Whether the reader accepts the whole document.
fn reads(document: &(impl AsRef<[u8]> + ?Sized)) -> bool {
    let mut reader = Reader::new(document.as_ref());
    reader.check().and_then(|()| reader.end()).is_ok()
}

/// What the reader must do with a document.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Accept,
    Reject,
    /// `serde_json` stopped at a limit that the reader does not have, so the rest of the document is not checked.
    Either,
}

/// The result of `serde_json` for a document. Two of its errors are ignored: numbers out of range, and values that are
/// nested one level deeper than it allows.
fn oracle(document: &(impl AsRef<[u8]> + ?Sized)) -> Expected {
    let document = document.as_ref();
    // It decodes nothing, so it rejects neither lone surrogates nor invalid UTF-8. It has no limit of depth.
    if serde_json::from_slice::<IgnoredAny>(document).is_err() {
        return Expected::Reject;
    }
    match serde_json::from_slice::<Value>(document) {
        Ok(_) => Expected::Accept,
        Err(error) => {
            let error = error.to_string();
            let another_limit =
                error.starts_with("number out of range") || error.starts_with("recursion limit");
            if another_limit { Expected::Either } else { Expected::Reject }
        }
    }
}

#[track_caller]
fn agrees(document: &(impl AsRef<[u8]> + ?Sized)) {
    let shown = String::from_utf8_lossy(document.as_ref());
    match oracle(document) {
        Expected::Accept => assert!(reads(document), "refused: {shown:?}"),
        Expected::Reject => assert!(!reads(document), "accepted: {shown:?}"),
        Expected::Either => {}
    }
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn every_json_document_is_read(document in document()) {
        prop_assert_ne!(oracle(&document), Expected::Reject, "the generator is wrong");
        prop_assert!(reads(&document));
    }

    #[test]
    fn damaged_documents_are_refused_where_serde_json_refuses_them(
        document in document(), damages in vec(Damage::any(), 1..3),
    ) {
        agrees(&Damage::apply_all(&damages, document));
    }

    #[test]
    fn any_text_is_refused_where_serde_json_refuses_it(
        text in "[\\[\\]{}:,\"0-9eE.+\\-\\\\untrfals \n]{0,12}",
    ) {
        agrees(&text);
    }

    #[test]
    fn a_string_has_the_value_that_serde_json_gives_it(string in string()) {
        let text = Reader::new(string.as_bytes()).text().unwrap();
        let expected: String = serde_json::from_str(&string).unwrap();
        prop_assert_eq!(&*text.decode(), &*expected);
        prop_assert!(text.is(&expected));
        prop_assert_eq!(text.is_empty(), expected.is_empty());
    }

    #[test]
    fn a_string_is_what_it_decodes_to_and_nothing_else(string in string(), other in string()) {
        let text = Reader::new(string.as_bytes()).text().unwrap();
        let other = Reader::new(other.as_bytes()).text().unwrap();
        prop_assert_eq!(text.is(&other.decode()), text.decode() == other.decode());
        // The text in the document is the value only if nothing is escaped.
        let raw = string.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
        prop_assert_eq!(text.is(raw), text.decode() == raw);
        let other = other.decode();
        for part in [&*other, raw, ""] {
            let lower = text.decode().to_ascii_lowercase();
            let part = &part.to_ascii_lowercase();
            prop_assert_eq!(text.starts_with_any_case(part), lower.starts_with(part));
            prop_assert_eq!(text.ends_with_any_case(part), lower.ends_with(part));
        }
    }

    #[test]
    fn a_written_string_is_read_back(value in any_text()) {
        let mut written = String::new();
        push_string(&mut written, &value);
        prop_assert_eq!(&serde_json::from_str::<String>(&written).unwrap(), &value);
        prop_assert_eq!(&*Reader::new(written.as_bytes()).text().unwrap().decode(), &*value);

        let mut object = String::from("{");
        push_member(&mut object, "a-b.c/d", &value);
        object.push('}');
        let read: Value = serde_json::from_str(&object).unwrap();
        prop_assert_eq!(read, serde_json::json!({"a-b.c/d": value}));
    }

    #[test]
    fn skipping_a_value_ends_just_after_it(document in document(), rest in "[,\\]} ][ -~]{0,5}") {
        let value = document.trim_matches([' ', '\n', '\r', '\t']);
        let followed = format!("{value}{rest}");
        for read in [Reader::skip, Reader::check] {
            let mut reader = Reader::new(followed.as_bytes());
            read(&mut reader).unwrap();
            prop_assert_eq!(reader.position(), value.len());
        }
    }

    #[test]
    fn a_truncated_value_is_not_skipped(document in document(), at in any::<Index>()) {
        let value = document.trim_matches([' ', '\n', '\r', '\t']).as_bytes();
        if matches!(value, [b'{' | b'[' | b'"', ..]) {
            let (value, _) = value.split_at(at.index(value.len()));
            prop_assert!(Reader::new(value).skip().is_err());
        }
    }

    #[test]
    fn a_damaged_value_is_not_skipped_beyond_its_closing_bracket(
        document in document(), damages in vec(Damage::any(), 1..4),
    ) {
        assert_skipped_correctly(&Damage::apply_all(&damages, format!("[{document}]")));
    }

    #[test]
    fn random_text_is_skipped_to_the_closing_bracket(
        noise in "[{\\[][\\[\\]{}\"\\\\ntu0d8x:, é\n]{0,80}",
    ) {
        assert_skipped_correctly(noise.as_bytes());
    }

    #[test]
    fn members_and_elements_are_those_that_serde_json_sees(document in document()) {
        let mut rebuilt = String::new();
        rebuild(&mut Reader::new(document.as_bytes()), &mut rebuilt);
        match (serde_json::from_str::<Value>(&document), serde_json::from_str::<Value>(&rebuilt)) {
            (Ok(expected), Ok(found)) => prop_assert_eq!(found, expected),
            (Err(_), Err(_)) => {}
            (expected, found) => prop_assert!(false, "{expected:?} {found:?}"),
        }
    }
}
