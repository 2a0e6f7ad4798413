//! Additions to a document; everything else stays byte for byte unchanged.

use std::ops::Range;

use aws_pod_identity_json::{Collection, InsertionPoint, push_string};

/// Additions to one document, in the order of the document.
#[derive(Debug, Default)]
pub(crate) struct Edits(Vec<Edit>);

/// What is written, and which bytes it replaces: none, or those of a `null`.
#[derive(Debug)]
struct Edit {
    range: Range<usize>,
    text: String,
}

impl Edits {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds `elements`, JSON values with commas between them, at the end of the list that is the member `key` of the
    /// object at `owner`. If there is no list, it is created. The additions to an object must come one after the other,
    /// because the commas between them depend on it.
    pub(crate) fn append(
        &mut self,
        owner: InsertionPoint,
        key: &str,
        list: &Collection,
        elements: &str,
    ) {
        self.add(owner, key, list, elements, ['[', ']']);
    }

    /// Adds `members`, JSON members with commas between them, likewise to an object.
    pub(crate) fn append_members(
        &mut self,
        owner: InsertionPoint,
        key: &str,
        map: &Collection,
        members: &str,
    ) {
        self.add(owner, key, map, members, ['{', '}']);
    }

    fn add(
        &mut self,
        owner: InsertionPoint,
        key: &str,
        list: &Collection,
        elements: &str,
        brackets: [char; 2],
    ) {
        let [open, close] = brackets;
        let mut text = String::with_capacity(elements.len() + key.len() + 6);
        let whole = |text: &mut String| {
            text.push(open);
            text.push_str(elements);
            text.push(close);
        };
        let range = match list {
            Collection::Present(end) => {
                self.comma(*end, &mut text);
                text.push_str(elements);
                end.at..end.at
            }
            Collection::Null(range) => {
                whole(&mut text);
                range.clone()
            }
            Collection::Absent => {
                self.comma(owner, &mut text);
                push_string(&mut text, key);
                text.push(':');
                whole(&mut text);
                owner.at..owner.at
            }
        };
        // Additions are almost in order, so this search ends soon. Additions at the same point keep their order.
        let before = self.0.iter().rposition(|edit| edit.range.start <= range.start);
        self.0.insert(before.map_or(0, |index| index + 1), Edit { range, text });
    }

    /// Writes a comma if the addition at `point` needs one before it.
    fn comma(&self, point: InsertionPoint, text: &mut String) {
        let first =
            point.empty && !self.0.iter().rev().take(2).any(|edit| edit.range.start == point.at);
        if !first {
            text.push(',');
        }
    }

    /// How many bytes the document grows by, at most.
    pub(crate) fn added(&self) -> usize {
        self.0.iter().map(|edit| edit.text.len()).sum()
    }

    /// Appends to `out` the part of the document at `range`, edited.
    pub(crate) fn apply(self, document: &[u8], range: Range<usize>, out: &mut Vec<u8>) {
        let mut copied = range.start;
        for edit in &self.0 {
            out.extend_from_slice(document.get(copied..edit.range.start).unwrap_or_default());
            out.extend_from_slice(edit.text.as_bytes());
            copied = edit.range.end;
        }
        out.extend_from_slice(document.get(copied..range.end).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::Edits;
    use aws_pod_identity_json::{Collection, Error, Reader, object};

    /// Adds `"x"` to the list `a`, then `"y"` to the list `b`, of the object.
    fn edited(document: &str) -> Result<String, Error> {
        let reader = &mut Reader::new(document.as_bytes());
        let (mut a, mut b) = (Collection::default(), Collection::default());
        let end = object!(reader, {
            "a" => a = Collection::array(reader, Reader::skip)?,
            "b" => b = Collection::array(reader, Reader::skip)?,
        });
        let mut edits = Edits::default();
        edits.append(end, "a", &a, "\"x\"");
        edits.append(end, "b", &b, "\"y\"");
        let mut out = Vec::new();
        edits.apply(document.as_bytes(), 0..document.len(), &mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn additions_are_appended_to_existing_lists() {
        for (document, expected) in [
            ("{}", r#"{"a":["x"],"b":["y"]}"#),
            ("{ }", r#"{"a":["x"],"b":["y"] }"#),
            (r#"{"a":[]}"#, r#"{"a":["x"],"b":["y"]}"#),
            (r#"{"a":[ ],"b":[1 , 2 ] }"#, r#"{"a":["x" ],"b":[1 , 2,"y" ] }"#),
            (r#"{"b":[1], "a":null , "c":3}"#, r#"{"b":[1,"y"], "a":["x"] , "c":3}"#),
            ("{\n  \"c\": 1e400\n}", "{\n  \"c\": 1e400,\"a\":[\"x\"],\"b\":[\"y\"]\n}"),
            (r#"{"\u0061":["}",{"z":[]}]}"#, r#"{"\u0061":["}",{"z":[]},"x"],"b":["y"]}"#),
        ] {
            assert_eq!(edited(document).as_deref(), Ok(expected), "{document}");
        }
    }
}
