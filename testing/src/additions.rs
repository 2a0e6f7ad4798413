//! Finds the additions to a document by comparison with the document before.
//!
//! Lists and objects may have additions at their end, and a `null` may have become a list or an object. Every other difference,
//! even of whitespace, is a failure.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// Members or elements that were added in one place.
#[derive(Debug)]
struct Addition {
    /// The object or list with the addition, as a JSON pointer.
    path: String,
    /// The elements of a list, or one object of the members.
    added: Vec<Value>,
    /// Where the addition is written.
    cut: Range<usize>,
    /// The elements or members before.
    instead: &'static str,
}

/// Lists the additions to `before` that result in `after`.
#[track_caller]
fn additions(before: &str, after: &str) -> Vec<Addition> {
    let mut comparison = Comparison { document: after, additions: Vec::new() };
    comparison.compare(raw(before), raw(after), "");
    comparison.additions
}

/// `after` without its additions.
fn without_additions(after: &str, additions: &[Addition]) -> String {
    let mut cuts: Vec<_> = additions.iter().collect();
    cuts.sort_by_key(|addition| addition.cut.start);
    let mut out = String::new();
    let mut copied = 0;
    for addition in cuts {
        out.push_str(&after[copied..addition.cut.start]);
        out.push_str(addition.instead);
        copied = addition.cut.end;
    }
    out.push_str(&after[copied..]);
    out
}

/// Every variable that the policy may add.
const VARIABLES: [&str; 10] = [
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ROLE_SESSION_NAME",
    "AWS_EC2_METADATA_DISABLED",
];

/// Verifies that `after` is the pod `before` with additions that the policy may make: without them, both are the same byte for
/// byte.
#[track_caller]
pub fn check(before: &str, after: &str) {
    let additions = additions(before, after);
    assert!(!additions.is_empty(), "the answer has an object, and nothing was added to it");
    assert_eq!(without_additions(after, &additions), raw(before));
    let before = parsed(before);
    for Addition { path, added, .. } in additions {
        match (path.split('/').collect::<Vec<_>>().as_slice(), added.as_slice()) {
            // Members that did not exist, or that were `null`.
            (
                ["", "spec" | "metadata"] | ["", "spec", "containers" | "initContainers", _],
                [Value::Object(members)],
            ) => {
                for (key, value) in members {
                    check_member(&before, &format!("{path}/{key}"), value);
                }
            }
            (["", "metadata", "labels"], [members]) => check_member(&before, &path, members),
            _ => check_member(&before, &path, &Value::Array(added)),
        }
    }
}

/// Verifies that this may be added to the list or the object at that path.
#[track_caller]
fn check_member(before: &Value, path: &str, added: &Value) {
    let key = match path.split('/').collect::<Vec<_>>()[..] {
        ["", "metadata", "labels"] => {
            let label = serde_json::json!({"eks.amazonaws.com/pod-identity": "enabled"});
            assert_eq!(*added, label, "another label");
            return;
        }
        ["", "spec", "containers" | "initContainers", _, "env"] => {
            let names = names(added, "name");
            assert!(names.iter().all(|name| VARIABLES.contains(&&**name)), "{path}: {names:?}");
            "name"
        }
        ["", "spec", "containers" | "initContainers", _, "volumeMounts"] => "mountPath",
        ["", "spec", "volumes"] => "name",
        _ => panic!("{path}: something else was added: {added}"),
    };
    let added = names(added, key);
    assert!(path.ends_with("/env") || added.len() == 1, "{path}: {added:?}");
    let mut known = before.pointer(path).map(|list| names(list, key)).unwrap_or_default();
    for name in added {
        assert!(!name.is_empty() && !known.contains(&name), "{path}: {name:?} occurs twice");
        known.push(name);
    }
}

/// The value of `key` in each element of a list.
fn names(list: &Value, key: &str) -> Vec<String> {
    let names = list.as_array().into_iter().flatten().map(|element| &element[key]);
    names.map(|name| name.as_str().unwrap_or_default().to_owned()).collect()
}

fn raw(text: &str) -> &str {
    serde_json::from_str::<&RawValue>(text).expect("JSON").get()
}

struct Comparison<'a> {
    document: &'a str,
    additions: Vec<Addition>,
}

impl<'a> Comparison<'a> {
    #[track_caller]
    fn compare(&mut self, before: &str, after: &'a str, path: &str) {
        if before == after {
            return;
        }
        match (Parts::of(before), Parts::of(after)) {
            (Parts::Object(before), Parts::Object(members)) => {
                assert!(before.len() <= members.len(), "{path}: members are gone");
                for ((key, before), (same, after)) in before.iter().zip(&members) {
                    assert_eq!(key, same, "{path}: another member");
                    let key = key.replace('~', "~0").replace('/', "~1");
                    self.compare(before, after, &format!("{path}/{key}"));
                }
                let values: Vec<_> = members.iter().map(|(_, value)| *value).collect();
                if let Some(cut) = self.grown(after, before.len(), &values) {
                    let added = members[before.len()..].iter();
                    let added = added.map(|(key, value)| (key.clone(), parsed(value))).collect();
                    self.add(path, vec![Value::Object(added)], cut, "");
                }
            }
            (Parts::List(before), Parts::List(elements)) => {
                assert!(before.len() <= elements.len(), "{path}: elements are gone");
                for (index, (before, after)) in before.iter().zip(&elements).enumerate() {
                    self.compare(before, after, &format!("{path}/{index}"));
                }
                if let Some(cut) = self.grown(after, before.len(), &elements) {
                    let added =
                        elements[before.len()..].iter().map(|value| parsed(value)).collect();
                    self.add(path, added, cut, "");
                }
            }
            (Parts::Null, Parts::List(elements)) => {
                let start = self.offset(after);
                let added = elements.iter().map(|value| parsed(value)).collect();
                self.add(path, added, start..start + after.len(), "null");
            }
            (Parts::Null, Parts::Object(_)) => {
                let start = self.offset(after);
                self.add(path, vec![parsed(after)], start..start + after.len(), "null");
            }
            _ => panic!("{path}: {before} became {after}"),
        }
    }

    /// From the end of the last part that existed before to the end of the last part.
    fn grown(&self, whole: &'a str, before: usize, parts: &[&'a str]) -> Option<Range<usize>> {
        let end = |part: &&'a str| self.offset(part) + part.len();
        let last = parts.get(before..)?.last()?;
        let start = match before.checked_sub(1) {
            Some(index) => end(&parts[index]),
            None => self.offset(whole) + 1,
        };
        Some(start..end(last))
    }

    fn add(&mut self, path: &str, added: Vec<Value>, cut: Range<usize>, instead: &'static str) {
        self.additions.push(Addition { path: path.to_owned(), added, cut, instead });
    }

    fn offset(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.document.as_ptr() as usize
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The parts of a value, each as it is written.
enum Parts<'a> {
    Object(Vec<(String, &'a str)>),
    List(Vec<&'a str>),
    Null,
    Other,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        match text.as_bytes().first() {
            Some(b'{') => serde_json::Deserializer::from_str(text).deserialize_map(Members),
            Some(b'[') => serde_json::Deserializer::from_str(text).deserialize_seq(Members),
            Some(b'n') => Ok(Self::Null),
            _ => Ok(Self::Other),
        }
        .expect("JSON")
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            members.push((key, value.get()));
        }
        Ok(Parts::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element::<&RawValue>()? {
            elements.push(element.get());
        }
        Ok(Parts::List(elements))
    }
}
