//! Examples at the limits of blocks, of nesting and of documents.

use crate::documents::nested;
use crate::{Expected, agrees, oracle, reads};
use aws_pod_identity_json::{Error, ErrorKind, Kind, Reader, object};

#[test]
fn strings_are_read_at_every_offset_of_a_block() {
    for before in 0..36 {
        for stop in [
            "\\n", "\\u00e9", "é", "\u{7f}", "\u{80}", "\u{1f}", "\n", "\\", "\"", " ", "!",
            "\\\"", "𝄞",
        ] {
            for after in 0..36 {
                agrees(&format!("\"{}{stop}{}\"", "a".repeat(before), "b".repeat(after)));
            }
        }
    }
}

#[test]
fn nested_values_are_skipped_at_every_offset_of_a_block() {
    for before in 0..70 {
        for stop in ["\\n", "\\\\", "\\\"", "\\\\\\\"", "\\\\\\\\", "\\u00e9", "é", "]", "{", ""] {
            let value = format!("[\"{}{stop}\",{{\"k\":[]}},\"]\"]", "a".repeat(before));
            let document = format!("{value}]}}, \"x\": {{}}");
            let mut reader = Reader::new(document.as_bytes());
            assert_eq!(reader.skip(), Ok(()), "{document}");
            assert_eq!(reader.position(), value.len(), "{document}");
        }
    }
}

#[test]
fn a_value_is_skipped_whatever_text_follows() {
    for length in 0..70 {
        // Invalid JSON that is not detected in a value of printable ASCII.
        let value = format!("{{\"{}\" 1}}", "a".repeat(length));
        for after in ["", "\n", "\t\u{0}", "é", "\\n", "\"\n\"", "\"\\x"] {
            let document = format!("{value}{after}");
            let mut reader = Reader::new(document.as_bytes());
            assert_eq!(reader.skip(), Ok(()), "{document:?}");
            assert_eq!(reader.position(), value.len(), "{document:?}");
        }
    }
    assert!(Reader::new("{\"a\" 1\n}".as_bytes()).skip().is_err());
}

#[test]
fn malformed_documents_are_refused() {
    for document in [
        "",
        " ",
        "nul",
        "nulll",
        "truefalse",
        "tru",
        "01",
        "-",
        "-a",
        "+1",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "0x10",
        "1 2",
        "NaN",
        "Infinity",
        "\"",
        "\"\\\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u+123\"",
        "\"\\x41\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800\\n\"",
        "\"\\ud800x\"",
        "'a'",
        "{",
        "}",
        "[",
        "]",
        "[,]",
        "[1,]",
        "[1 2]",
        "[1}",
        "{]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1]",
        "[[]",
        "\u{feff}null",
        "\u{a0}1",
        "/**/1",
        "1//",
        "[1]]",
        "\u{b}1",
    ] {
        assert_eq!(oracle(document), Expected::Reject, "{document:?}");
        assert!(!reads(document), "accepted: {document:?}");
    }
}

#[test]
fn numbers_of_any_size_are_read() {
    for document in ["1e400", "-1e400", "1e-4000", "123456789012345678901234567890e99999"] {
        assert!(reads(document), "{document}");
    }
}

#[test]
fn nesting_is_refused_just_beyond_where_serde_json_refuses_it() {
    for depth in [1, 2, 126, 127] {
        let document = nested(depth, "1");
        assert_eq!(oracle(&document), Expected::Accept, "{depth}");
        assert!(reads(&document), "{depth}");
    }
    // The reader allows one more level.
    assert!(reads(&nested(128, "1")));
    for depth in [129, 130, 256, 100_000] {
        let document = nested(depth, "1");
        let mut reader = Reader::new(document.as_bytes());
        assert_eq!(reader.check().map_err(|error| error.kind()), Err(ErrorKind::Depth), "{depth}");
        // Skipping needs no memory for each level.
        let mut reader = Reader::new(document.as_bytes());
        assert_eq!(reader.skip().map(|()| reader.position()), Ok(document.len()), "{depth}");
    }
}

#[test]
fn a_value_of_another_kind_is_refused() {
    use aws_pod_identity_json::Expected;

    let refused = |kind: Result<(), Error>| kind.map_err(|error| (error.kind(), error.at()));
    let document = || Reader::new(b" [1]");
    assert_eq!(
        refused(document().members(|_, _| Ok(())).map(|_| ())),
        Err((ErrorKind::Expected(Expected::Kind(Kind::Object)), 1))
    );
    assert_eq!(
        refused(document().text().map(|_| ())),
        Err((ErrorKind::Expected(Expected::Kind(Kind::String)), 1))
    );
    assert_eq!(
        refused(document().text_or_empty().map(|_| ())),
        Err((ErrorKind::Expected(Expected::Kind(Kind::String)), 1))
    );
    assert_eq!(
        refused(document().number().map(|_| ())),
        Err((ErrorKind::Expected(Expected::Value), 1))
    );
    assert_eq!(
        refused(document().flag().map(|_| ())),
        Err((ErrorKind::Expected(Expected::Kind(Kind::Boolean)), 1))
    );
    assert_eq!(
        refused(Reader::new(b"{}").array(|_| Ok(())).map(|_| ())),
        Err((ErrorKind::Expected(Expected::Kind(Kind::Array)), 0))
    );
}

