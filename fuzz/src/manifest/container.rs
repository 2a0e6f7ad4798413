//! Containers, with the variables and mounts that checks read.

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

use policy_testing::pools::{MOUNT_PATH, MOUNT_PATHS, VALUE_SOURCES, VARIABLES, VOLUMES};

use super::{NAMES, any_of, list, maybe, pick, text};

fn variable(u: &mut Unstructured<'_>) -> Result<Value> {
    let variables = u.choose(&VARIABLES)?;
    let name = pick(u, variables.names)?;
    let value = any_of(u, &variables.values)?;
    Ok(match u.int_in_range(0..=11)? {
        0..=1 => json!({"name": name, "valueFrom": u.choose(&VALUE_SOURCES)?}),
        2 => json!({"name": name}),
        3 => json!({"value": value, "name": name, "valueFrom": null}),
        _ => json!({"name": name, "value": value}),
    })
}

fn mount(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut mount = Map::new();
    mount.insert("name".to_owned(), text(u, &VOLUMES)?);
    mount.insert("mountPath".to_owned(), text(u, &MOUNT_PATHS)?);
    maybe(u, &mut mount, "subPath", |u| text(u, &["", "token"]))?;
    if u.ratio(1, 8)? {
        maybe(u, &mut mount, "subPathExpr", |_| Ok(json!("$(NAME)")))?;
        maybe(u, &mut mount, "readOnly", |_| Ok(json!(true)))?;
        maybe(u, &mut mount, "recursiveReadOnly", |_| Ok(json!("Enabled")))?;
    }
    Ok(Value::Object(mount))
}

pub(super) fn security(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut security = Map::new();
    maybe(u, &mut security, "runAsUser", |u| Ok(json!(u.int_in_range(0..=2)?)))?;
    maybe(u, &mut security, "runAsNonRoot", |u| Ok(json!(u.arbitrary::<bool>()?)))?;
    maybe(u, &mut security, "fsGroup", |_| Ok(json!(1.5e300)))?;
    maybe(u, &mut security, "privileged", |_| Ok(json!(true)))?;
    maybe(u, &mut security, "windowsOptions", |_| Ok(json!({"hostProcess": true})))?;
    Ok(Value::Object(security))
}

pub(super) fn container(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut container = Map::new();
    maybe(u, &mut container, "name", |u| text(u, &NAMES))?;
    maybe(u, &mut container, "env", |u| list(u, 5, variable))?;
    maybe(u, &mut container, "envFrom", |u| {
        list(u, 1, |_| Ok(json!({"secretRef": {"name": "s"}})))
    })?;
    maybe(u, &mut container, "volumeMounts", |u| list(u, 3, mount))?;
    maybe(u, &mut container, "securityContext", security)?;
    if u.ratio(1, 8)? {
        maybe(u, &mut container, "restartPolicy", |_| Ok(json!("Always")))?;
        maybe(u, &mut container, "volumeDevices", |_| Ok(json!([{"devicePath": MOUNT_PATH}])))?;
    }
    maybe(u, &mut container, "newerThanAnyLibrary", |_| {
        Ok(json!([{"a": [1.10, -0, 1e5, {}]}, [], null]))
    })?;
    Ok(Value::Object(container))
}
