//! If the policy reports nothing about a pod, its containers have the identity. The check is a model of the kubelet and of AWS
//! SDKs, a slow implementation with values that is independent of the policy. The properties and the fuzz targets use it.

use serde_json::Value;

use crate::answer::CheckedAnswer;

const ACCESS_KEY_IDS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AMAZON_ACCESS_KEY_ID"];
const SECRET_ACCESS_KEYS: [&str; 3] =
    ["AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AMAZON_SECRET_ACCESS_KEY"];
const PROFILES: [&str; 4] =
    ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];

/// The possible values of a variable when the program starts.
#[derive(Clone, Debug, PartialEq)]
enum PossibleValue {
    NotSet,
    /// `envFrom` may set it.
    MaybeSet,
    Known(String),
    /// It is set, and the manifest does not show its value.
    Unknown,
}

/// The variables of a container that the manifest sets.
struct Environment<'m> {
    variables: Vec<(&'m str, Vec<PossibleValue>)>,
    has_env_from: bool,
}

impl<'m> Environment<'m> {
    fn of(container: &'m Value) -> Self {
        let mut environment =
            Self { variables: Vec::new(), has_env_from: !list(container, "envFrom").is_empty() };
        for variable in list(container, "env") {
            let name = text(variable, "name");
            let values = environment.values(variable, name);
            environment.variables.retain(|(other, _)| *other != name);
            environment.variables.push((name, values));
        }
        environment
    }

    /// The possible values of the variable after this definition.
    fn values(&self, variable: &Value, name: &str) -> Vec<PossibleValue> {
        match &variable["valueFrom"] {
            Value::Null => vec![self.expanded(text(variable, "value"))],
            sources => {
                let optional = sources
                    .as_object()
                    .is_some_and(|sources| sources.values().any(|of| of["optional"] == true));
                let mut values = if optional { self.get(name) } else { Vec::new() };
                values.push(PossibleValue::Unknown);
                values
            }
        }
    }

    /// The possible values of the variable.
    fn get(&self, name: &str) -> Vec<PossibleValue> {
        let set = self.variables.iter().find(|(other, _)| *other == name);
        set.map_or_else(|| vec![self.not_in_env()], |(_, values)| values.clone())
    }

    /// The value of a variable that is not in `env`.
    fn not_in_env(&self) -> PossibleValue {
        if self.has_env_from { PossibleValue::MaybeSet } else { PossibleValue::NotSet }
    }

    /// `$$` is `$`, and `$(NAME)` the value of a variable that is defined before.
    fn expanded(&self, value: &str) -> PossibleValue {
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
                    [PossibleValue::Known(text)] => out.push_str(text),
                    // Kubernetes adds such variables for Services.
                    [PossibleValue::NotSet]
                        if !name.contains("_SERVICE_") && !name.contains("_PORT") =>
                    {
                        out.extend(["$(", name, ")"]);
                    }
                    _ => return PossibleValue::Unknown,
                }
                rest = after;
            } else {
                out.push('$');
                rest = after;
            }
        }
        out.push_str(rest);
        // Longer than the values that the policy expands.
        if out.len() > 2048 && value.contains('$') {
            PossibleValue::Unknown
        } else {
            PossibleValue::Known(out)
        }
    }

    /// Whether one of them certainly has a value that is not empty.
    fn certainly_has(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            self.variables.iter().any(|(other, _)| other == name)
                && self.get(name).iter().all(|value| match value {
                    PossibleValue::NotSet | PossibleValue::MaybeSet => false,
                    PossibleValue::Known(text) => !text.is_empty(),
                    PossibleValue::Unknown => true,
                })
        })
    }
}

/// The identity that the containers of a pod should have.
enum ExpectedIdentity<'m> {
    /// That role, by a token for one of these audiences.
    Role(&'m str, Vec<&'m str>),
    /// That of the EKS Pod Identity agent, by a token for this audience.
    Agent(&'m str),
}

