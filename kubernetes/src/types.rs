//! The types of the fields of pods, workloads and service accounts ("Kubernetes API Reference": Pod v1 core, ObjectMeta v1
//! meta and others), without those that controllers write.
//!
//! An API server refuses an object with a value of another type before it calls any webhook.

use serde_json::Value;

use crate::located::PathStep;

/// The type of a field.
pub(crate) enum Type {
    String,
    Boolean,
    Integer,
    /// An integer, or a string such as a percentage, a port name or a quantity.
    StringOrNumber,
    List(&'static Type),
    /// A mapping of any keys to values of one type.
    Mapping(&'static Type),
    /// An object with these fields. Others are not checked.
    Object(&'static [(&'static str, &'static Type)]),
}

use Type::{Boolean, Integer, List, Mapping, Object, StringOrNumber};

const STRING: Type = Type::String;
const STRINGS: Type = List(&STRING);
const STRING_MAP: Type = Mapping(&STRING);
const METADATA: Type = Object(&[
    ("name", &STRING),
    ("generateName", &STRING),
    ("namespace", &STRING),
    ("labels", &STRING_MAP),
    ("annotations", &STRING_MAP),
    ("finalizers", &STRINGS),
]);
const KEY_SELECTOR: Type = Object(&[("name", &STRING), ("key", &STRING), ("optional", &Boolean)]);
const FIELD_REF: Type = Object(&[("apiVersion", &STRING), ("fieldPath", &STRING)]);
const ENV: Type = List(&Object(&[
    ("name", &STRING),
    ("value", &STRING),
    (
        "valueFrom",
        &Object(&[
            ("secretKeyRef", &KEY_SELECTOR),
            ("configMapKeyRef", &KEY_SELECTOR),
            ("fieldRef", &FIELD_REF),
        ]),
    ),
]));
const NAMED: Type = Object(&[("name", &STRING), ("optional", &Boolean)]);
const ENV_FROM: Type =
    List(&Object(&[("prefix", &STRING), ("secretRef", &NAMED), ("configMapRef", &NAMED)]));
const MOUNTS: Type = List(&Object(&[
    ("name", &STRING),
    ("mountPath", &STRING),
    ("subPath", &STRING),
    ("subPathExpr", &STRING),
    ("readOnly", &Boolean),
]));
const PORTS: Type = List(&Object(&[
    ("name", &STRING),
    ("containerPort", &Integer),
    ("hostPort", &Integer),
    ("protocol", &STRING),
]));
const SECURITY: Type = Object(&[
    ("runAsUser", &Integer),
    ("runAsGroup", &Integer),
    ("fsGroup", &Integer),
    ("runAsNonRoot", &Boolean),
    ("privileged", &Boolean),
    ("readOnlyRootFilesystem", &Boolean),
    ("allowPrivilegeEscalation", &Boolean),
    ("windowsOptions", &Object(&[("hostProcess", &Boolean), ("runAsUserName", &STRING)])),
]);
const QUANTITIES: Type = Mapping(&StringOrNumber);
const CONTAINERS: Type = List(&Object(&[
    ("name", &STRING),
    ("image", &STRING),
    ("imagePullPolicy", &STRING),
    ("command", &STRINGS),
    ("args", &STRINGS),
    ("workingDir", &STRING),
    ("env", &ENV),
    ("envFrom", &ENV_FROM),
    ("volumeMounts", &MOUNTS),
    ("ports", &PORTS),
    ("resources", &Object(&[("limits", &QUANTITIES), ("requests", &QUANTITIES)])),
    ("securityContext", &SECURITY),
    ("stdin", &Boolean),
    ("tty", &Boolean),
]));
const SOURCES: Type = List(&Object(&[
    (
        "serviceAccountToken",
        &Object(&[("audience", &STRING), ("expirationSeconds", &Integer), ("path", &STRING)]),
    ),
    ("secret", &NAMED),
    ("configMap", &NAMED),
]));
const VOLUMES: Type = List(&Object(&[
    ("name", &STRING),
    ("projected", &Object(&[("defaultMode", &Integer), ("sources", &SOURCES)])),
    ("secret", &Object(&[("secretName", &STRING), ("defaultMode", &Integer)])),
    ("configMap", &Object(&[("name", &STRING), ("defaultMode", &Integer)])),
    ("emptyDir", &Object(&[("medium", &STRING), ("sizeLimit", &StringOrNumber)])),
    ("hostPath", &Object(&[("path", &STRING), ("type", &STRING)])),
    ("persistentVolumeClaim", &Object(&[("claimName", &STRING), ("readOnly", &Boolean)])),
]));
const POD_SPEC: Type = Object(&[
    ("serviceAccountName", &STRING),
    ("serviceAccount", &STRING),
    ("automountServiceAccountToken", &Boolean),
    ("containers", &CONTAINERS),
    ("initContainers", &CONTAINERS),
    ("ephemeralContainers", &CONTAINERS),
    ("volumes", &VOLUMES),
    ("nodeSelector", &STRING_MAP),
    ("nodeName", &STRING),
    ("hostNetwork", &Boolean),
    ("hostPID", &Boolean),
    ("hostIPC", &Boolean),
    ("hostUsers", &Boolean),
    ("shareProcessNamespace", &Boolean),
    ("restartPolicy", &STRING),
    ("terminationGracePeriodSeconds", &Integer),
    ("priorityClassName", &STRING),
    ("schedulerName", &STRING),
    ("hostname", &STRING),
    ("subdomain", &STRING),
    ("os", &Object(&[("name", &STRING)])),
    ("securityContext", &SECURITY),
    ("imagePullSecrets", &List(&Object(&[("name", &STRING)]))),
]);
/// The type of a pod, and of a pod template.
pub(crate) const POD: Type = Object(&[("metadata", &METADATA), ("spec", &POD_SPEC)]);
/// The type of a workload whose template is in `spec.template`.
pub(crate) const WORKLOAD: Type = Object(&[
    ("metadata", &METADATA),
    ("spec", &Object(&[("template", &POD), ("replicas", &Integer), ("serviceName", &STRING)])),
]);
/// The type of a CronJob.
pub(crate) const CRON_JOB: Type = Object(&[
    ("metadata", &METADATA),
    (
        "spec",
        &Object(&[
            ("schedule", &STRING),
            ("suspend", &Boolean),
            ("jobTemplate", &Object(&[("spec", &Object(&[("template", &POD)]))])),
        ]),
    ),
]);
/// The type of a service account.
pub(crate) const SERVICE_ACCOUNT: Type = Object(&[
    ("metadata", &METADATA),
    ("automountServiceAccountToken", &Boolean),
    ("imagePullSecrets", &List(&Object(&[("name", &STRING)]))),
]);

/// A value of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Where it is in the object.
    pub path: Vec<PathStep>,
    /// What it is, what it must be, and how to fix it.
    pub problem: String,
}

/// The first value in an object whose type an API server refuses.
pub(crate) fn check(expected: &Type, object: &Value) -> Option<Mismatch> {
    let mut mismatch = compare(expected, object)?;
    mismatch.path.reverse();
    Some(mismatch)
}

/// What is wrong with a value. The path starts with the last step.
fn compare(expected: &Type, value: &Value) -> Option<Mismatch> {
    let below = |expected: &Type, value: &Value, step: &dyn Fn() -> PathStep| {
        let mut mismatch = compare(expected, value)?;
        mismatch.path.push(step());
        Some(mismatch)
    };
    match (expected, value) {
        // A null is the same as no value.
        (_, Value::Null)
        | (Type::String | StringOrNumber, Value::String(_))
        | (Boolean, Value::Bool(_))
        | (StringOrNumber, Value::Number(_)) => None,
        (Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => None,
        (List(item), Value::Array(items)) => items
            .iter()
            .enumerate()
            .find_map(|(index, value)| below(item, value, &|| PathStep::Index(index))),
        (Mapping(of), Value::Object(members)) => {
            members.iter().find_map(|(key, value)| below(of, value, &|| PathStep::Key(key.clone())))
        }
        (Object(fields), Value::Object(members)) => fields.iter().find_map(|(name, field)| {
            below(field, members.get(*name)?, &|| PathStep::Key((*name).to_owned()))
        }),
        _ => Some(Mismatch { path: Vec::new(), problem: problem(expected, value) }),
    }
}

fn problem(expected: &Type, value: &Value) -> String {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(value) => format!("the number {value}"),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    };
    let (wanted, remedy) = match (expected, value) {
        (Type::String, Value::Bool(_) | Value::Number(_)) => {
            ("a string", "; put the value in quotes")
        }
        (Type::String | StringOrNumber, _) => ("a string", ""),
        (Boolean, Value::String(_)) => ("a boolean", "; remove the quotes"),
        (Boolean, _) => ("a boolean", ""),
        (Integer, Value::String(_)) => ("an integer", "; remove the quotes"),
        (Integer, _) => ("an integer", ""),
        (List(_), _) => ("a list", "; start each item with a hyphen and a space"),
        (Mapping(_) | Object(_), Value::String(_)) => {
            ("a mapping", "; a space may be missing after a colon in it")
        }
        (Mapping(_) | Object(_), Value::Array(_)) => ("a mapping", "; remove the hyphens"),
        (Mapping(_) | Object(_), _) => ("a mapping", ""),
    };
    format!("is {found}, but must be {wanted}{remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;
    use rstest::rstest;

    #[rstest]
    #[case(
        &POD,
        "metadata: {annotations: {a: true}}",
        "is the boolean true, but must be a string; put the value in quotes",
        3
    )]
    #[case(
        &SERVICE_ACCOUNT,
        "metadata: {labels: {a: 1}}",
        "is the number 1, but must be a string; put the value in quotes",
        3
    )]
    #[case(
        &WORKLOAD,
        "metadata: {annotations: 'a:b'}",
        "is a string, but must be a mapping; a space may be missing after a colon in it",
        2
    )]
    #[case(
        &WORKLOAD,
        "spec: {template: {spec: {containers: [{env: [{name: A, value: 3}]}]}}}",
        "is the number 3, but must be a string; put the value in quotes",
        8
    )]
    #[case(
        &WORKLOAD,
        "spec: {template: {spec: {containers: [{env: {A: b}}]}}}",
        "is a mapping, but must be a list; start each item with a hyphen and a space",
        6
    )]
    #[case(
        &CRON_JOB,
        "spec: {jobTemplate: {spec: {template: {spec: {hostNetwork: 'true'}}}}}",
        "is a string, but must be a boolean; remove the quotes",
        6
    )]
    fn a_wrong_type_is_named(
        #[case] expected: &Type,
        #[case] object: &str,
        #[case] problem: &str,
        #[case] steps: usize,
    ) {
        let object = yaml::manifest(object).unwrap();
        let mismatch = check(expected, &object).unwrap();
        assert_eq!(mismatch.problem, problem);
        assert_eq!(mismatch.path.len(), steps);
    }

    #[test]
    fn nulls_unknown_fields_and_quantities_are_accepted() {
        let object = yaml::manifest(
            "metadata: {annotations: null}\nspec: {x: 1, containers: [{resources: {limits: {cpu: 1, memory: 1Gi}}}]}",
        );
        assert_eq!(check(&POD, &object.unwrap()), None);
    }
}
