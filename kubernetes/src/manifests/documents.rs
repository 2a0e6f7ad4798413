//! The documents of one text.

use std::ops::Range;

use serde::de::IgnoredAny;

use super::list;

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

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n";

    /// The numbers of documents with a value.
    fn numbers(text: &str) -> Vec<usize> {
        let documents = split(text).into_iter();
        let documents = documents.filter(|document| !document.text.lines().all(is_blank));
        documents.map(|document| document.number).collect()
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
    fn empty_documents_are_counted() {
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
}
