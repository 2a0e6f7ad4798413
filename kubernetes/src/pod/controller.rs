//! What controllers add to the pods that they create from templates.

use serde_json::{Map, Value, json};

use crate::kind::Kind;

/// The minute, counted from 1970, at which every CronJob is assumed to start: it is a part of the names of its pods.
const CRON_JOB_MINUTE: u32 = 29_000_000;

/// Completes a pod with the name, labels and volumes that its controller gives it.
pub(super) fn complete(kind: Kind<'_>, workload: &Value, pod: &mut Value) {
    let owner = &owner_name(workload);
    match kind.name {
        "Deployment" => {
            let hash = template_hash(workload);
            label(pod, "pod-template-hash", &hash);
            generate_name(pod, &format!("{owner}-{hash}"));
        }
        "StatefulSet" => {
            generate_name(pod, owner);
            stateful(workload, owner, pod);
        }
        "Job" => of_job(pod, owner),
        "CronJob" => of_job(pod, &format!("{owner}-{CRON_JOB_MINUTE}")),
        _ => generate_name(pod, owner),
    }
}

/// Gives a pod a generated name that starts with the name of its workload.
pub(super) fn name_after(workload: &Value, pod: &mut Value) {
    generate_name(pod, &owner_name(workload));
}

/// The name of the workload. A part that the API server would generate is a placeholder.
fn owner_name(workload: &Value) -> String {
    let text = |pointer: &str| workload.pointer(pointer).and_then(Value::as_str);
    match (text("/metadata/name"), text("/metadata/generateName")) {
        (Some(name), _) => name.to_owned(),
        (None, prefix) => format!("{}xxxxx", prefix.unwrap_or_default()),
    }
}

fn of_job(pod: &mut Value, job: &str) {
    label(pod, "batch.kubernetes.io/job-name", job);
    label(pod, "job-name", job);
    generate_name(pod, job);
}

/// The first pod of a StatefulSet. Pods of other workloads have generated names, and no claims that become volumes.
fn stateful(workload: &Value, owner: &str, pod: &mut Value) {
    let name = format!("{owner}-0");
    label(pod, "apps.kubernetes.io/pod-index", "0");
    label(pod, "statefulset.kubernetes.io/pod-name", &name);
    let claims = workload.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
    let mut volumes: Vec<Value> = claims
        .into_iter()
        .flatten()
        .filter_map(|claim| claim.pointer("/metadata/name")?.as_str())
        .map(|claim| {
            json!({"name": claim, "persistentVolumeClaim": {"claimName": format!("{claim}-{name}")}})
        })
        .collect();
    if let Some(spec) = object(pod, "spec") {
        spec.insert("hostname".to_owned(), name.clone().into());
        if let Some(service) = workload.pointer("/spec/serviceName") {
            spec.insert("subdomain".to_owned(), service.clone());
        }
        if !volumes.is_empty() {
            let own = spec.remove("volumes");
            volumes.extend(own.as_ref().and_then(Value::as_array).into_iter().flatten().cloned());
            spec.insert("volumes".to_owned(), volumes.into());
        }
    }
    if let Some(metadata) = object(pod, "metadata") {
        metadata.insert("name".to_owned(), name.into());
    }
}

fn generate_name(pod: &mut Value, owner: &str) {
    if let Some(metadata) = object(pod, "metadata") {
        metadata.insert("generateName".to_owned(), format!("{owner}-").into());
    }
}

fn label(pod: &mut Value, name: &str, value: &str) {
    let labels = object(pod, "metadata").map(|metadata| {
        let labels = metadata.entry("labels").or_insert_with(|| json!({}));
        labels.as_object_mut()
    });
    if let Some(Some(labels)) = labels {
        labels.insert(name.to_owned(), value.into());
    }
}

fn object<'a>(pod: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    pod.get_mut(key)?.as_object_mut()
}

/// A text like the hash in the name of a ReplicaSet, which depends on the template alone. The hash of the controller is that of
/// a structure in its memory.
fn template_hash(workload: &Value) -> String {
    const LETTERS: [char; 10] = ['b', 'c', 'd', 'f', 'g', '7', '8', '9', '5', '6'];
    let template = workload.pointer("/spec/template").map(Value::to_string).unwrap_or_default();
    let hash = crc32fast::hash(template.as_bytes()).to_string();
    hash.chars().filter_map(|digit| LETTERS.get(digit.to_digit(10)? as usize)).collect()
}
