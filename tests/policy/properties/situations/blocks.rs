//! The parts of objects, lists and texts.

use policy_testing::json_text::Json;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;

/// A key, and its values.
pub(super) type Member = (String, BoxedStrategy<Json>);

pub(super) const NO_MEMBERS: Vec<Member> = Vec::new();

pub(super) fn texts(texts: impl Iterator<Item = &'static str>) -> BoxedStrategy<Json> {
    select(texts.map(Json::text).collect::<Vec<_>>()).boxed()
}

pub(super) fn text(texts: &[&'static str]) -> BoxedStrategy<Json> {
    self::texts(texts.iter().copied())
}

pub(super) fn value(value: serde_json::Value) -> BoxedStrategy<Json> {
    Just(Json::from(value)).boxed()
}

/// One of the values.
pub(super) fn values(values: &[serde_json::Value]) -> BoxedStrategy<Json> {
    select(values.iter().cloned().map(Json::from).collect::<Vec<_>>()).boxed()
}

/// Values that the policy does not read, and returns unchanged.
pub(super) fn foreign() -> BoxedStrategy<Json> {
    prop_oneof![
        select(vec!["null", "true", "0", "-0", "1.50", "1E3", "12345678901234567890", "[]", "{}"])
            .prop_map(|raw| Json::Raw(raw.to_owned())),
        select(vec!["", "x", "\u{0}\"\\\u{7f}", "\"env\":[", "ünï\u{10000}", "a/b\n"])
            .prop_map(Json::text),
        value(json!({"env": [{"name": "AWS_ROLE_ARN"}], "volumes": null, "": [[], {}]})),
    ]
    .boxed()
}

/// An object with some of these members, in any order.
pub(super) fn object<K: Into<String>>(
    members: Vec<(K, BoxedStrategy<Json>)>,
) -> BoxedStrategy<Json> {
    chosen_members(members).prop_map(Json::Object).boxed()
}

pub(super) fn chosen_members<K: Into<String>>(
    members: Vec<(K, BoxedStrategy<Json>)>,
) -> BoxedStrategy<Vec<(String, Json)>> {
    let members: Vec<_> =
        members.into_iter().map(|member| option::of(self::member(member))).collect();
    members
        .prop_map(|members| members.into_iter().flatten().collect::<Vec<_>>())
        .prop_shuffle()
        .boxed()
}

/// An object that has these members and some of the others.
pub(super) fn object_with<K: Into<String>, L: Into<String>>(
    required: Vec<(K, BoxedStrategy<Json>)>,
    others: Vec<(L, BoxedStrategy<Json>)>,
) -> BoxedStrategy<Json> {
    let required: Vec<_> = required.into_iter().map(member).collect();
    (required, chosen_members(others))
        .prop_map(|(mut members, others)| {
            members.extend(others);
            members
        })
        .prop_shuffle()
        .prop_map(Json::Object)
        .boxed()
}

fn member<K: Into<String>>(
    (key, value): (K, BoxedStrategy<Json>),
) -> BoxedStrategy<(String, Json)> {
    let key = key.into();
    value.prop_map(move |value| (key.clone(), value)).boxed()
}

/// A list, or a `null` in its place.
pub(super) fn list(element: BoxedStrategy<Json>, most: usize) -> BoxedStrategy<Json> {
    prop_oneof![
        1 => Just(Json::null()),
        1 => Just(Json::List(Vec::new())),
        4 => vec(element, 1..=most).prop_map(Json::List),
    ]
    .boxed()
}

/// A list whose elements all have other names.
pub(super) fn named(
    names: &[&'static str],
    most: usize,
    element: fn(&'static str) -> BoxedStrategy<Json>,
) -> BoxedStrategy<Json> {
    let names = names.to_vec();
    let most = most.min(names.len());
    let elements = subsequence(names, 1..=most)
        .prop_shuffle()
        .prop_flat_map(move |names| names.into_iter().map(element).collect::<Vec<_>>());
    prop_oneof![
        1 => Just(Json::null()),
        1 => Just(Json::List(Vec::new())),
        4 => elements.prop_map(Json::List),
    ]
    .boxed()
}
