//! Checks injections. Compared as values, the injected pod is the pod under admission with additions, and these are of the
//! kinds and in the places that the policy may add.

use serde_json::{Map, Value};

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

/// The only label that the policy may add.
const LABEL: (&str, &str) = ("eks.amazonaws.com/pod-identity", "enabled");

/// Checks that `after` is `before` with nothing but the policy's additions.
pub fn check(before: &Value, after: &Value) {
    let (mut before, mut after) = (before.clone(), after.clone());
    assert_ne!(before, after, "an object that comes back has changed");
    let volume = added(&mut before, &mut after, "/spec", "volumes", "name");
    assert!(volume.len() <= 1, "more than one volume was added: {volume:?}");
    for list in ["containers", "initContainers"] {
        let path = format!("/spec/{list}");
        let count = before.pointer(&path).and_then(Value::as_array).map_or(0, Vec::len);
        for index in 0..count {
            let path = format!("{path}/{index}");
            let variables = added(&mut before, &mut after, &path, "env", "name");
            assert!(variables.iter().all(|name| VARIABLES.contains(&&**name)), "{variables:?}");
            let mounts = added(&mut before, &mut after, &path, "volumeMounts", "mountPath");
            assert!(mounts.len() <= 1, "more than one mount was added: {mounts:?}");
        }
    }
    remove_label(&mut before, &mut after);
    assert_eq!(before, after, "something else was changed");
}

/// Removes the list `member` from the object at `path` of both documents, and gives the value of `key` in what
/// was appended to it.
fn added(
    before: &mut Value,
    after: &mut Value,
    path: &str,
    member: &str,
    key: &str,
) -> Vec<String> {
    let old = remove(before, path, member);
    let new = remove(after, path, member);
    let old = match old {
        Some(Value::Array(old)) => old,
        None | Some(Value::Null) if new.as_ref().is_some_and(Value::is_array) => Vec::new(),
        old => {
            assert_eq!(old, new, "{path}/{member} was changed");
            return Vec::new();
        }
    };
    let Some(Value::Array(new)) = new else { panic!("{path}/{member} was removed") };
    let (same, appended) = new.split_at(old.len());
    assert_eq!(same, old, "{path}/{member} was changed, not appended to");
    let name = |entry: &Value| entry[key].as_str().unwrap_or_default().to_owned();
    let mut names: Vec<String> = old.iter().map(name).collect();
    for entry in appended {
        let name = name(entry);
        assert!(!name.is_empty() && !names.contains(&name), "{path}/{member}: {name} occurs twice");
        names.push(name);
    }
    names.split_off(old.len())
}

fn remove(document: &mut Value, path: &str, member: &str) -> Option<Value> {
    document
        .pointer_mut(path)
        .and_then(Value::as_object_mut)
        .and_then(|object| object.remove(member))
}

/// Removes the policy's label from `after` if `before` does not have it.
fn remove_label(before: &mut Value, after: &mut Value) {
    let (key, value) = LABEL;
    let had = before.pointer("/metadata/labels").and_then(|labels| labels.get(key)).is_some();
    let Some(Value::Object(labels)) = after.pointer_mut("/metadata/labels") else { return };
    if had || labels.get(key).is_none() {
        return;
    }
    assert_eq!(labels.remove(key).as_ref().and_then(Value::as_str), Some(value));
    if labels.is_empty() && before.pointer("/metadata/labels").is_none_or(Value::is_null) {
        // There was none, or a null, in the place of the map that was made for it.
        let metadata = |document: &mut Value| -> Map<String, Value> {
            let metadata = document.pointer_mut("/metadata").and_then(Value::as_object_mut);
            std::mem::take(metadata.expect("an object with labels"))
        };
        let (mut old, mut new) = (metadata(before), metadata(after));
        old.remove("labels");
        new.remove("labels");
        assert_eq!(old, new, "metadata was changed");
    }
}

/// Whether all bytes of `part` are in `whole`, in the same order: what `serde_json` does not compare, such as the digits of
/// a number, is unchanged, too.
pub fn is_within(part: &str, whole: &str) -> bool {
    let mut bytes = whole.bytes();
    part.bytes().all(|wanted| bytes.any(|byte| byte == wanted))
}
