//! The settings and policies that the program uses.

use super::{ACCOUNT, POD, run, run_with};

#[test]
fn settings_change_the_severity() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let arguments = ["check", "--settings", "settings.yaml", "-"];
    let (code, out, err) = run(&arguments, "defaultSeverity: warn", &account);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("1 warned"), "{out}");
}

#[test]
fn policies_with_another_module_are_used_if_the_file_has_no_others() {
    let policy = |module: &str, settings: &str| {
        format!(
            "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nmetadata: {{name: p}}\nspec: {{module: \
         {module}, settings: {settings}, rules: [{{apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: \
         [CREATE]}}]}}\n---\n"
        )
    };
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let mirrored = policy("registry.example.com/identity:v1", "{defaultSeverity: warn}");
    let ours = policy("registry.example.com/aws-pod-identity-policy:v1", "{}");
    for (file, expected) in [(mirrored.clone(), Some(0)), (mirrored + &ours, Some(1))] {
        let arguments = ["check", "--from-policy", "settings.yaml", "-"];
        let (code, out, err) = run(&arguments, &file, &account);
        assert_eq!(code, expected, "{out}{err}");
    }
}

#[test]
fn a_policy_decides_by_its_settings_rules_and_selectors() {
    let policy = "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nmetadata: {name: p}\nspec:\n  \
                  module: registry://ghcr.io/x/aws-pod-identity-policy:v1\n  settings: {defaultSeverity: warn}\n  \
                  rules: [{apiGroups: [''], apiVersions: [v1], resources: [serviceaccounts], operations: [CREATE]}]\n";
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let (code, out, err) = run(
        &["check", "--from-policy", "settings.yaml", "-"],
        policy,
        &format!("{account}---\n{POD}"),
    );
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("1 warned"), "{out}");
    assert!(out.contains("1 object that the policy does not select"), "{out}");
}

#[test]
fn policies_are_read_from_directories_and_lists() {
    let list = r#"{"apiVersion": "policies.kubewarden.io/v1", "kind": "ClusterAdmissionPolicyList", "items": [{
        "metadata": {"name": "p"}, "spec": {"module": "aws-pod-identity-policy:v1", "rules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}]}}]}"#;
    let files = [("dir/policies.json", list), ("dir/values.yaml", "x: 1\n")];
    for path in ["dir", "dir/policies.json"] {
        let (code, out, err) = run_with(&["check", "--from-policy", path, "-"], &files, POD);
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(out.contains("unchanged  Pod default/a"), "{out}");
    }
}

fn policy(kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: policies.kubewarden.io/v1\nkind: {kind}\nmetadata: {{name: p}}\nspec: {{{spec}}}\n---\n"
    )
}

#[test]
fn policies_that_are_not_evaluated_are_named_with_the_reason() {
    const OF_NAMESPACE: &str = "policies of a namespace may not look up service accounts; use a ClusterAdmissionPolicy \
                                with a namespaceSelector";
    let arguments = ["check", "--from-policy", "settings.yaml", "-"];
    for (kind, why) in [
        ("AdmissionPolicy", OF_NAMESPACE),
        ("AdmissionPolicyGroup", OF_NAMESPACE),
        (
            "ClusterAdmissionPolicyGroup",
            "members of a group inject nothing; use a ClusterAdmissionPolicy",
        ),
    ] {
        let (code, _, err) = run(&arguments, &policy(kind, ""), POD);
        assert_eq!(code, Some(2), "{err}");
        let expected = format!("{kind} p is ignored: {why}");
        assert!(err.contains(&expected), "{err}");
        let both = policy(kind, "") + &policy("ClusterAdmissionPolicy", "");
        let (code, _, err) = run(&arguments, &both, POD);
        assert_eq!(code, Some(0), "{err}");
        assert!(err.contains(&format!("Note: {expected}")), "{err}");
    }
}

#[test]
fn match_conditions_of_a_policy_are_evaluated() {
    const RULES: &str =
        "rules: [{apiGroups: [''], apiVersions: [v1], resources: ['*'], operations: [CREATE]}]";
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let unknown = "Note: p: the match condition a cannot be evaluated (";
    for (expression, code, note) in [
        ("object.kind != 'Pod'", 1, ""),
        ("object.metadata.name != 'api'", 0, ""),
        ("has(object.metadata.labels) && 'x' in object.metadata.labels", 0, ""),
        ("authorizer.path('/x').check('get').allowed()", 1, unknown),
        ("object.(", 1, unknown),
    ] {
        let conditions =
            format!("{RULES}, matchConditions: [{{name: a, expression: \"{expression}\"}}]");
        let arguments = ["check", "--from-policy", "settings.yaml", "-"];
        let (found, out, err) =
            run(&arguments, &policy("ClusterAdmissionPolicy", &conditions), &account);
        assert_eq!(found, Some(code), "{expression}: {out}{err}");
        assert_eq!(out.contains("1 object that the policy does not select"), code == 0, "{out}");
        assert!(err.starts_with(note) && err.is_empty() == note.is_empty(), "{expression}: {err}");
    }
}
