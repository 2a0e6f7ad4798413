//! The cases: one YAML file each, below `cases/`. `cases/README.md` describes the format.

use std::fs;
use std::path::{Path, PathBuf};

use aws_pod_identity_kubernetes::answer::ValidationResponse;
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::yaml;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::additions;
use crate::answer::CheckedAnswer;
use crate::each::{check_each, yaml_files};
use crate::library::Answer;
use crate::request::{payload, request};
use crate::snapshot::{difference, rewrite_end};

/// One situation and the answer that is expected.
#[derive(Clone, Debug)]
pub struct Case {
    /// The path below `cases/`, without the extension.
    pub name: String,
    /// The settings of the policy.
    pub settings: Value,
    /// The objects that can be looked up.
    pub cluster: Cluster,
    /// The object as it is stored; makes the request an UPDATE.
    pub old_object: Option<Value>,
    /// The object under admission.
    pub object: Value,
    /// The response, without the injected object.
    pub expect: Value,
    /// The injected object; none if the object stays unchanged.
    pub injected: Option<Value>,
    file: PathBuf,
}

/// The sections of a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sections {
    settings: Option<Value>,
    cluster: Option<Vec<Value>>,
    old_object: Option<Value>,
    object: Value,
    #[serde(default)]
    expect: Value,
    injected: Option<Value>,
}

impl Case {
    /// All cases, in the order of their names.
    pub fn all() -> Vec<Self> {
        let cases = Self::below("");
        assert!(cases.len() > 500, "only {} cases in {}", cases.len(), root().display());
        cases
    }

    /// The cases in a directory of `cases/` and its subdirectories, in the order of their names.
    pub fn below(directory: &str) -> Vec<Self> {
        yaml_files(&root().join(directory)).iter().map(|file| Self::read(file)).collect()
    }

    /// The case of that name.
    pub fn named(name: &str) -> Self {
        Self::read(&root().join(format!("{name}.yaml")))
    }

    fn read(file: &Path) -> Self {
        let fail = |error: &dyn std::fmt::Display| -> ! { panic!("{}: {error}", file.display()) };
        let text = fs::read_to_string(file).unwrap_or_else(|error| fail(&error));
        let value = yaml::manifest(&text).unwrap_or_else(|error| fail(&error));
        let sections: Sections = serde_json::from_value(value).unwrap_or_else(|error| fail(&error));
        let name = file.strip_prefix(root()).unwrap().with_extension("");
        let mut cluster = Cluster::new();
        for object in sections.cluster.unwrap_or_else(|| vec![default_service_account()]) {
            cluster.insert(object);
        }
        Self {
            name: name.to_str().unwrap().to_owned(),
            settings: sections.settings.unwrap_or_else(|| json!({})),
            cluster,
            old_object: sections.old_object,
            object: sections.object,
            expect: sections.expect,
            injected: sections.injected,
            file: file.to_owned(),
        }
    }

    /// The payload about this object, with these settings.
    pub fn payload(&self, object: &Value, settings: &Value) -> Vec<u8> {
        let operation = if self.old_object.is_some() { "UPDATE" } else { "CREATE" };
        payload(&request(operation, object, self.old_object.as_ref()), settings)
    }

    /// Evaluates the case, and compares the answer with the expected one. An injected object is evaluated again.
    pub fn check(&self, ask: impl Fn(&[u8], &Cluster) -> Answer) -> Result<(), String> {
        let (response, injected) = self.evaluate(&self.object, &ask);
        same("expect", &expectation(&response), &self.expect)?;
        let none = Value::Null;
        same(
            "injected",
            injected.as_ref().unwrap_or(&none),
            self.injected.as_ref().unwrap_or(&none),
        )?;
        if let Some(injected) = injected {
            let (again, changed) = self.evaluate(&injected, &ask);
            if !again.accepted || changed.is_some() {
                return Err(format!("the injected object is not accepted unchanged: {again:?}"));
            }
        }
        Ok(())
    }

    /// Rewrites the sections `expect` and `injected`, and leaves the rest of the file unchanged.
    pub fn update(&self, ask: impl Fn(&[u8], &Cluster) -> Answer) {
        let (response, injected) = self.evaluate(&self.object, &ask);
        let mut sections = vec![json!({"expect": expectation(&response)})];
        sections.extend(injected.map(|injected| json!({"injected": injected})));
        rewrite_end(&self.file, "expect", &sections);
    }

    /// The response, without the injected object, and that object.
    fn evaluate(
        &self,
        object: &Value,
        ask: &impl Fn(&[u8], &Cluster) -> Answer,
    ) -> (ValidationResponse, Option<Value>) {
        let payload = self.payload(object, &self.settings);
        let answer = ask(&payload, &self.cluster);
        assert!(answer.queries.len() <= 3, "too many lookups: {:?}", answer.queries);
        let CheckedAnswer { response, injected, .. } = answer.checked();
        let injected = injected.map(|injected| {
            additions::check(&text_of_object(&payload), &injected);
            serde_json::from_str(&injected).unwrap()
        });
        (response, injected)
    }
}

/// Runs a check on all cases: see [`check_each`].
#[track_caller]
pub fn check_all(check: impl Fn(&Case) -> Result<(), String> + Sync) {
    check_each(&Case::all(), |case| &case.name, check);
}

/// The role of the service account that most tests use.
pub const ROLE: &str = "arn:aws:iam::111122223333:role/payments/api";

/// The cluster of a case that does not describe one.
pub fn default_service_account() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "api",
            "namespace": "payments",
            "annotations": {"eks.amazonaws.com/role-arn": ROLE},
        },
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("cases")
}

/// The object in the payload as it is written.
fn text_of_object(payload: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow)]
        request: Request<'a>,
    }
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow)]
        object: &'a RawValue,
    }
    serde_json::from_slice::<Payload<'_>>(payload).unwrap().request.object.get().to_owned()
}

/// The members of the response that are set, without the injected object.
fn expectation(response: &ValidationResponse) -> Value {
    let Value::Object(mut all) = serde_json::to_value(response).unwrap() else {
        panic!("a response is an object")
    };
    all.retain(|_, value| !value.is_null());
    if let Some(audit) = all.get_mut("audit_annotations") {
        audit.sort_all_objects();
    }
    let mut expectation = Map::new();
    for key in ["accepted", "code", "message", "warnings", "audit_annotations"] {
        expectation.extend(all.remove(key).map(|value| (key.to_owned(), value)));
    }
    assert!(all.is_empty(), "members that no case expects: {all:?}");
    Value::Object(expectation)
}

fn same(section: &str, found: &Value, expected: &Value) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let difference = difference(&yaml::write(expected), &yaml::write(found));
    Err(format!("{section} differs\n{difference}"))
}
