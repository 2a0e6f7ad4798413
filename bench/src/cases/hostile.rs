//! Requests that could make the policy slow. The size of each can be chosen.

use serde_json::{Value, json};

use super::Case;
use super::objects::{list, map, pod, service_account};

/// A request that grows with a number.
#[derive(Clone, Copy, Debug)]
pub struct Hostile {
    /// The name in tables.
    pub name: &'static str,
    /// The middle size. It is compared with a tenth of it and with ten times of it.
    pub size: usize,
    grow: fn(&mut Case, usize),
}

/// All of them.
pub const ALL: &[Hostile] = &[
    Hostile { name: "annotations that are not read", size: 1_000, grow: annotations },
    Hostile { name: "annotations with a typo", size: 1_000, grow: misspelled },
    Hostile { name: "bytes in one annotation", size: 100_000, grow: annotation_value },
    Hostile { name: "escapes in one annotation", size: 10_000, grow: escapes },
    Hostile { name: "containers", size: 1_000, grow: containers },
    Hostile { name: "containers with a finding each", size: 1_000, grow: findings },
    Hostile { name: "containers with one token of many", size: 500, grow: tokens },
    Hostile {
        name: "containers with a token of one volume",
        size: 500,
        grow: tokens_of_one_volume,
    },
    Hostile { name: "containers and unreadable tokens", size: 1_000, grow: unreadable_tokens },
    Hostile { name: "variables of one container", size: 1_000, grow: variables },
    Hostile { name: "volumes", size: 1_000, grow: volumes },
    Hostile { name: "volumes of one name", size: 1_000, grow: volumes_of_one_name },
    Hostile {
        name: "tokens of a volume with a long name",
        size: 1_000,
        grow: tokens_below_a_long_name,
    },
    // Lists with 1,000 names and more are refused, so all three sizes are refused.
    Hostile { name: "names in the skip list", size: 20_000, grow: skip_list },
    Hostile { name: "an account's name, and patterns", size: 1_000, grow: account_and_patterns },
    Hostile { name: "names in it, backwards", size: 20_000, grow: skip_list_backwards },
    // All three sizes are accepted.
    Hostile { name: "containers, all in the skip list", size: 100, grow: skipped_containers },
    Hostile { name: "members of an unknown field", size: 1_000, grow: unknown_field },
    Hostile { name: "texts of an unknown field", size: 1_000, grow: unknown_texts },
    Hostile { name: "parts of the path of a mount", size: 1_000, grow: mount_path },
    Hostile { name: "starts of a token in one value", size: 1_000, grow: starts_of_a_token },
    Hostile { name: "references without an end", size: 1_000, grow: endless_references },
    Hostile { name: "containers with a role each", size: 1_000, grow: roles },
    Hostile { name: "mounts of a long volume above the token", size: 1_000, grow: mounts_above },
    Hostile { name: "items under a long key", size: 1_000, grow: items_under_a_long_key },
];

impl Hostile {
    /// The request of that size.
    pub fn case(&self, size: usize) -> anyhow::Result<Case> {
        let mut case = Case {
            name: self.name,
            about: self.name,
            object: pod()?,
            account: service_account()?,
            settings: json!({}),
        };
        (self.grow)(&mut case, size);
        Ok(case)
    }
}

fn annotate(case: &mut Case, name: &str, value: String) {
    if let Some(annotations) = map(&mut case.object, "/metadata/annotations") {
        annotations.insert(name.to_owned(), Value::String(value));
    }
}

fn annotations(case: &mut Case, size: usize) {
    for number in 0..size {
        annotate(case, &format!("notes.example.com/note-{number}"), "x".to_owned());
    }
}

fn misspelled(case: &mut Case, size: usize) {
    for number in 0..size {
        annotate(case, &format!("eks.amazonaws.com/note-{number}"), "x".to_owned());
    }
}

fn annotation_value(case: &mut Case, size: usize) {
    annotate(case, "example.com/note", "x".repeat(size));
}

fn escapes(case: &mut Case, size: usize) {
    annotate(case, "example.com/note", "\"\\\n\u{1}".repeat(size));
}

