//! Evaluates match conditions, which are expressions of the Common Expression Language.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use aws_pod_identity_kubernetes::admission::AdmissionRequest;
use aws_pod_identity_kubernetes::policy::ClusterPolicy;
use cel::{Context, Env, Program, Value, extensions};
use serde_json::Value as Json;

/// The functions of conditions: those of the language, and those for strings, which API servers also have.
static FUNCTIONS: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut functions = Env::stdlib();
    // Fails if names are in use already.
    let _ = functions.add_extension(extensions::strings);
    Arc::new(functions)
});

/// The conditions of one policy. Without conditions, every request is selected.
#[derive(Default)]
pub(crate) struct MatchConditions {
    policy: String,
    conditions: Vec<Condition>,
    /// The first problem of each condition.
    problems: Mutex<BTreeMap<String, String>>,
}

struct Condition {
    name: String,
    /// The expression, or why it cannot be evaluated.
    program: Result<Program, String>,
}

impl fmt::Debug for MatchConditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.conditions.iter().map(|condition| &condition.name)).finish()
    }
}

impl MatchConditions {
    /// The conditions of a policy.
    pub(crate) fn of(policy: &ClusterPolicy) -> Self {
        let conditions = policy.match_conditions.iter().map(|condition| {
            let program =
                FUNCTIONS.compile(&condition.expression).map_err(|error| one_line(&error));
            Condition { name: condition.name.clone(), program }
        });
        let conditions = conditions.collect();
        Self { policy: policy.name.clone(), conditions, problems: Mutex::default() }
    }

    /// Whether all conditions are true. One that cannot be evaluated is taken as true, so that the object is checked: API servers
    /// have functions that this program does not have.
    pub(crate) fn select(&self, request: &AdmissionRequest) -> bool {
        if self.conditions.is_empty() {
            return true;
        }
        let context = context(request);
        self.conditions.iter().all(|Condition { name, program }| {
            let result = match program {
                Ok(program) => program.execute(&context).map_err(|error| one_line(&error)),
                Err(error) => Err(error.clone()),
            };
            match result {
                Ok(Value::Bool(is_true)) => is_true,
                Ok(_) => self.problem(name, "the result is not a boolean"),
                Err(error) => self.problem(name, &error),
            }
        })
    }

    fn problem(&self, name: &str, problem: &str) -> bool {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems.entry(name.to_owned()).or_insert_with(|| problem.to_owned());
        true
    }

    /// The conditions that could not be evaluated so far.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        let problems = problems.iter().map(|(name, problem)| {
            format!(
                "{}: the match condition {name} cannot be evaluated ({problem}), so objects that it leaves out are checked, too",
                self.policy
            )
        });
        problems.collect()
    }
}

/// An error without the drawing of the expression.
fn one_line(error: &impl fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The variables of conditions, except for `authorizer`.
fn context(request: &AdmissionRequest) -> Context<'static, 'static> {
    let mut context = Context::with_env(Arc::clone(&FUNCTIONS));
    let optional = |object: Option<&Json>| object.map_or(Value::Null, value);
    context.add_variable_from_value("object", optional(request.object.as_ref()));
    context.add_variable_from_value("oldObject", optional(request.old_object.as_ref()));
    let attributes = AdmissionRequest { object: None, old_object: None, ..request.clone() };
    let attributes = serde_json::to_value(attributes).unwrap_or_default();
    context.add_variable_from_value("request", value(&attributes));
    context
}

/// JSON as API servers give it to expressions: whole numbers are signed.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(value).collect::<Vec<_>>().into(),
        Json::Object(members) => {
            let members = members.iter().map(|(key, member)| (key.clone(), value(member)));
            members.collect::<HashMap<String, Value>>().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_pod_identity_kubernetes::kind::POD;
    use aws_pod_identity_kubernetes::request;
    use serde_json::json;

    use super::*;

    fn conditions(expressions: &[&str]) -> MatchConditions {
        let conditions: Vec<_> = expressions
            .iter()
            .map(|expression| json!({"name": "c", "expression": expression}))
            .collect();
        let policy = json!({
            "apiVersion": "policies.kubewarden.io/v1", "kind": "ClusterAdmissionPolicy",
            "metadata": {"name": "p"}, "spec": {"matchConditions": conditions},
        });
        MatchConditions::of(&ClusterPolicy::from_object(&policy).unwrap())
    }

    fn request() -> AdmissionRequest {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "api-1", "namespace": "shop", "labels": {"app": "api"}},
            "spec": {"terminationGracePeriodSeconds": 30, "containers": [{"name": "a"}, {"name": "b"}]},
        });
        request::create(POD, "v1", pod, request::administrator(), 1)
    }

    #[test]
    fn conditions_say_which_requests_are_selected() {
        for (expression, expected) in [
            ("true", true),
            ("object.metadata.labels['app'] == 'api'", true),
            ("!(has(object.metadata.labels) && 'app' in object.metadata.labels)", false),
            ("has(object.metadata.annotations)", false),
            ("object.metadata.?annotations[?'a'].orValue('') == 'b' || true", true),
            ("object.metadata.?labels[?'app'].orValue('') == 'api'", true),
            ("object.metadata.name.lowerAscii().split('-')[0] == 'api'", true),
            ("object.metadata.namespace.startsWith('kube-')", false),
            ("object.metadata.name.matches('^api-[0-9]+$')", true),
            ("object.spec.containers.exists(one, one.name == 'b')", true),
            ("object.spec.containers.all(one, one.name != 'b')", false),
            ("size(object.spec.containers) + 1 == 3", true),
            ("object.spec.terminationGracePeriodSeconds - 60 < 0", true),
            ("request.operation == 'CREATE' && oldObject == null", true),
            ("request.resource.group != 'apps' && request.kind.kind == 'Pod'", true),
            ("!('system:nodes' in request.userInfo.groups)", true),
            ("request.namespace in ['shop', 'payments']", true),
            ("request.dryRun", false),
        ] {
            let conditions = conditions(&[expression]);
            assert_eq!(conditions.select(&request()), expected, "{expression}");
            assert_eq!(conditions.problems(), Vec::<String>::new());
        }
    }

    #[test]
    fn one_false_condition_is_enough() {
        assert!(!conditions(&["true", "false"]).select(&request()));
        assert!(conditions(&[]).select(&request()));
    }

    #[test]
    fn conditions_that_cannot_be_evaluated_are_taken_as_true_and_reported_once() {
        for expression in [
            "authorizer.requestResource.check('x').allowed()",
            "object.metadata.annotations['a'] == 'b'",
            "quantity('1') == object.spec",
            "1",
            "object.(",
        ] {
            let conditions = conditions(&[expression, "true"]);
            assert!(conditions.select(&request()) && conditions.select(&request()), "{expression}");
            let problems = conditions.problems();
            assert_eq!(problems.len(), 1, "{expression}");
            let expected = "p: the match condition c cannot be evaluated (";
            assert!(problems[0].starts_with(expected), "{problems:?}");
        }
    }
}
