//! The program as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod program;

use program::run_with;
use serde_json::Value;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n";
/// A pod with the service account of [`ACCOUNT`].
const USES_API: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccountName: api, containers: [{name: c}]}\n";
const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  annotations:\n    \
                       eks.amazonaws.com/role-arn: 1234\n";

/// Runs the program in an empty directory that holds `settings.yaml`, with `input` on its standard input. Gives the exit
/// code, the standard output and the standard error.
fn run(arguments: &[&str], settings: &str, input: &str) -> (Option<i32>, String, String) {
    run_with(arguments, &[("settings.yaml", settings)], input)
}

#[test]
fn manifests_that_are_accepted_exit_with_0() {
    let (code, out, err) = run(&["check", "-"], "", POD);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(
        out,
        "standard input\n  unchanged  Pod default/a\n\n\
         1 object checked: 0 rejected, 0 warned, 0 injected, 1 unchanged.\n"
    );
}

#[test]
fn manifests_that_are_rejected_exit_with_1() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let (code, out, err) = run(&["check", "-"], "", &account);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("[role-arn-malformed]"), "{out}");
    assert!(out.contains("1 rejected"), "{out}");
}

#[test]
fn settings_decide() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let arguments = ["check", "--settings", "settings.yaml", "-"];
    let (code, out, err) = run(&arguments, "defaultSeverity: warn", &account);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("1 warned"), "{out}");
}

#[test]
fn input_that_cannot_be_used_exits_with_2_and_is_named() {
    for (arguments, settings, input, message) in [
        (
            &["check", "none/*.yaml"][..],
            "",
            "",
            "Error: none/*.yaml: no file matches this pattern\n",
        ),
        (&["check", "-s", "missing.yaml", "-"], "", POD, "Error: cannot read missing.yaml: "),
        (
            &["check", "-s", "settings.yaml", "-"],
            "a: [1",
            POD,
            "Error: settings.yaml: cannot parse the settings",
        ),
        (
            &["check", "-s", "settings.yaml", "-"],
            "regoin: x",
            POD,
            "Error: the settings are not valid: ",
        ),
        (&["check", "--unknown", "-"], "", POD, "unexpected argument"),
    ] {
        let (code, out, err) = run(arguments, settings, input);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains(message), "{err}");
    }
}

#[test]
fn a_document_that_cannot_be_read_is_one_error_and_the_rest_is_checked() {
    let input = format!("{POD}---\na: [1\n---\n{}", POD.replace("name: a", "name: b"));
    let (code, out, err) = run(&["check", "-"], "", &input);
    assert_eq!(code, Some(2), "{err}");
    assert!(out.contains("unchanged  Pod default/a"), "{out}");
    assert!(out.contains("unchanged  Pod default/b"), "{out}");
    assert!(out.contains("1 document could not be read."), "{out}");
    assert!(out.contains("standard input:6") || out.contains("standard input:7"), "{out}");
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_line() {
    let input = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  annotations:\n    \
                 eks.amazonaws.com/sts-regional-endpoints: true\n";
    let (code, out, _) = run(&["check", "-"], "", input);
    assert_eq!(code, Some(2));
    assert!(
        out.contains("is the boolean true, but must be a string; put the value in quotes"),
        "{out}"
    );
    assert!(out.contains("standard input:6:47"), "{out}");
    assert!(out.contains("eks.amazonaws.com/sts-regional-endpoints: true"), "{out}");
}

#[test]
fn a_finding_is_shown_with_the_line_that_causes_it() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let (_, out, _) = run(&["check", "-"], "", &format!("# comment\n---\n{account}"));
    let frame = " --> standard input:8:33\n  |\n8 |     eks.amazonaws.com/role-arn: arn:aws:iam::1234:role/api\n  \
                 |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^\n";
    assert!(out.contains(frame), "{out}");
}

#[test]
fn objects_are_put_into_the_namespace_of_the_option_and_found_there() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccountName: api}\n";
    let account = ACCOUNT.replace("1234", "arn:aws:iam::111122223333:role/api");
    let (code, out, _) =
        run(&["check", "-n", "payments", "-"], "", &format!("{pod}---\n{account}"));
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("Pod payments/a"), "{out}");
}

#[test]
fn an_object_that_is_in_the_input_twice_is_reported() {
    let (code, out, _) = run(&["check", "--fail-on", "warn", "-"], "", &format!("{POD}---\n{POD}"));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("warning[duplicate-object]"), "{out}");
}

