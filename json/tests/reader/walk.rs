//! Going through a document with the reader, and in slower ways to compare with.

use aws_pod_identity_json::{Kind, Reader, push_string};

use crate::{Expected, oracle};

/// Asserts that a value that can be skipped ends with its closing bracket, and that the strings in it are valid.
#[track_caller]
pub(crate) fn assert_skipped_correctly(document: &[u8]) {
    if !matches!(document, [b'{' | b'[', ..]) {
        return;
    }
    let mut reader = Reader::new(document);
    let shown = String::from_utf8_lossy(document);
    if reader.skip().is_err() {
        assert!(Reader::new(document).check().is_err(), "refused: {shown:?}");
        return;
    }
    let (end, strings) = closing_bracket(document).expect("a closing bracket");
    assert_eq!(reader.position(), end, "{shown:?}");
    assert!(std::str::from_utf8(&document[..end]).is_ok(), "{shown:?}");
    for string in strings {
        assert_eq!(oracle(string), Expected::Accept, "{shown:?}");
    }
}

/// The end of the object or list at the start of a text, and the strings in it, found byte by byte.
fn closing_bracket(text: &[u8]) -> Option<(usize, Vec<&[u8]>)> {
    let (mut depth, mut string, mut escaped) = (0, None, false);
    let mut strings = Vec::new();
    for (at, byte) in text.iter().enumerate() {
        let after_backslash = std::mem::take(&mut escaped);
        match (byte, string) {
            (b'\\', _) => escaped = !after_backslash,
            (b'"', None) if !after_backslash => string = Some(at),
            (b'"', Some(start)) if !after_backslash => {
                strings.push(&text[start..=at]);
                string = None;
            }
            (b'{' | b'[', None) => depth += 1,
            (b'}' | b']', None) => {
                depth -= 1;
                if depth == 0 {
                    return Some((at + 1, strings));
                }
            }
            _ => {}
        }
    }
    None
}

/// Writes a document again, from the values that the reader returns.
pub(crate) fn rebuild(reader: &mut Reader<'_>, out: &mut String) {
    match reader.kind().unwrap() {
        Kind::Object => {
            out.push('{');
            let mut comma = "";
            reader
                .members(|reader, key| {
                    out.push_str(std::mem::replace(&mut comma, ","));
                    push_string(out, &key.decode());
                    out.push(':');
                    rebuild(reader, out);
                    Ok(())
                })
                .unwrap();
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            let mut comma = "";
            reader
                .array(|reader| {
                    out.push_str(std::mem::replace(&mut comma, ","));
                    rebuild(reader, out);
                    Ok(())
                })
                .unwrap();
            out.push(']');
        }
        Kind::String => push_string(out, &reader.text().unwrap().decode()),
        Kind::Number => out.push_str(reader.number().unwrap()),
        Kind::Boolean => out.push_str(if reader.flag().unwrap() { "true" } else { "false" }),
        Kind::Null => {
            assert!(reader.null().unwrap());
            out.push_str("null");
        }
    }
}
