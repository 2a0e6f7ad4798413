//! Field masks: dotted paths of the wanted fields of an object.
//!
//! A path keeps the field and everything below it. In a list, it applies to each item. A mask without paths keeps everything.

use std::collections::BTreeMap;

use serde_json::Value;

/// A set of dotted paths.
#[derive(Debug, Default)]
pub struct FieldMask {
    fields: BTreeMap<String, FieldMask>,
}

impl FieldMask {
    /// Reads paths such as `spec.containers.image`.
    pub fn new(paths: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut mask = Self::default();
        for path in paths {
            let mut inner = &mut mask;
            for field in path.as_ref().split('.') {
                inner = inner.fields.entry(field.to_owned()).or_default();
            }
        }
        mask
    }

    /// Removes the fields that no path names.
    pub fn prune(&self, value: &mut Value) {
        if self.fields.is_empty() {
            return;
        }
        match value {
            Value::Object(object) => object.retain(|key, value| match self.fields.get(key) {
                Some(inner) => {
                    inner.prune(value);
                    true
                }
                None => false,
            }),
            Value::Array(items) => items.iter_mut().for_each(|item| self.prune(item)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::no_path_keeps_everything(&[], json!({"a": {"b": 1, "c": 2}, "d": [3]}))]
    #[case::a_path_keeps_all_below_it(&["a"], json!({"a": {"b": 1, "c": 2}}))]
    #[case::a_longer_path_keeps_one_field(&["a.b"], json!({"a": {"b": 1}}))]
    #[case::a_path_into_a_scalar_keeps_the_scalar(&["a.b.x"], json!({"a": {"b": 1}}))]
    #[case::an_unknown_path_keeps_nothing(&["x"], json!({}))]
    #[case::unknown_inner_path_keeps_the_empty_parent(&["a.x"], json!({"a": {}}))]
    fn of_objects(#[case] paths: &[&str], #[case] expected: Value) {
        let mut value = json!({"a": {"b": 1, "c": 2}, "d": [3]});
        FieldMask::new(paths).prune(&mut value);
        assert_eq!(value, expected);
    }

    #[test]
    fn a_path_applies_to_each_item_of_a_list() {
        let mut value = json!({"list": [{"a": 1, "b": 2}, {"b": 3}], "x": 1});
        FieldMask::new(["list.a"]).prune(&mut value);
        assert_eq!(value, json!({"list": [{"a": 1}, {}]}));
    }
}