#[test]
fn other_kinds_lists_and_templates_are_skipped_and_counted() {
    let input = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: Pod, metadata: {{name: x}}, spec: {{}}}}\n\
         ---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: c}}\n\
         ---\n{{{{ if .Values.x }}}}\nkind: Pod\n{{{{ end }}}}\n---\n{POD}"
    );
    let (code, out, _) = run(&["check", "-"], "", &input);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("2 objects checked"), "{out}");
    assert!(
        out.contains("1 Helm chart template, 1 object of kind CustomResourceDefinition"),
        "{out}"
    );
}

#[test]
fn control_characters_of_manifests_do_not_reach_the_terminal() {
    let input = "apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\\e[31mred\"}\nspec: {serviceAccountName: \"x\\e[2J\"}\n";
    for format in ["text", "junit", "github"] {
        let (_, out, _) = run(&["check", "-o", format, "-"], "", input);
        assert!(!out.contains('\u{1b}'), "{format}: {out:?}");
    }
}

#[test]
fn custom_resources_are_checked_by_their_templates() {
    const MANIFESTS: &str = include_str!("custom-resources.yaml");
    const SETTINGS: &str =
        "podTemplates:\n- {group: example.com, kind: Crew, paths: ['spec.members[*].template']}\n";
    let report = |arguments: &[&str]| {
        let (_, out, err) = run(arguments, SETTINGS, MANIFESTS);
        let report: Value =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
        let lines = report["entries"].as_array().unwrap().iter().map(|object| {
            let findings = object["findings"].as_array().unwrap().iter();
            let paths: Vec<_> =
                findings.map(|finding| finding["place"]["path"].as_str().unwrap()).collect();
            let text = |key: &str| object[key].as_str().unwrap().to_owned();
            format!("{} {} {}", text("verdict"), text("kind"), paths.join(" "))
                .trim_end()
                .to_owned()
        });
        lines.collect::<Vec<_>>()
    };
    let known = [
        "unchanged ServiceAccount",
        "rejected Rollout spec.template.spec.containers[0].env[0].value",
        "warned RayCluster spec.workerGroupSpecs[0].template.spec.containers[0].env[0].name \
         spec.workerGroupSpecs[1].template.spec.containers[0].env[0].name",
        "warned Workflow spec.templates[0].container.env[0].name",
    ];
    assert_eq!(report(&["check", "--output", "json", "-"]), known);
    let with_setting = report(&["check", "--output", "json", "--settings", "settings.yaml", "-"]);
    assert_eq!(with_setting[..4], known);
    assert_eq!(with_setting[4..], ["injected Crew"]);
}

#[test]
fn secrets_on_the_line_of_a_finding_are_masked() {
    let input = format!(
        "{}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  serviceAccountName: api\n  containers:\n  \
         - name: c\n    env:\n    - {{name: AWS_ACCESS_KEY_ID, value: AKIAHUNTER2}}\n    \
         - {{name: AWS_SECRET_ACCESS_KEY, value: hunter2}}\n",
        ACCOUNT.replace("1234", "arn:aws:iam::111122223333:role/api")
    );
    for format in ["text", "json", "sarif", "junit", "github", "html"] {
        let (_, out, err) = run(&["check", "--diff", "-o", format, "-"], "", &input);
        assert!(out.contains("static-credentials"), "{out} {err}");
        assert!(!out.contains("hunter2") && !out.contains("HUNTER2"), "{format}: {out}");
    }
}

#[test]
fn an_account_that_is_not_among_the_manifests_is_a_warning() {
    let (code, out, err) = run(&["check", "-"], "", USES_API);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains(
        "warning[service-account-missing]: Pod default/a: its service account \"api\" is not among the manifests"
    ), "{out}");
    assert!(out.contains("help: add its manifest, or set --cluster-state"), "{out}");
}

#[test]
fn an_account_that_is_not_in_the_state_of_the_cluster_is_a_rejection() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::111122223333:role/api");
    let other = account.replace("name: api", "name: other");
    let arguments = ["check", "--cluster-state", "cluster.yaml", "-"];
    let (code, out, _) = run_with(&arguments, &[("cluster.yaml", &other)], USES_API);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("does not exist in namespace default"), "{out}");
    let (code, out, _) = run_with(&arguments, &[("cluster.yaml", &account)], USES_API);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("arn:aws:iam::111122223333:role/api in c"), "{out}");
}

