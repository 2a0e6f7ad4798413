//! The parts of objects, lists and texts.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;

use crate::properties::documents::Json;

pub(super) fn text(texts: &[&str]) -> BoxedStrategy<Json> {
    let texts: Vec<_> = texts.iter().map(|text| Json::text(*text)).collect();
    select(texts).boxed()
}

pub(super) fn value(value: serde_json::Value) -> BoxedStrategy<Json> {
    Just(Json::from(value)).boxed()
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
pub(super) fn object(members: Vec<(&'static str, BoxedStrategy<Json>)>) -> BoxedStrategy<Json> {
    chosen_members(members).prop_map(Json::Object).boxed()
}

pub(super) fn chosen_members(
    members: Vec<(&'static str, BoxedStrategy<Json>)>,
) -> BoxedStrategy<Vec<(String, Json)>> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(key, value)| option::of(value.prop_map(move |value| (key.to_owned(), value))))
        .collect();
    members
        .prop_map(|members| members.into_iter().flatten().collect::<Vec<_>>())
        .prop_shuffle()
        .boxed()
}

/// An object that has these members and some of the others.
pub(super) fn object_with(
    required: Vec<(&'static str, BoxedStrategy<Json>)>,
    others: Vec<(&'static str, BoxedStrategy<Json>)>,
) -> BoxedStrategy<Json> {
    let required: Vec<_> = required
        .into_iter()
        .map(|(key, value)| value.prop_map(move |value| (key.to_owned(), value)))
        .collect();
    (required, chosen_members(others))
        .prop_map(|(mut members, others)| {
            members.extend(others);
            members
        })
        .prop_shuffle()
        .prop_map(Json::Object)
        .boxed()
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
