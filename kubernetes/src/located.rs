//! YAML with the position of each value and key.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::yaml::{self, plain};

/// A part of a text: line and column counted from 1, and a length, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The line in the text.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// The number of characters, at least 1.
    pub length: usize,
}

/// A value with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Where it is. With an alias, this is the alias.
    pub span: Span,
    /// The value.
    pub node: Node,
}

/// A value with the positions of what it contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A string, number, boolean or null.
    Scalar,
    /// The items of a list.
    Sequence(Vec<Located>),
    /// The members of a mapping: key, position of the key, value.
    Mapping(Vec<(String, Span, Located)>),
}

/// One step of a path into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// The member with this key.
    Key(String),
    /// The item with this number, counted from 0.
    Index(usize),
}

/// Reads one document, in which [`yaml::manifest`](crate::yaml::manifest) has found a value. None if positions cannot be
/// given.
pub fn read(text: &str) -> Option<Located> {
    plain::read(text).or_else(|| yaml::deserialized(text).ok())
}

impl Located {
    /// The span of the value at the end of a path, or of its key if it is a mapping or a list; of the last value on the path
    /// that exists otherwise.
    pub fn find(&self, path: &[PathStep]) -> Span {
        self.follow(path, |key, value| match value.node {
            Node::Scalar => value.span,
            _ => key,
        })
    }

    /// Likewise, of the key at the end of the path.
    pub fn find_key(&self, path: &[PathStep]) -> Span {
        self.follow(path, |key, _| key)
    }

    fn follow(&self, path: &[PathStep], of_member: impl Fn(Span, &Self) -> Span) -> Span {
        let (mut at, mut found) = (self, self.span);
        for step in path {
            let (span, next) = match (step, &at.node) {
                (PathStep::Key(key), Node::Mapping(members)) => {
                    let Some((_, key, value)) = members.iter().find(|member| member.0 == *key)
                    else {
                        break;
                    };
                    (of_member(*key, value), value)
                }
                (PathStep::Index(index), Node::Sequence(items)) => {
                    let Some(item) = items.get(*index) else { break };
                    (item.first_span(), item)
                }
                _ => break,
            };
            (at, found) = (next, span);
        }
        found
    }

    /// The span of a scalar, or of the first key of a mapping.
    fn first_span(&self) -> Span {
        match &self.node {
            Node::Mapping(members) => members.first().map_or(self.span, |member| member.1),
            _ => self.span,
        }
    }
}

fn span(location: Location) -> Span {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    Span {
        line: number(location.line()).max(1),
        column: number(location.column()).max(1),
        length: number(location.span().len()).max(1),
    }
}

impl plain::Tree for Located {
    type Members = Vec<(String, Span, Self)>;

    fn scalar(_: Cow<'_, str>, _: bool, at: granit_parser::Span) -> Option<Self> {
        Some(Self { span: parser_span(at), node: Node::Scalar })
    }

    fn sequence(items: Vec<Self>, at: granit_parser::Span) -> Self {
        Self { span: parser_span(at), node: Node::Sequence(items) }
    }

    fn member(
        members: &mut Self::Members,
        key: Cow<'_, str>,
        at: granit_parser::Span,
        value: Self,
    ) -> Option<()> {
        members.push((key.into_owned(), parser_span(at), value));
        Some(())
    }

    fn mapping(members: Self::Members, at: granit_parser::Span) -> Self {
        Self { span: parser_span(at), node: Node::Mapping(members) }
    }
}

fn parser_span(span: granit_parser::Span) -> Span {
    Span { line: span.start.line().max(1), column: span.start.col() + 1, length: span.len().max(1) }
}

impl<'de> Deserialize<'de> for Located {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Node>::deserialize(deserializer)?;
        Ok(Self { span: span(spanned.referenced), node: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

macro_rules! scalars {
    ($($visit:ident: $kind:ty),+) => {
        $(fn $visit<E>(self, _: $kind) -> Result<Node, E> { Ok(Node::Scalar) })+
    };
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    scalars!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128,
        visit_f64: f64, visit_str: &str, visit_bytes: &[u8]);

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Self::Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Located>()? {
            members.push((key.value, span(key.referenced), value));
        }
        Ok(Node::Mapping(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str) -> PathStep {
        PathStep::Key(key.to_owned())
    }

    #[test]
    fn a_path_leads_to_a_value_or_to_the_key_of_a_mapping() {
        let located = read("a:\n  b: [x, \"yy\"]\n  c: &z {d: true}\ne:\n- name: n\n").unwrap();
        let at = |path: &[PathStep]| {
            let Span { line, column, length } = located.find(path);
            (line, column, length)
        };
        assert_eq!(at(&[key("a"), key("b"), PathStep::Index(1)]), (2, 10, 4));
        assert_eq!(at(&[key("a"), key("b")]), (2, 3, 1));
        assert_eq!(located.find_key(&[key("a"), key("c"), key("d")]).column, 10);
        assert_eq!(at(&[key("a"), key("c"), key("d")]), (3, 13, 4));
        assert_eq!(at(&[key("e"), PathStep::Index(0)]), (5, 3, 4));
        assert_eq!(at(&[key("a"), key("missing"), key("x")]), (1, 1, 1), "as far as it exists");
    }
}