#[test]
fn of_accounts_with_the_same_name_the_nearest_one_counts() {
    let account =
        |role: &str| ACCOUNT.replace("1234", &format!("arn:aws:iam::111122223333:role/{role}"));
    let files = [
        ("dev/account.yaml", account("dev")),
        ("dev/app/pod.yaml", USES_API.to_owned()),
        ("prod/account.yaml", account("prod")),
        ("prod/app/pod.yaml", USES_API.to_owned()),
        ("test/all.yaml", format!("{}---\n{USES_API}", account("test"))),
        ("cluster.yaml", account("cluster")),
    ];
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let arguments =
        ["check", "dev", "prod", "test", "--cluster-state", "cluster.yaml", "--output", "json"];
    let (code, out, err) = run_with(&arguments, &files, "");
    assert_eq!(code, Some(0), "{out}{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let entries = report["entries"].as_array().unwrap();
    let roles: Vec<_> = entries.iter().filter_map(|entry| entry["role"].as_str()).collect();
    assert_eq!(
        roles,
        ["dev", "prod", "test"].map(|role| format!("arn:aws:iam::111122223333:role/{role}"))
    );
}

#[test]
fn a_policy_with_another_module_counts_if_it_is_the_only_kind_in_the_file() {
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
fn explain_lists_findings_with_their_severities_and_shows_one() {
    let (code, out, _) =
        run(&["explain", "-s", "settings.yaml"], "findings: {host-network: reject}", "");
    assert_eq!(code, Some(0));
    assert!(out.lines().any(|line| line.starts_with("reject  host-network ")), "{out}");
    let (code, out, _) = run(&["explain", "role-arn-malformed"], "", "");
    assert_eq!(code, Some(0));
    assert!(out.contains("(reject)") && out.contains("# after"), "{out}");
    let (code, _, err) = run(&["explain", "role-arn-malfromed"], "", "");
    assert_eq!(code, Some(2));
    assert!(err.contains("did you mean role-arn-malformed?"), "{err}");
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let (_, out, _) = run(&["completions", "bash"], "", "");
    assert!(out.contains("--from-policy"), "{out}");
    let (_, out, _) = run(&["man"], "", "");
    assert!(out.contains(".TH aws-pod-identity") && out.contains("cluster\\-state"), "{out}");
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

#[test]
fn each_finding_is_shown_however_many_there_are() {
    let mut pod = USES_API.replace("containers: [{name: c}]", "hostNetwork: true, containers: [C]");
    // API servers cut such long warnings, so the answer of the policy counts those that do not fit.
    let container = |number: usize| {
        let name = format!("{number:02}{}", "x".repeat(100));
        format!("{{name: {name}, env: [{{name: AWS_PROFILE, value: p}}]}}")
    };
    pod = pod.replace('C', &(0..20).map(container).collect::<Vec<_>>().join(", "));
    let account = ACCOUNT.replace("1234", "arn:aws:iam::111122223333:role/api");
    let input = format!("{account}---\n{pod}");
    let (code, out, err) = run(&["check", "--output", "json", "-"], "", &input);
    assert_eq!(code, Some(0), "{out}{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let findings = report["entries"][1]["findings"].as_array().unwrap().iter();
    let ids: Vec<_> = findings.map(|finding| finding["id"].as_str().unwrap()).collect();
    let expected = std::iter::once("host-network").chain(["profile-shadows-role"; 20]);
    let (mut ids, mut expected) = (ids, expected.collect::<Vec<_>>());
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
}

#[test]
fn items_of_a_list_are_checked_by_themselves() {
    // As `kubectl get --output yaml` prints it.
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let items = [&account, "apiVersion: v1\nkind: Pod\nspec: [\n", POD];
    let items = items.map(|item| format!("- {}\n", item.trim_end().replace('\n', "\n  ")));
    let list = format!("apiVersion: v1\nitems:\n{}kind: List\n", items.concat());
    let (code, out, err) = run(&["check", "--output", "json", "-"], "", &list);
    assert_eq!(code, Some(2), "{out}{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let entries = report["entries"].as_array().unwrap();
    let names: Vec<_> = entries.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["api", "a"], "the item that is not YAML does not stop the others");
    let position = &entries[0]["findings"][0]["place"]["position"];
    assert_eq!((&position["line"], &position["column"]), (&8.into(), &35.into()), "{position}");
    assert_eq!(position["text"], "      eks.amazonaws.com/role-arn: arn:aws:iam::1234:role/api");
    assert_eq!(entries[1]["source"]["line"], 1, "that of the document");
    let error = &report["errors"][0];
    assert_eq!(
        (&error["document"], &error["position"]["line"]),
        (&1.into(), &11.into()),
        "{error}"
    );
}

#[test]
fn a_key_that_an_object_has_twice_is_an_error_in_yaml_and_json() {
    for text in [
        "apiVersion: v1\nkind: Pod\nkind: Pod\n",
        "{\n\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n\"kind\": \"Pod\"}\n",
    ] {
        let (code, out, err) = run(&["check", "-"], "", text);
        assert_eq!(code, Some(2), "{out}{err}");
        assert!(out.contains("duplicate mapping key: kind; remove one of the two"), "{out}");
        assert!(out.contains("standard input:3:1"), "{out}");
    }
}
