//! Reading a trust policy.

use super::encoding::plain;
use super::error::{MAX_BYTES, PolicyError};
use super::tree::Node;
use super::{
    Actions, Condition, Effect, Principal, PrincipalKind, Principals, Statement, TrustPolicy, Value,
};

type Result<T> = std::result::Result<T, PolicyError>;

impl TrustPolicy {
    /// Reads a policy that is JSON, or URL-encoded JSON as the IAM API gives it.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(PolicyError::TooLong(text.len()));
        }
        let json = plain(text)?;
        if json.is_empty() {
            return Err(PolicyError::Absent);
        }
        let tree: Node =
            serde_json::from_str(&json).map_err(|error| PolicyError::Json(error.to_string()))?;
        Self::read(tree)
    }

    /// Reads a policy that is a value of a JSON document: an object, or a string that holds what
    /// [`parse`](Self::parse) reads.
    pub(crate) fn parse_json(value: &str) -> Result<Self> {
        if !value.trim_start().starts_with('"') {
            return Self::parse(value);
        }
        // A string is longer with its escapes than without.
        if value.len() > 2 * MAX_BYTES {
            return Err(PolicyError::TooLong(value.len()));
        }
        let text: String =
            serde_json::from_str(value).map_err(|error| PolicyError::Json(error.to_string()))?;
        Self::parse(&text)
    }

    fn read(tree: Node) -> Result<Self> {
        if let Some(key) = tree.duplicate() {
            return Err(PolicyError::Duplicate(key.to_owned()));
        }
        let at = "the policy";
        let members = match tree {
            Node::Text(text) if text.trim_start().starts_with(['{', '%']) => {
                return Err(PolicyError::TextInText);
            }
            tree => object(tree, at)?,
        };
        let mut variables = false;
        let mut statements = None;
        for (key, value) in members {
            match &*key {
                "Version" => {
                    variables = match &*text(value, "Version")? {
                        "2012-10-17" => true,
                        "2008-10-17" => false,
                        other => return Err(PolicyError::Version(other.to_owned())),
                    }
                }
                "Statement" => statements = Some(one_or_list(value)),
                // "Id", and what IAM may add to the policy as a whole.
                _ => {}
            }
        }
        let statements = statements
            .ok_or_else(|| PolicyError::Missing { at: at.to_owned(), element: "Statement" })?;
        let statements = statements
            .into_iter()
            .enumerate()
            .map(|(index, value)| statement(value, &format!("statement {}", index + 1)))
            .collect::<Result<_>>()?;
        Ok(Self { variables, statements })
    }
}

fn statement(value: Node, at: &str) -> Result<Statement> {
    let mut sid = None;
    let mut effect = None;
    let mut actions = None;
    let mut principals = None;
    let mut conditions = Vec::new();
    let mut unsupported = Vec::new();
    for (key, value) in object(value, at)? {
        let element = || format!("{key} of {at}");
        match &*key {
            "Sid" => sid = Some(text(value, &element())?).filter(|sid| !sid.is_empty()),
            "Effect" => effect = Some(read_effect(&text(value, &element())?, at)?),
            "Action" | "NotAction" if actions.is_some() => unsupported.push(key),
            "Action" => actions = Some(Actions::Only(texts(value, &element())?)),
            "NotAction" => actions = Some(Actions::AllBut(texts(value, &element())?)),
            "Principal" | "NotPrincipal" if principals.is_some() => unsupported.push(key),
            "Principal" => principals = Some(read_principals(value, &element())?),
            "NotPrincipal" => principals = Some(Principals::AllBut),
            "Condition" => conditions = read_conditions(value, &element())?,
            _ => unsupported.push(key),
        }
    }
    let missing = |element| PolicyError::Missing { at: at.to_owned(), element };
    Ok(Statement {
        sid,
        effect: effect.ok_or_else(|| missing("Effect"))?,
        actions: actions.ok_or_else(|| missing("Action"))?,
        principals: principals.ok_or_else(|| missing("Principal"))?,
        conditions,
        unsupported,
    })
}

fn read_effect(effect: &str, at: &str) -> Result<Effect> {
    match effect {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(PolicyError::Effect { at: at.to_owned(), found: other.to_owned() }),
    }
}

fn read_principals(value: Node, at: &str) -> Result<Principals> {
    if value == Node::Text("*".to_owned()) {
        return Ok(Principals::Everyone);
    }
    let mut principals = Vec::new();
    for (key, value) in object(value, at)? {
        let kind = match &*key {
            "AWS" => PrincipalKind::Aws,
            "Federated" => PrincipalKind::Federated,
            "Service" => PrincipalKind::Service,
            _ => PrincipalKind::Other,
        };
        let values = texts(value, &format!("{key} in {at}"))?;
        principals.extend(values.into_iter().map(|value| Principal { kind, value }));
    }
    Ok(Principals::Only(principals))
}

fn read_conditions(value: Node, at: &str) -> Result<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (operator, keys) in object(value, at)? {
        for (key, values) in object(keys, &format!("{operator} in {at}"))? {
            let at = || format!("the value of {key} under {operator} in {at}");
            let values = one_or_list(values)
                .into_iter()
                .map(|value| scalar(value, at))
                .collect::<Result<_>>()?;
            conditions.push(Condition { operator: operator.clone(), key, values });
        }
    }
    Ok(conditions)
}