fn elements(case: &mut Case, pointer: &str, size: usize, element: impl Fn(usize) -> Value) {
    if let Some(list) = list(&mut case.object, pointer) {
        *list = (0..size).map(element).collect();
    }
}

fn containers(case: &mut Case, size: usize) {
    let container = |number| json!({"name": format!("c{number:05}"), "image": "a"});
    elements(case, "/spec/containers", size, container);
}

fn variables(case: &mut Case, size: usize) {
    let variable = |number| json!({"name": format!("AWS_{number:05}"), "value": "x"});
    elements(case, "/spec/containers/0/env", size, variable);
}

fn volumes(case: &mut Case, size: usize) {
    elements(case, "/spec/volumes", size, |number| volume(&format!("v{number:05}")));
}

fn volumes_of_one_name(case: &mut Case, size: usize) {
    elements(case, "/spec/volumes", size, |_| volume("v"));
}

/// As many tokens as the volume's name has characters, which have to be unescaped.
fn tokens_below_a_long_name(case: &mut Case, size: usize) {
    let name = format!("\"{}", "n".repeat(10 * size));
    let source =
        |number| json!({"serviceAccountToken": {"audience": "a", "path": format!("t{number:05}")}});
    let sources: Vec<_> = (0..size).map(source).collect();
    elements(
        case,
        "/spec/volumes",
        1,
        |_| json!({"name": name, "projected": {"sources": sources}}),
    );
}

fn volume(name: &str) -> Value {
    let token = json!({"serviceAccountToken": {"audience": "a", "path": "b"}});
    json!({"name": name, "projected": {"sources": [token, token]}})
}

fn names(numbers: impl Iterator<Item = usize>) -> String {
    numbers.map(|number| format!("c{number:05}")).collect::<Vec<_>>().join(",")
}

fn skip_list(case: &mut Case, size: usize) {
    annotate(case, "eks.amazonaws.com/skip-containers", names(0..size));
}

/// A very long name, and many patterns that nearly match it.
fn account_and_patterns(case: &mut Case, size: usize) {
    let name = "-controller".repeat(size);
    if let Some(spec) = map(&mut case.object, "/spec") {
        spec.insert("serviceAccountName".to_owned(), Value::String(name.clone()));
    }
    if let Some(metadata) = map(&mut case.account, "/metadata") {
        metadata.insert("name".to_owned(), Value::String(name));
        metadata.remove("annotations");
    }
    let mapping = |number| {
        json!({
            "namespace": "*",
            "serviceAccount": format!("*-controller-{number}"),
            "roleArn": "arn:aws:iam::111122223333:role/payments/checkout",
        })
    };
    let mappings: Vec<_> = (0..size / 10).map(mapping).collect();
    case.settings = json!({"roleMappings": mappings});
}

fn skip_list_backwards(case: &mut Case, size: usize) {
    annotate(case, "eks.amazonaws.com/skip-containers", names((0..size).rev()));
}

fn skipped_containers(case: &mut Case, size: usize) {
    containers(case, size);
    skip_list(case, size);
}

/// Each container has another web identity, whose token is on the last of as many volumes.
fn tokens(case: &mut Case, size: usize) {
    mounted_tokens(case, size, size);
}

/// Each container has another web identity, whose token is another one of the same volume.
fn tokens_of_one_volume(case: &mut Case, size: usize) {
    mounted_tokens(case, size, 1);
    let token = |number| {
        let path = format!("t{number:05}");
        json!({"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": path}})
    };
    elements(case, "/spec/volumes/0/projected/sources", size, token);
    for number in 0..size {
        let pointer = format!("/spec/containers/{number}/env/1/value");
        if let Some(file) = case.object.pointer_mut(&pointer) {
            *file = Value::String(format!("/t/t{:05}", size - number - 1));
        }
    }
}

/// Each container runs as the same user, and the one token of all is for root only.
fn unreadable_tokens(case: &mut Case, size: usize) {
    mounted_tokens(case, size, 1);
    if let Some(security) = map(&mut case.object, "/spec/securityContext") {
        security.clear();
        security.insert("runAsNonRoot".to_owned(), Value::Bool(true));
    }
}

