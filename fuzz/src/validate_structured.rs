//! Well-formed and hostile objects: see `manifest`.

use arbitrary::{Result, Unstructured};
use serde_json::{Value, json};

use super::additions;
use super::answer::{Answer, ask};
use super::manifest::{self, SECRET};
use super::style::Style;

/// Where a workload of that group and kind keeps its template.
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
    style: Style,
}

/// Checks one input.
pub fn run(data: &[u8]) {
    if let Ok(situation) = Situation::arbitrary(&mut Unstructured::new(data)) {
        situation.check();
    }
}

impl Situation {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let prefix =
            *u.choose(&["eks.amazonaws.com", "eks.amazonaws.com", "identity.example.org"])?;
        let namespace = Value::from(*u.choose(&["payments", "payments", "team-a", ""])?);
        let operation = u.choose(&["CREATE", "CREATE", "CREATE", "UPDATE"])?;
        let (group, kind) = match u.int_in_range(0..=9)? {
            0..=6 => ("", "Pod"),
            7..=8 => *u.choose(&WORKLOADS)?,
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
            1 => Err("Host error: Cannot find v1/ConfigMap named 'pod-identity-webhook'"),
            2 => {
                Ok(json!({"metadata": {"name": "pod-identity-webhook"}, "data": {"config": "[]"}}))
            }
            _ => {
                let config = json!({"*/*": {"RoleARN": "arn:aws:iam::123456789012:role/mapped", "TokenExpiration": 700}});
                Ok(
                    json!({"metadata": {"name": "pod-identity-webhook"}, "data": {"config": config.to_string()}}),
                )
            }
        };
        let style = Style::arbitrary(u)?;
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
        let object = self.style.write(&self.object);
        let answer = self.evaluate(&object);
        assert!(!answer.shown.contains(SECRET), "a secret is shown: {}", answer.shown);
        assert_ne!(answer.response.code, Some(400), "a well-formed request is read: {object}");
        let Some(mutated) = answer.mutated else { return };
        assert!(
            self.kind == "Pod" && self.operation == "CREATE",
            "only pods on CREATE are changed"
        );
        let after: Value = serde_json::from_str(&mutated).expect("the injected pod is JSON");
        additions::check(&self.object, &after);
        assert!(
            object.contains("null") || additions::is_within(&object, &mutated),
            "text was changed\n{object}\n{mutated}"
        );
        let again = self.evaluate(&mutated);
        assert!(
            again.response.accepted,
            "the injected object is accepted: {:?}",
            again.response.message
        );
        assert_eq!(again.mutated, None, "the injected object is unchanged: {mutated}");
    }

    fn evaluate(&self, object: &str) -> Answer {
        let request = json!({
            "uid": "1299d386-525b-4032-98ae-1949f69f9cfc",
            "kind": {"group": self.group, "version": "v1", "kind": self.kind},
            "operation": self.operation, "namespace": self.namespace, "oldObject": self.old_object,
        });
        let request = self.style.write(&request);
        let request = request.trim_end().strip_suffix('}').expect("an object").to_owned();
        let settings = self.style.write(&self.settings);
        let payload =
            format!("{{\"request\":{request},\"object\":{object}}},\"settings\":{settings}}}");
        ask(payload.as_bytes(), &|_, kind| {
            let answer = if kind == "ConfigMap" { &self.role_map } else { &self.account };
            match answer {
                Ok(resource) => Ok(self.style.write(resource).into_bytes()),
                Err(error) => Err((*error).to_owned()),
            }
        })
    }
}

fn object(u: &mut Unstructured<'_>, kind: &str, prefix: &str, namespace: &Value) -> Result<Value> {
    Ok(match kind {
        "Pod" => manifest::pod(u, prefix)?,
        "ServiceAccount" => manifest::account(u, prefix, namespace, &json!("api"))?,
        "CronJob" => {
            json!({"metadata": {"name": "w"}, "spec": {"jobTemplate": {"spec": {"template": manifest::pod(u, prefix)?}}}})
        }
        _ => json!({"spec": {"template": manifest::pod(u, prefix)?}, "metadata": {"name": "w"}}),
    })
}

/// What an UPDATE changes: nothing, or all.
fn object_before(
    u: &mut Unstructured<'_>,
    kind: &str,
    prefix: &str,
    namespace: &Value,
    object: &Value,
) -> Result<Value> {
    if u.arbitrary()? { Ok(object.clone()) } else { self::object(u, kind, prefix, namespace) }
}
