//! Containers, with the variables and mounts that checks read.

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

use super::{AGENT_TOKEN, NAMES, PATHS, ROLES, SECRET, TOKEN, VOLUMES, list, maybe, pick, text};

fn variable(u: &mut Unstructured<'_>) -> Result<Value> {
    let secret = format!("{SECRET}\n\"'`$(X)");
    let (name, value) = match u.int_in_range(0..=17)? {
        0..=1 => ("AWS_ROLE_ARN", text(u, &ROLES)?),
        2..=3 => (
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            text(u, &[TOKEN, TOKEN, "/tmp/token", "", "token ", "$(NAME)"])?,
        ),
        4 => ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", text(u, &[AGENT_TOKEN, "/tmp/token"])?),
        5 => (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            text(
                u,
                &[
                    "http://169.254.170.23/v1/credentials",
                    "http://10.0.0.1/",
                    "http://[::1]:80/",
                    "https://x",
                ],
            )?,
        ),
        6 => ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", text(u, &["/v2/x"])?),
        7 => (
            pick(u, &["AWS_REGION", "AWS_DEFAULT_REGION"])?,
            text(u, &["eu-west-1", "cn-north-1", " us-gov-x", ""])?,
        ),
        8 => ("AWS_ROLE_SESSION_NAME", text(u, &["api", "a", "a b", "$(X)"])?),
        9 => ("AWS_STS_REGIONAL_ENDPOINTS", text(u, &["regional", "legacy", "x"])?),
        10 => (pick(u, &["HTTPS_PROXY", "NO_PROXY", "http_proxy"])?, Value::from(secret)),
        11 => (
            pick(u, &["AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_EC2_METADATA_DISABLED"])?,
            Value::from(secret),
        ),
        12 => (
            pick(u, &["AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_SESSION_TOKEN", "PASSWORD"])?,
            Value::from(secret),
        ),
        13 => (pick(u, &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])?, Value::from(secret)),
        // Other values refer to these.
        14 => ("NAME", text(u, &[ROLES[0], TOKEN, "$$", "$(NAME)", ""])?),
        15 => (
            pick(u, &["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"])?,
            text(u, &["https://minio:9000", "https://sts.amazonaws.com", "$(NAME)", ""])?,
        ),
        16 => ("aws_role_arn", text(u, &ROLES)?),
        _ => (
            pick(u, &["AWS_SECRET_KEY", "AMAZON_ACCESS_KEY_ID", "AWS_ACCESS_KEY"])?,
            Value::from(secret),
        ),
    };
    Ok(match u.int_in_range(0..=11)? {
        0 => json!({"name": name, "valueFrom": {"secretKeyRef": {"name": SECRET, "key": SECRET}}}),
        10 => json!({"name": name, "valueFrom": {"configMapKeyRef": {"optional": true}}}),
        11 => {
            json!({"name": name, "valueFrom": {"fileKeyRef": {"optional": u.arbitrary::<bool>()?}}})
        }
        1 => json!({"name": name}),
        2 => json!({"value": value, "name": name, "valueFrom": null}),
        _ => json!({"name": name, "value": value}),
    })
}

fn mount(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut mount = Map::new();
    mount.insert("name".to_owned(), text(u, &VOLUMES)?);
    mount.insert("mountPath".to_owned(), text(u, &PATHS)?);
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
        maybe(u, &mut container, "volumeDevices", |_| Ok(json!([{"devicePath": PATHS[0]}])))?;
    }
    maybe(u, &mut container, "newerThanAnyLibrary", |_| {
        Ok(json!([{"a": [1.10, -0, 1e5, {}]}, [], null]))
    })?;
    Ok(Value::Object(container))
}
