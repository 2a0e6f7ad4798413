//! Label selectors ("Labels and Selectors", Kubernetes documentation).

use serde::Deserialize;
use serde_json::{Map, Value};

/// A selector: all of its requirements have to be true. Without requirements it matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    match_labels: Map<String, Value>,
    match_expressions: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Requirement {
    key: String,
    operator: Operator,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    /// The selector without `matchLabels`.
    #[must_use]
    pub fn without_match_labels(self) -> Self {
        Self { match_labels: Map::new(), ..self }
    }

    /// Whether there are `matchLabels`.
    pub fn has_match_labels(&self) -> bool {
        !self.match_labels.is_empty()
    }

    /// Whether the selector matches an object with these labels, if it has any.
    pub fn matches(&self, labels: Option<&Value>) -> bool {
        let label = |key: &str| labels?.get(key)?.as_str();
        let labels_match =
            self.match_labels.iter().all(|(key, value)| label(key) == value.as_str());
        labels_match && self.match_expressions.iter().all(|one| one.matches(label(&one.key)))
    }
}

impl Requirement {
    fn matches(&self, label: Option<&str>) -> bool {
        let listed = label.is_some_and(|label| self.values.iter().any(|value| value == label));
        match self.operator {
            Operator::In => listed,
            // An object without the label matches.
            Operator::NotIn => !listed,
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::no_requirement(json!({}), true, true)]
    #[case::equal_label(json!({"matchLabels": {"a": "1"}}), true, false)]
    #[case::other_label(json!({"matchLabels": {"a": "2"}}), false, false)]
    #[case::in_the_list(json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}), true, false)]
    #[case::not_in_the_list(json!({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}), false, true)]
    #[case::exists(json!({"matchExpressions": [{"key": "a", "operator": "Exists"}]}), true, false)]
    #[case::does_not_exist(json!({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}), false, true)]
    #[case::all_have_to_be_true(
        json!({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}), false, false
    )]
    fn matches(#[case] selector: Value, #[case] labeled: bool, #[case] unlabeled: bool) {
        let selector: LabelSelector = serde_json::from_value(selector).unwrap();
        assert_eq!(selector.matches(Some(&json!({"a": "1"}))), labeled);
        assert_eq!(selector.matches(None), unlabeled);
    }

    #[test]
    fn an_unknown_operator_is_an_error() {
        let selector =
            json!({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]});
        assert!(serde_json::from_value::<LabelSelector>(selector).is_err());
    }
}
