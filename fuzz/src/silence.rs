//! If the policy reports nothing about a pod, its containers have the identity. The check is a model of the kubelet and of AWS
//! SDKs, a slow implementation with values that is independent of the policy.

use serde_json::Value;

const ACCESS_KEY_IDS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AMAZON_ACCESS_KEY_ID"];
const SECRET_ACCESS_KEYS: [&str; 3] =
    ["AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AMAZON_SECRET_ACCESS_KEY"];
const PROFILES: [&str; 4] =
    ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];

/// The possible values of a variable when the program starts.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Absent,
    /// `envFrom` may set it.
    Perhaps,
    Text(String),
    /// It is set, and the manifest does not show its value.
    Unknown,
}

/// The variables of a container that the manifest sets.
struct Environment<'m> {
    variables: Vec<(&'m str, Vec<Seen>)>,
    has_env_from: bool,
}

impl<'m> Environment<'m> {
    fn of(container: &'m Value) -> Self {
        let mut environment =
            Self { variables: Vec::new(), has_env_from: !list(container, "envFrom").is_empty() };
        for variable in list(container, "env") {
            let name = text(variable, "name");
            let seen = environment.value(variable, name);
            environment.variables.retain(|(other, _)| *other != name);
            environment.variables.push((name, seen));
        }
        environment
    }

    /// The possible values of the variable after this definition.
    fn value(&self, variable: &Value, name: &str) -> Vec<Seen> {
        match &variable["valueFrom"] {
            Value::Null => vec![self.expanded(text(variable, "value"))],
            sources => {
                let optional = sources
                    .as_object()
                    .is_some_and(|sources| sources.values().any(|of| of["optional"] == true));
                let mut seen = if optional { self.get(name) } else { Vec::new() };
                seen.push(Seen::Unknown);
                seen
            }
        }
    }

    /// The possible values of the variable.
    fn get(&self, name: &str) -> Vec<Seen> {
        let set = self.variables.iter().find(|(other, _)| *other == name);
        set.map_or_else(|| vec![self.unset()], |(_, seen)| seen.clone())
    }

    fn unset(&self) -> Seen {
        if self.has_env_from { Seen::Perhaps } else { Seen::Absent }
    }

    /// `$$` is `$`, and `$(NAME)` the value of a variable that is defined before.
    fn expanded(&self, value: &str) -> Seen {
        let mut out = String::new();
        let mut rest = value;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(escaped) = after.strip_prefix('$') {
                out.push('$');
                rest = escaped;
            } else if let Some((name, after)) =
                after.strip_prefix('(').and_then(|after| after.split_once(')'))
            {
                match self.get(name).as_slice() {
                    [Seen::Text(text)] => out.push_str(text),
                    [Seen::Absent] if !name.contains("_SERVICE_") && !name.contains("_PORT") => {
                        out.extend(["$(", name, ")"]);
                    }
                    _ => return Seen::Unknown,
                }
                rest = after;
            } else {
                out.push('$');
                rest = after;
            }
        }
        out.push_str(rest);
        // Longer than all values that matter.
        if out.len() > 2048 && value.contains('$') { Seen::Unknown } else { Seen::Text(out) }
    }

    /// Whether one of them is certainly set to something.
    fn is_certain(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            self.variables.iter().any(|(other, _)| other == name)
                && self.get(name).iter().all(|seen| match seen {
                    Seen::Absent | Seen::Perhaps => false,
                    Seen::Text(text) => !text.is_empty(),
                    Seen::Unknown => true,
                })
        })
    }
}

/// The identity that the containers of a pod should have.
pub enum Meant<'m> {
    /// That role, by a token for one of these audiences.
    Role(&'m str, Vec<&'m str>),
    /// That of the EKS Pod Identity agent.
    Agent,
}

/// Checks a pod about which the policy reports nothing: each of these containers has the identity, as far as the manifest shows
/// it.
pub fn check(pod: &Value, names: &str, meant: &Meant<'_>) {
    let spec = &pod["spec"];
    let containers = [list(spec, "initContainers"), list(spec, "containers")].concat();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        for container in containers.iter().filter(|container| text(container, "name") == name) {
            let environment = Environment::of(container);
            check_identity(spec, container, &environment, meant);
            check_others(container, &environment);
        }
    }
}