fn scalar(value: Node, at: impl Fn() -> String) -> Result<Value> {
    match value {
        Node::Text(text) => Ok(Value::Text(text)),
        Node::Boolean(value) => Ok(Value::Text(value.to_string())),
        Node::Number(number) => Ok(Value::Number(number)),
        other => Err(wrong(&at(), "a string", &other)),
    }
}

fn object(value: Node, at: &str) -> Result<Vec<(String, Node)>> {
    match value {
        Node::Object(members) => Ok(members),
        other => Err(wrong(at, "an object", &other)),
    }
}

fn text(value: Node, at: &str) -> Result<String> {
    match value {
        Node::Text(text) => Ok(text),
        other => Err(wrong(at, "a string", &other)),
    }
}

/// One string or a list of them.
fn texts(value: Node, at: &str) -> Result<Vec<String>> {
    one_or_list(value).into_iter().map(|value| text(value, at)).collect()
}

fn one_or_list(value: Node) -> Vec<Node> {
    match value {
        Node::List(elements) => elements,
        one => vec![one],
    }
}

fn wrong(at: &str, expected: &'static str, found: &Node) -> PolicyError {
    PolicyError::Type { at: at.to_owned(), expected, found: found.describe() }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::{Actions, Principals, TrustPolicy, Value};

    const ONE: &str = r#"{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow",
    "Principal": {"Federated": "p", "AWS": ["a", "b"]}, "Action": "sts:*",
    "Condition": {"StringEquals": {"k": "v", "l": ["w", true, 1]}, "Null": {"m": false}}}}"#;

    #[test]
    fn a_single_statement_or_value_is_read_as_a_list() {
        let policy = TrustPolicy::parse(ONE).unwrap();
        assert!(policy.variables);
        let [statement] = &*policy.statements else { panic!("{policy:?}") };
        assert_eq!(statement.sid, None);
        assert_eq!(statement.actions, Actions::Only(vec!["sts:*".to_owned()]));
        let Principals::Only(principals) = &statement.principals else { panic!("{statement:?}") };
        assert_eq!(principals.len(), 3);
        let conditions: Vec<_> = statement
            .conditions
            .iter()
            .map(|c| (&*c.operator, &*c.key, c.values.iter().map(Value::text).collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            conditions,
            [
                ("StringEquals", "k", vec!["v"]),
                ("StringEquals", "l", vec!["w", "true", "1"]),
                ("Null", "m", vec!["false"])
            ]
        );
        let list = ONE.replace("\"Statement\": {", "\"Statement\": [{").replace("}}}}", "}}}]}");
        assert_eq!(TrustPolicy::parse(&list).unwrap(), policy);
    }

    #[test]
    fn an_object_and_texts_with_it_are_read_as_the_same_policy() {
        let policy = TrustPolicy::parse(ONE);
        let url_encoded = ONE.bytes().fold(String::new(), |mut text, byte| {
            write!(text, "%{byte:02X}").unwrap();
            text
        });
        for value in [
            ONE.to_owned(),
            serde_json::to_string(ONE).unwrap(),
            serde_json::to_string(&url_encoded).unwrap(),
        ] {
            assert_eq!(TrustPolicy::parse_json(&value), policy, "{value}");
        }
    }

    #[test]
    fn other_values_than_policies_are_errors() {
        let statement = |inside: &str| format!(r#"{{"Statement": [{{{inside}}}]}}"#);
        for (text, expected) in [
            (String::new(), "it has no trust policy document"),
            (
                "[]".into(),
                "its trust policy is malformed: the policy is a list instead of an object",
            ),
            (
                "\"{}\"".into(),
                "its trust policy is a policy encoded as a JSON string; remove one level of JSON encoding",
            ),
            ("{}".into(), "its trust policy is incomplete: the policy has no Statement"),
            (
                r#"{"Version": "2012-10-18", "Statement": []}"#.into(),
                "its trust policy has the version \"2012-10-18\"; valid versions are \"2012-10-17\" and \"2008-10-17\"",
            ),
            (
                r#"{"Statement": ["x"]}"#.into(),
                "its trust policy is malformed: statement 1 is a string instead of an object",
            ),
            (
                statement(r#""Effect": "allow""#),
                "its trust policy is malformed: statement 1 has the effect \"allow\"; valid effects are \"Allow\" and \"Deny\"",
            ),
            (
                statement(r#""Effect": "Allow""#),
                "its trust policy is incomplete: statement 1 has no Action",
            ),
            (
                statement(r#""Effect": "Allow", "Action": [1]"#),
                "its trust policy is malformed: Action of statement 1 is a number instead of a string",
            ),
            (
                statement(r#""Effect": "Allow", "Action": "x", "Principal": "x""#),
                "its trust policy is malformed: Principal of statement 1 is a string instead of an object",
            ),
            (
                statement(r#""Condition": {"StringEquals": {"k": {}}}"#),
                "its trust policy is malformed: the value of k under StringEquals in Condition of statement 1 is an object instead of a string",
            ),
            (
                statement(r#""Condition": {"StringEquals": {}, "StringEquals": {}}"#),
                "its trust policy has the key \"StringEquals\" twice in one object; merge the two",
            ),
        ] {
            assert_eq!(TrustPolicy::parse(&text).unwrap_err().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn elements_that_a_trust_policy_cannot_have_are_kept() {
        let policy = TrustPolicy::parse(
            r#"{"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": "x"}, "Action": "a", "NotAction": "b",
            "Resource": "*"}}"#,
        )
        .unwrap();
        assert_eq!(policy.statements[0].unsupported, ["NotAction", "Resource"]);
        assert_eq!(policy.statements[0].principals, Principals::AllBut);
    }
}
