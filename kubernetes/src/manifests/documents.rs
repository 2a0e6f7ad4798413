//! The documents of one text, and the objects in them.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{InputError, Manifest, Origin, list};
use crate::object::text_at;
use crate::yaml;

/// The objects in the text of one file, with the items of lists, without empty documents.
pub fn parse(file: &str, text: &str) -> Result<Vec<Manifest>, InputError> {
    let mut manifests = Vec::new();
    for document in split(text) {
        let origin = Origin { file: file.to_owned(), document: document.number };
        // With as many empty lines before the text, an error names the line of the file.
        let before = || "\n".repeat(document.line - 1 + document.item.unwrap_or_default());
        let read = yaml::manifest(document.text);
        match read.or_else(|_| yaml::manifest(&(before() + document.text))) {
            Ok(Value::Null) => {}
            Ok(Value::Array(items)) if document.item.is_some() => {
                for item in items {
                    add_objects(&origin, item, &mut manifests)?;
                }
            }
            Ok(object) => add_objects(&origin, object, &mut manifests)?,
            Err(error) => return Err(InputError::Yaml { origin, error }),
        }
    }
    Ok(manifests)
}

/// One document of a text, or one item of a document that is a long list.
#[derive(Clone, Copy, Debug)]
pub struct Document<'t> {
    /// Which document of the text it is, counted from 1.
    pub number: usize,
    /// The line of the text at which it starts, counted from 1.
    pub line: usize,
    /// Its text; for an item, a list with this item.
    pub text: &'t str,
    /// For an item, how many lines of the document are before it.
    pub item: Option<usize>,
}

/// Splits a text at the same separators as `kubectl`: at lines with `---` alone or with a comment, and between values of JSON that
/// follow each other. The text before the first such line is a document only if it is not empty. A `List` is split into its items
/// if none refers to another one.
pub fn split(text: &str) -> Vec<Document<'_>> {
    let (mut start, mut at, mut first_line) = (0, 0, 1);
    let mut ranges = Vec::new();
    // `split_inclusive` takes several times as long.
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1).chain([text.len()]);
    for (end, number) in ends.zip(1..) {
        let line = text.get(at..end).unwrap_or_default();
        if is_separator(line.trim_start_matches(BYTE_ORDER_MARK)) {
            ranges.push((first_line, start..at));
            (start, first_line) = (end, number + 1);
        }
        at = end;
    }
    ranges.push((first_line, start..at));
    let ranges: Vec<_> = ranges.into_iter().flat_map(|range| values_of_json(text, range)).collect();
    let skip = usize::from(ranges.first().is_some_and(|(_, range)| {
        let mut lines = text.get(range.clone()).unwrap_or_default().lines();
        // Directives such as `%YAML 1.2` are before the separator.
        lines.all(|line| is_blank(line) || line.starts_with('%'))
    }));
    let documents = ranges.into_iter().skip(skip).zip(1..);
    let documents = documents.flat_map(|((line, range), number)| {
        let text = text.get(range).unwrap_or_default().trim_start_matches(BYTE_ORDER_MARK);
        let document = Document { number, line, text, item: None };
        match list::items(text) {
            None => vec![document],
            Some(items) => {
                let item = |(lines, range)| {
                    let text = text.get(range).unwrap_or_default();
                    Document { text, item: Some(lines), ..document }
                };
                items.into_iter().map(item).collect()
            }
        }
    });
    documents.collect()
}

/// The mark with which files can start. In a file that was joined from several, it can be at the start of each document.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The values of JSON in a part of a text, as `jq` prints them: without separators.
fn values_of_json(text: &str, (line, range): (usize, Range<usize>)) -> Vec<(usize, Range<usize>)> {
    let part = text.get(range.clone()).unwrap_or_default();
    if !part.trim_start().starts_with('{') {
        return vec![(line, range)];
    }
    let mut values = serde_json::Deserializer::from_str(part).into_iter::<IgnoredAny>();
    let (mut found, mut start, mut line) = (Vec::new(), 0, line);
    while let Some(Ok(_)) = values.next() {
        let end = values.byte_offset();
        found.push((line, range.start + start..range.start + end));
        let after = part.get(end..).unwrap_or_default();
        let next = part.len() - after.trim_start().len();
        line += part.get(start..next).unwrap_or_default().matches('\n').count();
        start = next;
    }
    match found.last_mut() {
        Some((_, last)) if start == part.len() => last.end = range.end,
        _ => found.push((line, range.start + start..range.end)),
    }
    found
}