#[test]
fn null_is_read_as_absent() {
    assert_eq!(Reader::new(b"null").flag(), Ok(false));
    assert_eq!(Reader::new(b" null").null(), Ok(true));
    assert_eq!(Reader::new(b"1").null(), Ok(false));
    assert!(Reader::new(b"null").text_or_empty().unwrap().is_empty());
    assert!(Reader::new(b" \"a\"").text_or_empty().unwrap().is("a"));
    for word in [&b"nul"[..], b"nulx", b"n"] {
        assert!(Reader::new(word).null().is_err());
        assert!(Reader::new(word).flag().is_err());
    }
}

#[test]
fn a_truncated_document_and_a_malformed_one_are_different_errors() {
    for (document, kind, at) in [
        (&b"\"ab"[..], ErrorKind::End, 3),
        (b"\"ab\\", ErrorKind::End, 4),
        (b"\"ab\\x", ErrorKind::String, 4),
        (b"\"ab\\u12", ErrorKind::String, 4),
        (b"\"ab\n\"", ErrorKind::String, 3),
        (b"\"a\xc3\"", ErrorKind::Utf8, 2),
        (b"\"\xc3\xa4\xff\"", ErrorKind::Utf8, 3),
    ] {
        let error = Reader::new(document).text().map(|_| ()).unwrap_err();
        assert_eq!((error.kind(), error.at()), (kind, at), "{document:?}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_at_every_position() {
    for inside in
        [&b"\xff"[..], b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"]
    {
        for before in 0..20 {
            let mut string = vec![b'"'];
            string.extend(vec![b'a'; before]);
            string.extend(inside);
            string.push(b'"');
            let error = Reader::new(&string).text().map(|_| ()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Utf8, "{string:?}");
            agrees(&string);
            agrees(&[b"{", &*string, b":1}"].concat());
        }
        agrees(&[b"[", inside, b"]"].concat());
    }
}

/// The members `name` and `value`, and how many elements the third has.
fn members(document: &str) -> Result<(String, String, usize), Error> {
    let reader = &mut Reader::new(document.as_bytes());
    let (mut name, mut value, mut count) = (String::new(), String::new(), 0);
    object!(reader, {
        "name" => name = reader.text()?.decode().into_owned(),
        "value" => value = reader.text_or_empty()?.decode().into_owned(),
        "a longer key than a word" => reader.array(|reader| {
            count += 1;
            reader.skip()
        })?,
    });
    reader.end()?;
    Ok((name, value, count))
}

#[test]
fn members_are_found_by_their_keys_and_others_are_skipped() {
    for (document, expected) in [
        ("{}", ("", "", 0)),
        (r#"{"a longer kex than a word":[1]}"#, ("", "", 0)),
        (r#"{"name":"a","value":"b","a longer key than a word":[1,{}]}"#, ("a", "b", 2)),
        (r#" { "value" : "b" , "x" : {"name":"c"} , "name" : "a" } "#, ("a", "b", 0)),
        (r#"{"n\u0061me":"a","valu\u0065":null}"#, ("a", "", 0)),
        (r#"{"nama":"x","eame":"x","nam":"x","names":"x","":"x"}"#, ("", "", 0)),
        (r#"{"vblue":"x","valuE":"x","Value":"x"}"#, ("", "", 0)),
        (r#"{"a longer key than a Word":1,"A longer key than a word":1}"#, ("", "", 0)),
        (r#"{"x":1,"x":2}"#, ("", "", 0)),
    ] {
        let (name, value, count) = members(document).unwrap();
        assert_eq!((&*name, &*value, count), expected, "{document}");
    }
}

#[test]
fn members_are_found_after_keys_of_any_length() {
    for length in 0..70 {
        for key in ["k".repeat(length), "é".repeat(length), "\\n".repeat(length)] {
            let document = format!("{{\"{key}\":\"x\",\"name\":\"a\"}}");
            assert_eq!(members(&document), Ok(("a".to_owned(), String::new(), 0)), "{document}");
            assert_eq!(keys(&document), [&*key.replace("\\n", "\n"), "name"], "{document}");
        }
    }
}

fn keys(document: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut reader = Reader::new(document.as_bytes());
    let read = reader.members(|reader, key| {
        keys.push(key.decode().into_owned());
        reader.skip()
    });
    read.unwrap();
    keys
}

#[test]
fn a_member_that_is_read_may_not_be_defined_twice() {
    for (document, at) in [
        (r#"{"name":"a","name":"a"}"#, 19),
        (r#"{"name":"a","value":"b","n\u0061me":"a"}"#, 36),
        (r#"{"a longer key than a word":[],"a longer key than a word":[]}"#, 58),
    ] {
        let error = members(document).unwrap_err();
        assert_eq!((error.kind(), error.at()), (ErrorKind::Duplicate, at), "{document}");
    }
}
