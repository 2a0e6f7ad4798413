//! The annotations of service accounts, and settings.

use policy_testing::json_text::Json;
use policy_testing::pools::{
    AUDIENCE, Annotations, INCLUDE_CONTAINERS, MISSPELLED, OTHER_ANNOTATIONS, ROLE, ROLES,
    SETTINGS, SKIP_CONTAINERS, STS_ENDPOINT_URL, STS_REGIONAL_ENDPOINTS, TOKEN_EXPIRATION,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;
use serde_json::json;

use super::blocks::{Member, chosen_members, object, object_with, text, texts, value};
use super::{PREFIX, Tidiness};

/// An annotation of the pool for each of its names. Annotations of the policy have its prefix.
pub(super) fn annotation(annotations: &Annotations, tidiness: Tidiness) -> Vec<Member> {
    let values = match tidiness {
        Tidiness::Clean => texts(annotations.values.ordinary.iter().copied()),
        Tidiness::Any => texts(annotations.values.all()),
    };
    let key = |name: &&str| format!("{PREFIX}/{name}");
    annotations.names.iter().map(|name| (key(name), values.clone())).collect()
}

pub(super) fn annotations(tidiness: Tidiness) -> BoxedStrategy<Json> {
    let role_arn = || format!("{PREFIX}/role-arn");
    let mut pools = vec![
        AUDIENCE,
        TOKEN_EXPIRATION,
        STS_REGIONAL_ENDPOINTS,
        STS_ENDPOINT_URL,
        OTHER_ANNOTATIONS,
    ];
    if tidiness == Tidiness::Any {
        pools.extend([SKIP_CONTAINERS, INCLUDE_CONTAINERS, MISSPELLED]);
    }
    let mut others: Vec<_> = pools.iter().flat_map(|pool| annotation(pool, tidiness)).collect();
    if tidiness == Tidiness::Clean {
        return object_with(vec![(role_arn(), text(&[ROLE]))], others);
    }
    others.push(("eks.amazon.com/role-arn".to_owned(), text(&[ROLE])));
    let role = Union::new_weighted(vec![(12, text(ROLES.ordinary)), (1, text(ROLES.unusual))]);
    // Mostly few of them, so that the problem of one does not hide the others.
    let few = prop_oneof![3 => Just(0.1), 1 => Just(0.5)];
    let annotated = few
        .prop_flat_map(move |probability| {
            let others: Vec<_> = others
                .iter()
                .map(|(key, value)| {
                    let key = key.clone();
                    let entry = value.clone().prop_map(move |value| (key.clone(), value));
                    option::weighted(probability, entry)
                })
                .collect();
            others
        })
        .prop_map(|members| members.into_iter().flatten().collect::<Vec<_>>());
    let with_role = (role, annotated).prop_map(move |(role, mut members)| {
        members.push((role_arn(), role));
        members
    });
    let some = with_role.prop_shuffle().prop_map(Json::Object).boxed();
    Union::new_weighted(vec![
        (16, some),
        (1, object(annotation(&OTHER_ANNOTATIONS, tidiness))),
        (1, value(json!(null))),
    ])
    .boxed()
}

/// Settings, all valid.
pub(super) fn settings(tidiness: Tidiness) -> BoxedStrategy<Vec<(String, Json)>> {
    let chosen = SETTINGS.iter().filter(|of| of.is_simple || tidiness == Tidiness::Any);
    let mut members: Vec<Member> = chosen
        .map(|setting| {
            let values: Vec<_> = setting.values.iter().cloned().map(Json::from).collect();
            (setting.key.to_owned(), select(values).boxed())
        })
        .collect();
    if tidiness == Tidiness::Any {
        members.push(("findings".to_owned(), severities()));
    }
    let plain = Just(Vec::new());
    // With findings as warnings, more pods are injected.
    let lenient = Just(vec![("defaultSeverity".to_owned(), Json::text("warn"))]);
    let few: Vec<_> = members
        .clone()
        .into_iter()
        .map(|(key, value)| {
            option::weighted(0.15, value.prop_map(move |value| (key.clone(), value)))
        })
        .collect();
    let few = few.prop_map(|members| members.into_iter().flatten().collect::<Vec<_>>()).boxed();
    let any = Union::new(vec![few, chosen_members(members)]).boxed();
    if tidiness == Tidiness::Clean {
        Union::new_weighted(vec![(1, plain.boxed()), (2, any)]).boxed()
    } else {
        Union::new_weighted(vec![(1, plain.boxed()), (1, lenient.boxed()), (2, any)]).boxed()
    }
}

/// Severities for some findings.
fn severities() -> BoxedStrategy<Json> {
    let ids: Vec<&str> =
        aws_pod_identity_core::FindingKind::ALL.iter().map(|kind| kind.id()).collect();
    let most = ids.len();
    subsequence(ids, 0..=most)
        .prop_flat_map(|ids| {
            let severity = select(vec!["reject", "warn", "warn", "off"]);
            ids.into_iter().map(|id| (Just(id), severity.clone())).collect::<Vec<_>>()
        })
        .prop_map(|severities| {
            Json::object(severities.into_iter().map(|(id, word)| (id, Json::text(word))))
        })
        .boxed()
}