fn is_separator(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(is_blank)
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// Adds the object, or the items of a list.
fn add_objects(
    origin: &Origin,
    object: Value,
    manifests: &mut Vec<Manifest>,
) -> Result<(), InputError> {
    let not_an_object = |problem| InputError::NotAnObject { origin: origin.clone(), problem };
    let text = |pointer: &str| text_at(&object, pointer);
    if !object.is_object() {
        return Err(not_an_object(
            "not a Kubernetes object, which is a mapping with apiVersion and kind",
        ));
    }
    if text("/apiVersion").is_empty() {
        return Err(not_an_object("the object has no apiVersion"));
    }
    if text("/kind").is_empty() {
        return Err(not_an_object("the object has no kind"));
    }
    if let (true, Some(Value::Array(items))) = (text("/kind") == "List", object.get("items")) {
        for item in items {
            add_objects(origin, item.clone(), manifests)?;
        }
        return Ok(());
    }
    if text("/metadata/name").is_empty() && text("/metadata/generateName").is_empty() {
        return Err(not_an_object("the object has no metadata.name"));
    }
    manifests.push(Manifest { origin: origin.clone(), object });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n";

    fn numbers(text: &str) -> Vec<usize> {
        let manifests = parse("f.yaml", text).unwrap();
        manifests.iter().map(|manifest| manifest.origin.document).collect()
    }

    fn error(text: &str) -> String {
        parse("f.yaml", text).unwrap_err().to_string()
    }

    #[test]
    fn documents_are_counted_from_one() {
        assert_eq!(numbers(&format!("{POD}---\n{POD}")), [1, 2]);
    }

    #[test]
    fn a_separator_or_comment_at_the_start_is_not_a_document() {
        assert_eq!(numbers(&format!("# hello\n--- # one\n{POD}---\n{POD}---\n")), [1, 2]);
    }

    #[test]
    fn empty_documents_are_left_out_but_counted() {
        assert_eq!(numbers(&format!("{POD}---\n# nothing\n---\n{POD}")), [1, 3]);
    }

    #[test]
    fn values_of_json_that_follow_each_other_are_documents() {
        let found = |text: &str| {
            let documents = split(text).into_iter();
            documents.map(|one| (one.line, one.text.to_owned())).collect::<Vec<_>>()
        };
        let document = |line: usize, text: &str| (line, text.to_owned());
        assert_eq!(
            found("# a\n---\n{\"a\":\n1} {\"b\": 2}\n\n{\"c\": 3}\n---\na: 1\n"),
            [
                document(3, "{\"a\":\n1}"),
                document(4, "{\"b\": 2}"),
                document(6, "{\"c\": 3}\n"),
                document(8, "a: 1\n"),
            ]
        );
        assert_eq!(
            found("{\"a\": 1}\n{\"b\": [}\n{}"),
            [document(1, "{\"a\": 1}"), document(2, "{\"b\": [}\n{}")]
        );
        for one in ["\n{\"a\": 1}\n", "{a: 1}\n", "{"] {
            assert_eq!(found(one), [document(1, one)]);
        }
    }

    #[test]
    fn the_byte_order_mark_is_ignored() {
        let text = format!("\u{feff}---\n\u{feff}{POD}---\n{POD}");
        assert_eq!(numbers(&text), [1, 2]);
        assert_eq!(numbers(&format!("\u{feff}{POD}")), [1]);
    }

    #[test]
    fn lists_are_split_into_their_items() {
        let item = "{apiVersion: v1, kind: Pod, metadata: {name: a}}";
        let text = format!("apiVersion: v1\nkind: List\nitems:\n- {item}\n- {item}\n");
        assert_eq!(numbers(&text), [1, 1]);
    }

    #[test]
    fn a_syntax_error_names_file_document_and_line_in_the_file() {
        let error = error(&format!("{POD}---\n{POD}  broken: [1\n"));
        assert!(error.starts_with("f.yaml, document 2: "), "{error}");
        assert!(error.contains("at line 1"), "{error}");
    }

    #[rstest]
    #[case("- a\n", "not a Kubernetes object")]
    #[case("kind: Pod\n", "no apiVersion")]
    #[case("apiVersion: v1\n", "no kind")]
    #[case("apiVersion: v1\nkind: Pod\n", "no metadata.name")]
    fn a_document_that_is_not_an_object_is_refused(#[case] text: &str, #[case] expected: &str) {
        let error = error(text);
        assert!(error.starts_with("f.yaml, document 1: "), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}
