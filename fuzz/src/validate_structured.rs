//! Well-formed and hostile objects: see `manifest`.

use arbitrary::{Result, Unstructured};
use policy_testing::additions;
use policy_testing::answer::CheckedAnswer;
use policy_testing::identity_model::check_identity_of_silent_pod;
use policy_testing::json_text::Json;
use policy_testing::pools::{OTHER_PREFIXES, PREFIX, ROLE_MAPS, SECRET};
use serde_json::{Value, json};

use super::answer::ask;
use super::manifest;

/// The path to the template of a workload of that group and kind.
const WORKLOADS: [(&str, &str); 7] = [
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("", "ReplicationController"),
    ("batch", "Job"),
    ("batch", "CronJob"),
];

/// The request, and the objects of the cluster.
struct Situation {
    group: &'static str,
    kind: &'static str,
    operation: &'static str,
    namespace: Value,
    object: Value,
    old_object: Option<Value>,
    settings: Value,
    account: std::result::Result<Value, &'static str>,
    role_map: std::result::Result<Value, &'static str>,
    /// How the documents are written.
    style: Vec<u8>,
}

/// Checks one input.
pub fn run(data: &[u8]) {
    if let Ok(situation) = Situation::arbitrary(&mut Unstructured::new(data)) {
        situation.check();
    }
}