impl<'m> ExpectedIdentity<'m> {
    /// The identity that the answer names; none if the pod has none.
    fn of(answer: &'m CheckedAnswer, annotations: &'m Value, settings: &'m Value) -> Option<Self> {
        let audience_of_annotation = |(key, value): (&String, &'m Value)| {
            key.ends_with("/audience").then(|| value.as_str()).flatten()
        };
        match (answer.note("identity")?, answer.note("role-arn")) {
            ("web identity", Some(role)) => {
                let annotations = annotations.as_object().into_iter().flatten();
                let mut audiences: Vec<_> =
                    annotations.filter_map(audience_of_annotation).collect();
                audiences.extend(settings["audience"].as_str());
                let mappings = list(settings, "roleMappings");
                audiences.extend(mappings.iter().filter_map(|of| of["audience"].as_str()));
                audiences.push("sts.amazonaws.com");
                Some(Self::Role(role, audiences))
            }
            ("container credentials", _) => {
                let audience = settings["containerCredentials"]["audience"].as_str();
                Some(Self::Agent(audience.unwrap_or("pods.eks.amazonaws.com")))
            }
            _ => None,
        }
    }
}

/// Whether the policy reports everything that it finds about the pod, and the model covers the pod.
fn is_covered(pod: &Value, settings: &Value) -> bool {
    let severities = settings["findings"].as_object().into_iter().flatten();
    let pod = pod.to_string();
    settings["roleArnFromEnv"] != true
        && severities.into_iter().all(|(_, severity)| severity != "off")
        // On Windows, a path has several spellings.
        && !pod.contains("windows")
        && !pod.contains("hostProcess")
}

/// Checks the answer about a new pod: if nothing is reported, the containers have the identity, as far as the manifest shows it.
/// Returns whether this was checked.
///
/// The annotations are those of the service account.
#[track_caller]
pub fn check_identity_of_silent_pod(
    pod: &Value,
    answer: &CheckedAnswer,
    annotations: &Value,
    settings: &Value,
) -> bool {
    if !answer.accepted || answer.warnings.is_some() || !is_covered(pod, settings) {
        return false;
    }
    let Some(expected) = ExpectedIdentity::of(answer, annotations, settings) else { return false };
    let injected = answer.injected.as_ref().map(|pod| serde_json::from_str(pod).expect("JSON"));
    let spec = &injected.as_ref().unwrap_or(pod)["spec"];
    let containers = [list(spec, "initContainers"), list(spec, "containers")].concat();
    let names = answer.note("containers").unwrap_or_default();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        for container in containers.iter().filter(|container| text(container, "name") == name) {
            let environment = Environment::of(container);
            check_identity(spec, container, &environment, &expected);
            check_others(container, &environment);
        }
    }
    true
}

#[track_caller]
fn check_identity(
    spec: &Value,
    container: &Value,
    environment: &Environment<'_>,
    expected: &ExpectedIdentity<'_>,
) {
    let (variable, value, file, audiences) = match expected {
        ExpectedIdentity::Role(role, audiences) => {
            ("AWS_ROLE_ARN", *role, "AWS_WEB_IDENTITY_TOKEN_FILE", &**audiences)
        }
        ExpectedIdentity::Agent(audience) => (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://169.254.170.23/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            std::slice::from_ref(audience),
        ),
    };
    for possible in environment.get(variable) {
        match possible {
            PossibleValue::Known(found) => {
                assert_eq!(found, value, "another identity: {container}");
            }
            PossibleValue::NotSet => panic!("no identity: {container}"),
            PossibleValue::MaybeSet | PossibleValue::Unknown => {}
        }
    }
    for possible in environment.get(file) {
        match possible {
            PossibleValue::Known(file) => check_file(spec, container, &file, audiences),
            PossibleValue::NotSet => panic!("no token: {container}"),
            PossibleValue::MaybeSet | PossibleValue::Unknown => {}
        }
    }
    if matches!(expected, ExpectedIdentity::Agent(_)) {
        let role = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"];
        assert!(!role.iter().all(|name| environment.certainly_has(&[name])), "a role: {container}");
        let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
        assert!(!environment.certainly_has(&[relative]), "another agent: {container}");
    }
}

