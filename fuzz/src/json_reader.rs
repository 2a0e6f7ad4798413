//! Compares the reader with `serde_json`: it accepts the same documents, skips them, reads the same values, and finds the
//! position at which a member can be added.

use aws_pod_identity_json::{Error, InsertionPoint, Kind, Reader, push_string};
use serde_json::{Map, Number, Value};

/// Nested more deeply than this, `serde_json` reports an error.
const MAX_DEPTH: usize = 126;

/// Checks one input.
pub fn run(data: &[u8]) {
    let mut reader = Reader::new(data);
    let checked = reader.check().and_then(|()| reader.end());
    let mut skipping = Reader::new(data);
    match skipping.skip() {
        Ok(()) => {
            let skipped = data.get(..skipping.position()).expect("a part of the document");
            std::str::from_utf8(skipped).expect("skipped bytes are UTF-8");
        }
        Err(_) => assert!(checked.is_err(), "valid JSON can be skipped"),
    }
    let Ok(document) = std::str::from_utf8(data) else {
        checked.expect_err("text that is not UTF-8 is an error");
        return;
    };
    if checked.is_ok() {
        assert_eq!(skipping.position(), document.trim_end_matches([' ', '\n', '\r', '\t']).len());
    }
    let mut out = String::new();
    push_string(&mut out, document);
    assert_eq!(
        serde_json::from_str::<String>(&out).expect("a string is written as JSON"),
        document
    );

    match serde_json::from_str::<Value>(document) {
        Ok(expected) => {
            checked.expect("the reader accepts what serde_json accepts");
            check_values(document, &expected);
        }
        // The reader does not interpret numbers, and allows a level or two more.
        Err(error)
            if ["number out of range", "recursion limit"]
                .iter()
                .any(|why| error.to_string().contains(why)) => {}
        Err(error) => assert!(checked.is_err(), "serde_json refuses it: {error}"),
    }
}

fn check_values(document: &str, expected: &Value) {
    let mut reader = Reader::new(document.as_bytes());
    let mut places = Vec::new();
    let found = read(&mut reader, &mut places, 0).expect("valid JSON can be read");
    assert_eq!(reader.position(), document.trim_end_matches([' ', '\n', '\r', '\t']).len());
    assert_eq!(found.as_ref(), Some(expected));
    // Not all of them, because the time would grow with the square of the length.
    for (place, object) in places.iter().take(2).chain(places.last()) {
        let (before, after) = document.split_at(place.at);
        let comma = if place.empty { "" } else { "," };
        let member = if *object { "\"\":0" } else { "0" };
        let longer = format!("{before}{comma}{member}{after}");
        serde_json::from_str::<Value>(&longer).unwrap_or_else(|error| panic!("{error}: {longer}"));
    }
}

/// Reads any value with the methods of the reader; none if it is nested too deeply.
fn read(
    reader: &mut Reader<'_>,
    places: &mut Vec<(InsertionPoint, bool)>,
    depth: usize,
) -> Result<Option<Value>, Error> {
    if depth > MAX_DEPTH {
        return reader.skip().map(|()| None);
    }
    Ok(Some(match reader.kind()? {
        Kind::Object => {
            let mut object = Map::new();
            let place = reader.members(|reader, key| {
                let value = read(reader, places, depth + 1)?;
                object.insert(key.decode().into_owned(), value.unwrap_or_default());
                Ok(())
            })?;
            places.push((place, true));
            Value::Object(object)
        }
        Kind::Array => {
            let mut array = Vec::new();
            let place = reader.array(|reader| {
                array.push(read(reader, places, depth + 1)?.unwrap_or_default());
                Ok(())
            })?;
            places.push((place, false));
            Value::Array(array)
        }
        Kind::String => {
            let text = reader.text()?;
            let decoded = text.decode();
            assert!(text.is(&decoded));
            assert_eq!(text.is_empty(), decoded.is_empty());
            Value::String(decoded.into_owned())
        }
        Kind::Number => {
            let number: Number = serde_json::from_str(reader.number()?).expect("a number");
            Value::Number(number)
        }
        Kind::Boolean => Value::Bool(reader.flag()?),
        Kind::Null => {
            assert!(reader.null()?);
            Value::Null
        }
    }))
}
