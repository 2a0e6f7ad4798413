//! The items of a list, each of which is read separately: a list can have all objects of a cluster.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use crate::object::text_at;
use crate::yaml::plain;

/// The items of a document that is a `List` in block style, as `kubectl get --output yaml` prints it: how many lines are before
/// each, and its text, which is a list with one item. None for other documents, and if an item can refer to another one.
pub(super) fn items(text: &str) -> Option<Vec<(usize, Range<usize>)>> {
    // Quick for other documents: `contains` compares many bytes at a time, unlike `find`.
    if !text.contains("\nitems:") {
        return None;
    }
    let mut lines = Lines { text, at: 0, number: 0 };
    lines.find(|line| line.text.trim_end() == "items:")?;
    let head = lines.at;
    let mut items: Vec<(usize, Range<usize>)> = Vec::new();
    let mut indent = None;
    let mut end = text.len();
    for line in lines {
        let content = line.text.trim_start_matches(' ');
        let column = line.text.len() - content.len();
        let content = content.trim_end();
        let is_item = content == "-" || content.starts_with("- ");
        match indent {
            _ if content.is_empty() || content.starts_with('#') => {}
            None if is_item => {
                indent = Some(column);
                items.push((line.number, line.at..text.len()));
            }
            None => return None,
            Some(indent) if column > indent => {}
            Some(indent) if column == indent && is_item => {
                if let Some((_, last)) = items.last_mut() {
                    last.end = line.at;
                }
                items.push((line.number, line.at..text.len()));
            }
            Some(_) => {
                end = line.at;
                break;
            }
        }
    }
    let (_, last) = items.last_mut()?;
    last.end = end;
    let rest = [text.get(..head)?, text.get(end..)?].concat();
    (is_list(&rest) && !has_alias(text)).then_some(items)
}

/// Whether a text is a `List` whose items were removed.
fn is_list(text: &str) -> bool {
    plain::read(text).is_some_and(|list: Value| {
        text_at(&list, "/kind") == "List"
            && text_at(&list, "/apiVersion") == "v1"
            && list.get("items").is_some_and(Value::is_null)
    })
}

/// Whether there is an alias, such as `*name`, of an anchor `&name`, as far as the text shows it: both can also be part of a
/// string.
fn has_alias(text: &str) -> bool {
    let starts_node = |before: &str| {
        let before = before.trim_end_matches(' ');
        before.is_empty() || before.ends_with(['\n', ':', '-', '[', '{', ',', '?'])
    };
    let aliases = names_after(text, '*').filter(|(before, _)| starts_node(before));
    let aliases: BTreeSet<&str> = aliases.map(|(_, name)| name).collect();
    !aliases.is_empty() && names_after(text, '&').any(|(_, name)| aliases.contains(name))
}

/// The names after a character, and the texts before it.
fn names_after(text: &str, character: char) -> impl Iterator<Item = (&str, &str)> {
    let is_end =
        |one: char| one.is_ascii_whitespace() || matches!(one, ',' | '[' | ']' | '{' | '}');
    let found = text.match_indices(character).filter_map(move |(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        Some((before, rest.get(1..)?.split(is_end).next()?))
    });
    found.filter(|(_, name)| !name.is_empty())
}

/// The lines of a text.
struct Lines<'t> {
    text: &'t str,
    /// Where the next line starts.
    at: usize,
    /// How many lines are before it.
    number: usize,
}

struct Line<'t> {
    text: &'t str,
    at: usize,
    number: usize,
}

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        let text = self.text.get(self.at..)?.split_inclusive('\n').next()?;
        let line = Line { text, at: self.at, number: self.number };
        self.at += text.len();
        self.number += 1;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HEAD: &str = "apiVersion: v1\nkind: List\n";

    fn found(text: &str) -> Option<Vec<(usize, &str)>> {
        let items = items(text)?.into_iter();
        Some(items.map(|(lines, range)| (lines, text.get(range).unwrap())).collect())
    }

    #[test]
    fn items_are_found_at_every_indentation_and_before_other_keys() {
        let after = "kind: List\nmetadata:\n  resourceVersion: \"\"\n";
        let text = format!("apiVersion: v1\nitems:\n- a: |\n    - x\n\n# c\n- b\n{after}");
        assert_eq!(found(&text).unwrap(), [(2, "- a: |\n    - x\n\n# c\n"), (6, "- b\n")]);
        let text = format!("{HEAD}items:\n\n  # c\n  - a: 1\n    b: [\n      2]\n  -\n    c: 3\n");
        assert_eq!(
            found(&text).unwrap(),
            [(5, "  - a: 1\n    b: [\n      2]\n"), (8, "  -\n    c: 3\n")]
        );
        assert_eq!(found(&format!("{HEAD}items:\r\n- a\r\n- b")).unwrap().len(), 2);
    }

    #[rstest]
    #[case("apiVersion: v1\nkind: PodList\nitems:\n- a\n")]
    #[case("apiVersion: example.com/v1\nkind: List\nitems:\n- a\n")]
    #[case("apiVersion: v1\nkind: List\nkind: List\nitems:\n- a\n")]
    #[case("apiVersion: v1\nkind: List\nitems: [a, b]\n")]
    #[case("apiVersion: v1\nkind: List\nitems:\n")]
    #[case("apiVersion: v1\nkind: List\nitems:\n  a: b\n")]
    #[case("apiVersion: v1\nkind: List\nitems:\n- a\nitems:\n- b\n")]
    #[case("apiVersion: v1\nkind: List\nitems:\n  - a\n - b\n")]
    #[case("apiVersion: v1\nkind: List\nitems:\n- a: &x 1\n- b: *x\n")]
    #[case("apiVersion: v1\nkind: List\nitems:\n- &x {a: 1}\n- {<<: *x}\n")]
    #[case("apiVersion: v1\nkind: List\nx: &x 1\nitems:\n-\n  *x\n")]
    fn other_documents_are_read_as_a_whole(#[case] text: &str) {
        assert_eq!(found(text), None);
    }

    #[test]
    fn stars_in_strings_are_no_aliases() {
        let text =
            format!("{HEAD}items:\n- a: '*/5 * * * *'\n- b: |\n    * x & y\n    *.log\n    x=&z\n");
        assert_eq!(found(&text).unwrap().len(), 2);
    }
}
