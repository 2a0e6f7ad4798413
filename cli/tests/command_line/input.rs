//! The input of the program: documents, lists, templates, and files that it cannot read.

use serde_json::Value;

use super::{ACCOUNT, POD, run};

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
        (
            &["explain", "-s", "settings.yaml"],
            "regoin: x\nmountPath: y",
            "",
            "Error: the settings are not valid: 2 problems:\n- there is no setting regoin; did you mean region?\n- mountPath: ",
        ),
        (&["check", "--unknown", "-"], "", POD, "unexpected argument"),
    ] {
        let (code, out, err) = run(arguments, settings, input);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains(message), "{err}");
    }
}

#[test]
fn a_document_that_cannot_be_read_is_one_error_and_the_others_are_checked() {
    let input = format!("{POD}---\na: [1\n---\n{}", POD.replace("name: a", "name: b"));
    let (code, out, err) = run(&["check", "-"], "", &input);
    assert_eq!(code, Some(2), "{err}");
    assert!(out.contains("unchanged  Pod default/a"), "{out}");
    assert!(out.contains("unchanged  Pod default/b"), "{out}");
    assert!(out.contains("1 document could not be read."), "{out}");
    assert!(out.contains("standard input:6") || out.contains("standard input:7"), "{out}");
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_object_and_line() {
    let input = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  annotations:\n    \
                 eks.amazonaws.com/sts-regional-endpoints: true\n";
    let (code, out, _) = run(&["check", "-"], "", input);
    assert_eq!(code, Some(2));
    assert!(
        out.contains(
            "error: ServiceAccount default/api: metadata.annotations[\"eks.amazonaws.com/sts-regional-endpoints\"] is the \
             boolean true, but must be a string; put the value in quotes"
        ),
        "{out}"
    );
    assert!(out.contains("standard input:6:47"), "{out}");
    assert!(out.contains("eks.amazonaws.com/sts-regional-endpoints: true"), "{out}");
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
fn objects_of_different_groups_with_the_same_kind_and_name_are_not_the_same() {
    let stateful_set = |api_version: &str| {
        format!("apiVersion: {api_version}\nkind: StatefulSet\nmetadata: {{name: a}}\nspec: {{}}\n")
    };
    let input = [stateful_set("apps/v1"), stateful_set("apps.kruise.io/v1beta1")].join("---\n");
    let (code, out, _) = run(&["check", "--fail-on", "warn", "-"], "", &input);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("2 objects checked"), "{out}");
    let input = [stateful_set("apps/v1"), stateful_set("apps/v1beta2")].join("---\n");
    let (code, out, _) = run(&["check", "--fail-on", "warn", "-"], "", &input);
    assert_eq!(code, Some(1), "{out}");
}

#[test]
fn a_custom_resource_whose_kind_ends_with_list_is_skipped() {
    let input =
        format!("apiVersion: example.com/v1\nkind: AllowList\nitems: [10.0.0.0/8]\n---\n{POD}");
    let (code, out, _) = run(&["check", "-"], "", &input);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.ends_with("Skipped: 1 object of kind AllowList.\n"), "{out}");
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
fn custom_resources_are_checked_by_their_templates() {
    const MANIFESTS: &str = include_str!("../custom-resources.yaml");
    const SETTINGS: &str =
        "podTemplates:\n- {group: example.com, kind: Crew, paths: ['spec.members[*].template']}\n";
    let report = |arguments: &[&str]| {
        let (_, out, err) = run(arguments, SETTINGS, MANIFESTS);
        let report: Value =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
        let lines = report["entries"].as_array().unwrap().iter().map(|object| {
            let findings = object["findings"].as_array().unwrap().iter();
            let paths: Vec<_> =
                findings.map(|finding| finding["location"]["path"].as_str().unwrap()).collect();
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
fn items_of_a_list_are_checked_separately() {
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
    let position = &entries[0]["findings"][0]["location"]["position"];
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