fn mounted_tokens(case: &mut Case, containers: usize, volumes: usize) {
    let token = json!({"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "token"}});
    elements(case, "/spec/volumes", volumes, |number| {
        json!({
            "name": format!("v{number:05}"),
            "projected": {"defaultMode": 0o400, "sources": [token]},
        })
    });
    let env = json!([
        {"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::111122223333:role/payments/checkout"},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/t/token"},
    ]);
    let mounts = json!([{"name": format!("v{:05}", volumes - 1), "mountPath": "/t"}]);
    elements(case, "/spec/containers", containers, |number| {
        json!({
            "name": format!("c{number:05}"),
            "env": env,
            "volumeMounts": mounts,
            "securityContext": {"runAsUser": 1000},
        })
    });
}

fn findings(case: &mut Case, size: usize) {
    let env = json!([{"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::1:role/other"}]);
    elements(
        case,
        "/spec/containers",
        size,
        |number| json!({"name": format!("c{number:05}"), "image": "a", "env": env}),
    );
}

fn unknown_field(case: &mut Case, size: usize) {
    let members = (0..size).map(|number| (format!("m{number:05}"), json!([{}, [null, 1.5e3]])));
    if let Some(spec) = map(&mut case.object, "/spec") {
        spec.insert("newerThanAnyLibrary".to_owned(), Value::Object(members.collect()));
    }
}

/// Strings that the slower functions skip, in a list that is skipped twice.
fn unknown_texts(case: &mut Case, size: usize) {
    let texts = vec!["\"\\é\u{1}"; size];
    if let Some(spec) = map(&mut case.object, "/spec") {
        spec.insert("newerThanAnyLibrary".to_owned(), json!({"texts": texts}));
    }
}

fn mount_path(case: &mut Case, size: usize) {
    let path = "/.a/a.".repeat(size);
    elements(
        case,
        "/spec/containers/0/volumeMounts",
        1,
        |_| json!({"name": "tmp", "mountPath": path}),
    );
}

fn one_variable(case: &mut Case, name: &str, value: &str) {
    elements(case, "/spec/containers/0/env", 1, |_| json!({"name": name, "value": value}));
}

/// A web token starts with these letters.
fn starts_of_a_token(case: &mut Case, size: usize) {
    one_variable(case, "AWS_ROLE_ARN", &"eyJ".repeat(10 * size));
}

fn endless_references(case: &mut Case, size: usize) {
    one_variable(case, "AWS_PROFILE", &"$(".repeat(10 * size));
}

fn roles(case: &mut Case, size: usize) {
    let env = |number| {
        let role = format!("arn:aws:iam::111122223333:role/role-{number:05}");
        json!([{"name": "AWS_ROLE_ARN", "value": role}])
    };
    elements(
        case,
        "/spec/containers",
        size,
        |number| json!({"name": format!("c{number:05}"), "image": "a", "env": env(number)}),
    );
    case.settings = json!({"roleArnFromEnv": true});
}

/// As many mounts as the description of their volume has characters.
fn mounts_above(case: &mut Case, size: usize) {
    let options = "x".repeat(10 * size);
    elements(
        case,
        "/spec/volumes",
        1,
        |_| json!({"name": "v", "flexVolume": {"driver": "x", "options": {"x": options}}}),
    );
    let mount = |_| json!({"name": "v", "mountPath": "/var/run/secrets"});
    elements(case, "/spec/containers/0/volumeMounts", size, mount);
}

/// In a custom resource, with a setting that leads to each of them.
fn items_under_a_long_key(case: &mut Case, size: usize) {
    let items = vec![json!({}); size];
    case.object = json!({
        "apiVersion": "example.com/v1",
        "kind": "Group",
        "metadata": {"name": "g", "namespace": "payments"},
        "spec": {"k".repeat(10 * size): items},
    });
    let paths = ["spec.*.template"];
    case.settings =
        json!({"podTemplates": [{"group": "example.com", "kind": "Group", "paths": paths}]});
}