impl Situation {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let prefix = *u.choose(&[PREFIX, PREFIX, OTHER_PREFIXES[0]])?;
        let namespace = Value::from(*u.choose(&["payments", "payments", "team-a", ""])?);
        let operation = u.choose(&["CREATE", "CREATE", "CREATE", "UPDATE"])?;
        let (group, kind) = match u.int_in_range(0..=11)? {
            0..=6 => ("", "Pod"),
            7..=8 => *u.choose(&WORKLOADS)?,
            9..=10 => ("argoproj.io", "Rollout"),
            _ => ("", "ServiceAccount"),
        };
        let object = object(u, kind, prefix, &namespace)?;
        let old_object = if *operation == "UPDATE" {
            Some(object_before(u, kind, prefix, &namespace, &object)?)
        } else {
            None
        };
        let name =
            [object.pointer("/spec/serviceAccountName"), object.pointer("/spec/serviceAccount")]
                .into_iter()
                .flatten()
                .find(|name| name.as_str().is_some_and(|name| !name.is_empty()))
                .cloned()
                .unwrap_or_else(|| json!("default"));
        let settings = manifest::settings(u, prefix)?;
        let account = match u.int_in_range(0..=19)? {
            0 => Err(
                "Host error: Cannot find v1/ServiceAccount named 'api' inside of namespace 'Some(\"x\")'",
            ),
            1 => {
                Err("Host error: ApiError: serviceaccounts \"api\" is forbidden: User\n\nCaused by")
            }
            2 => Ok(json!({"metadata": {"name": "another"}})),
            _ => Ok(manifest::account(u, prefix, &namespace, &name)?),
        };
        let role_map = match u.int_in_range(0..=5)? {
            0 => Err("Host error: ServiceError: client error (Connect)"),
            1 => Err("Host error: Cannot find v1/ConfigMap named 'roles'"),
            _ => {
                let (_, config) = *u.choose(&ROLE_MAPS)?;
                Ok(json!({"metadata": {"name": "roles"}, "data": {"config": config}}))
            }
        };
        let style = u.arbitrary()?;
        Ok(Self {
            group,
            kind,
            operation,
            namespace,
            object,
            old_object,
            settings,
            account,
            role_map,
            style,
        })
    }

    fn check(&self) {
        let object = self.write(&self.object);
        let answer = self.evaluate(self.group, self.kind, &object);
        assert!(!answer.shown.contains(SECRET), "a secret is shown: {}", answer.shown);
        assert_ne!(answer.response.code, Some(400), "a well-formed request is read: {object}");
        if self.kind == "Rollout" {
            self.check_as_deployment(&object, &answer);
        }
        let is_new_pod = self.kind == "Pod" && self.operation == "CREATE";
        if is_new_pod {
            let annotations = match &self.account {
                Ok(account) => &account["metadata"]["annotations"],
                Err(_) => &Value::Null,
            };
            check_identity_of_silent_pod(&self.object, &answer, annotations, &self.settings);
        }
        let Some(injected) = answer.injected else { return };
        assert!(is_new_pod, "only pods on CREATE are changed");
        additions::check(&object, &injected);
        let again = self.evaluate(self.group, self.kind, &injected);
        assert!(
            again.response.accepted,
            "the injected object is accepted: {:?}",
            again.response.message
        );
        assert_eq!(again.injected, None, "the injected object is unchanged: {injected}");
    }

    /// A custom resource whose only template names its service account gets the answer that a Deployment of it gets.
    fn check_as_deployment(&self, object: &str, answer: &CheckedAnswer) {
        let spec = |object: &Value| object["spec"].as_object().cloned().unwrap_or_default();
        let template = &self.object["spec"]["template"];
        let name = template["spec"]["serviceAccountName"].as_str().unwrap_or_default();
        let has_others = |object| spec(object).keys().any(|key| key != "template");
        let old = self.old_object.as_ref();
        if name.is_empty()
            || !template.is_object()
            || has_others(&self.object)
            || old.is_some_and(|old| has_others(old) || !old["spec"]["template"].is_object())
        {
            return;
        }
        let expected = self.evaluate("apps", "Deployment", object);
        if expected.response.code == Some(400) {
            // A value that cannot be read is not a pod template.
            return;
        }
        assert_eq!(answer.response.accepted, expected.response.accepted, "{object}");
        assert_eq!(answer.note("findings"), expected.note("findings"), "{object}");
    }

    fn write(&self, document: &Value) -> String {
        Json::from(document.clone()).write(&self.style)
    }

    fn evaluate(&self, group: &str, kind: &str, object: &str) -> CheckedAnswer {
        let request = json!({
            "uid": "1299d386-525b-4032-98ae-1949f69f9cfc",
            "kind": {"group": group, "version": "v1", "kind": kind},
            "operation": self.operation, "namespace": self.namespace,
        });
        // API servers write both objects in the same style, so that an unchanged template has the same bytes.
        let old = self.old_object.as_ref().map_or_else(|| "null".to_owned(), |old| self.write(old));
        let request = self.write(&request);
        let request = request.trim_end().strip_suffix('}').expect("an object").to_owned();
        let settings = self.write(&self.settings);
        let payload = format!(
            "{{\"request\":{request},\"oldObject\":{old},\"object\":{object}}},\"settings\":{settings}}}"
        );
        ask(payload.as_bytes(), &|_, query| {
            let is_map = query["kind"] == "ConfigMap";
            match if is_map { &self.role_map } else { &self.account } {
                Ok(resource) => Ok(self.write(resource).into_bytes()),
                Err(error) => Err((*error).to_owned()),
            }
        })
    }
}

fn object(u: &mut Unstructured<'_>, kind: &str, prefix: &str, namespace: &Value) -> Result<Value> {
    Ok(match kind {
        "Pod" => manifest::pod(u, prefix)?,
        "ServiceAccount" => manifest::account(u, prefix, namespace, &json!("api"))?,
        "Rollout" => manifest::custom(u, prefix)?,
        "CronJob" => {
            json!({"metadata": {"name": "w"}, "spec": {"jobTemplate": {"spec": {"template": manifest::pod(u, prefix)?}}}})
        }
        _ => json!({"spec": {"template": manifest::pod(u, prefix)?}, "metadata": {"name": "w"}}),
    })
}

/// The changes of an UPDATE: none, or all.
fn object_before(
    u: &mut Unstructured<'_>,
    kind: &str,
    prefix: &str,
    namespace: &Value,
    object: &Value,
) -> Result<Value> {
    if u.arbitrary()? { Ok(object.clone()) } else { self::object(u, kind, prefix, namespace) }
}