/// Checks that there are no credentials that SDKs use before the identity.
#[track_caller]
fn check_others(container: &Value, environment: &Environment<'_>) {
    let has_keys = environment.certainly_has(&ACCESS_KEY_IDS)
        && environment.certainly_has(&SECRET_ACCESS_KEYS);
    assert!(!has_keys, "access keys: {container}");
    for name in PROFILES {
        assert!(!environment.certainly_has(&[name]), "a profile in {name}: {container}");
    }
}

/// Checks that the file is a token for one of the audiences, as far as the manifest shows it.
#[track_caller]
fn check_file(spec: &Value, container: &Value, file: &str, audiences: &[&str]) {
    assert!(file.starts_with('/') && !file.ends_with('/'), "no file: {file:?} in {container}");
    let file = linked_parts(file);
    let below = |mount: &&Value| {
        let path = linked_parts(text(mount, "mountPath"));
        (file.starts_with(&path) && !path.is_empty()).then_some(path.len())
    };
    let mounts = list(container, "volumeMounts");
    if has_invalid_mounts(&mounts) {
        return;
    }
    let Some(mount) =
        mounts.iter().filter(|mount| below(mount).is_some()).max_by_key(|mount| below(mount))
    else {
        panic!("nothing is mounted at {file:?}: {container}")
    };
    let length = below(mount).unwrap_or_default();
    // The API server compares paths as texts, so two mounts can be at one path.
    let mut at_same_path = mounts.iter().filter(|mount| below(mount) == Some(length));
    assert!(
        at_same_path.all(|other| other["name"] == mount["name"]),
        "two volumes at the path of the token: {container}"
    );
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
                if items.any(|item| path_parts(text(item, "path")) == file) {
                    token = None;
                }
            }
            of if path_parts(text(of, "path")) == file => token = Some(text(of, "audience")),
            _ => {}
        }
    }
    let has_sub_path = ["subPath", "subPathExpr"].iter().any(|key| !text(mount, key).is_empty());
    match token {
        Some(found) => {
            assert!(!has_sub_path, "a token that is never renewed: {container}");
            assert!(audiences.contains(&found), "a token for {found:?}: {container}");
        }
        // Other volumes can have a file with a token. The name of the policy's volume is for tokens only.
        None => assert!(
            (volume["projected"].is_null() && text(volume, "name") != "aws-iam-token")
                || has_others
                || has_sub_path,
            "no token at {file:?} in {volume}: {container}"
        ),
    }
}

/// Whether Kubernetes or the runtime refuses the mounts: at the root, without an absolute path, or two with the same path.
fn has_invalid_mounts(mounts: &[&Value]) -> bool {
    let mut paths: Vec<_> = mounts.iter().map(|mount| text(mount, "mountPath")).collect();
    paths.sort_unstable();
    paths.iter().any(|path| !path.starts_with('/') || linked_parts(path).is_empty())
        || paths.windows(2).any(|two| two[0] == two[1])
}

fn list<'m>(value: &'m Value, key: &str) -> Vec<&'m Value> {
    value[key].as_array().into_iter().flatten().collect()
}

fn text<'m>(value: &'m Value, key: &str) -> &'m str {
    value[key].as_str().unwrap_or_default()
}

/// The parts of a path in an image that links `/var/run` to `/run`, as most images do.
fn linked_parts(path: &str) -> Vec<&str> {
    let mut parts = path_parts(path);
    if parts.starts_with(&["var", "run"]) {
        parts.remove(0);
    }
    parts
}

/// The parts of a path.
#[must_use]
pub fn path_parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts
}