fn check_identity(
    spec: &Value,
    container: &Value,
    environment: &Environment<'_>,
    meant: &Meant<'_>,
) {
    let (variable, value, file, audiences) = match meant {
        Meant::Role(role, audiences) => {
            ("AWS_ROLE_ARN", *role, "AWS_WEB_IDENTITY_TOKEN_FILE", &**audiences)
        }
        Meant::Agent => (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://169.254.170.23/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            &["pods.eks.amazonaws.com"][..],
        ),
    };
    for seen in environment.get(variable) {
        match seen {
            Seen::Text(found) => assert_eq!(found, value, "another identity: {container}"),
            Seen::Absent => panic!("no identity: {container}"),
            Seen::Perhaps | Seen::Unknown => {}
        }
    }
    for seen in environment.get(file) {
        match seen {
            Seen::Text(file) => check_file(spec, container, &file, audiences),
            Seen::Absent => panic!("no token: {container}"),
            Seen::Perhaps | Seen::Unknown => {}
        }
    }
    if matches!(meant, Meant::Agent) {
        let role = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"];
        assert!(!role.iter().all(|name| environment.is_certain(&[name])), "a role: {container}");
        let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
        assert!(!environment.is_certain(&[relative]), "another agent: {container}");
    }
}

/// Checks that there are no credentials that SDKs use before the identity.
fn check_others(container: &Value, environment: &Environment<'_>) {
    let has_keys =
        environment.is_certain(&ACCESS_KEY_IDS) && environment.is_certain(&SECRET_ACCESS_KEYS);
    assert!(!has_keys, "access keys: {container}");
    for name in PROFILES {
        assert!(!environment.is_certain(&[name]), "a profile in {name}: {container}");
    }
}

/// Checks that the file is a token for one of the audiences, as far as the manifest shows it.
fn check_file(spec: &Value, container: &Value, file: &str, audiences: &[&str]) {
    assert!(file.starts_with('/') && !file.ends_with('/'), "no file: {file:?} in {container}");
    let file = parts(file);
    let below = |mount: &&Value| {
        let path = parts(text(mount, "mountPath"));
        (file.starts_with(&path) && !path.is_empty()).then_some(path.len())
    };
    let mounts = list(container, "volumeMounts");
    // Kubernetes or the runtime refuses mounts at the root and without an absolute path, and two at the same path.
    let mut paths: Vec<_> = mounts.iter().map(|mount| parts(text(mount, "mountPath"))).collect();
    let is_absolute = |mount: &&Value| text(mount, "mountPath").starts_with('/');
    paths.sort_unstable();
    if !mounts.iter().all(is_absolute)
        || paths.first().is_some_and(Vec::is_empty)
        || paths.windows(2).any(|two| two[0] == two[1])
    {
        return;
    }
    let Some(mount) =
        mounts.iter().filter(|mount| below(mount).is_some()).max_by_key(|mount| below(mount))
    else {
        panic!("nothing is mounted at {file:?}: {container}")
    };
    let length = below(mount).unwrap_or_default();
    let file = &file[length..];
    let volumes = list(spec, "volumes");
    let Some(volume) = volumes.iter().find(|volume| text(volume, "name") == text(mount, "name"))
    else {
        // The API server rejects the pod.
        return;
    };
    let mut token = None;
    let mut has_others = false;
    for source in list(&volume["projected"], "sources") {
        match &source["serviceAccountToken"] {
            Value::Null => {
                has_others = true;
                let kinds = ["secret", "configMap", "downwardAPI"];
                let mut items = kinds.iter().flat_map(|kind| list(&source[kind], "items"));
                if items.any(|item| parts(text(item, "path")) == file) {
                    token = None;
                }
            }
            of if parts(text(of, "path")) == file => token = Some(text(of, "audience")),
            _ => {}
        }
    }
    let has_sub_path = ["subPath", "subPathExpr"].iter().any(|key| !text(mount, key).is_empty());
    match token {
        Some(found) => {
            assert!(!has_sub_path, "a token that is never renewed: {container}");
            assert!(audiences.contains(&found), "a token for {found:?}: {container}");
        }
        None => assert!(
            volume["projected"].is_null() || has_others || has_sub_path,
            "no token at {file:?} in {volume}: {container}"
        ),
    }
}

fn list<'m>(value: &'m Value, key: &str) -> Vec<&'m Value> {
    value[key].as_array().into_iter().flatten().collect()
}

fn text<'m>(value: &'m Value, key: &str) -> &'m str {
    value[key].as_str().unwrap_or_default()
}

/// The parts of a path, of which `/var/run` is `/run`, as in most images.
fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.starts_with(&["var", "run"]) {
        parts.remove(0);
    }
    parts
}
