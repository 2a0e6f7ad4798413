//! `docs/` agrees with the policy: every finding and every setting is described, its default is correct, and the examples do
//! what the documents claim.
//!
//! An example is a YAML block with its kind in the first line: `# settings` is accepted as settings;
//! in a finding's section, `# before` leads to that finding and `# after` does not, both with the settings
//! of that section.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use aws_pod_identity_core::{FindingKind, Severity, setting_keys, validate_settings};
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::yaml;
use policy_testing::host::fails;
use policy_testing::{ask_library, payload, request};
use serde_json::{Value, json};

use super::path;

#[test]
fn every_finding_has_its_section_and_every_section_its_finding() {
    let text = read("findings.md");
    let found: Vec<&str> = findings(&text).iter().map(|section| section.name).collect();
    let ids: Vec<&str> = FindingKind::ALL.iter().map(|kind| kind.id()).collect();
    let (found_once, known): (BTreeSet<_>, BTreeSet<_>) =
        (found.iter().collect(), ids.iter().collect());
    let missing: Vec<_> = known.difference(&found_once).collect();
    let stale: Vec<_> = found_once.difference(&known).collect();
    assert!(missing.is_empty() && stale.is_empty(), "missing {missing:?}, stale {stale:?}");
    assert_eq!(found.len(), ids.len(), "a finding is described twice");
}

#[test]
fn the_default_severities_are_those_of_the_catalogue() {
    let text = read("findings.md");
    for section in findings(&text) {
        let kind = FindingKind::from_id(section.name).unwrap();
        let default = match kind.default_severity() {
            Severity::Reject => "reject",
            Severity::Warn => "warn",
            Severity::Off => "off",
        };
        let id = section.name;
        assert!(section.text.trim_start().starts_with(&format!("Default: `{default}`")), "{id}");
        assert!(section.text.contains(&format!("`findings: {{{id}: ")), "{id}: how to change it");
        let row = text.lines().find(|line| line.starts_with(&format!("| [`{id}`](#{id}) |")));
        let row = row.unwrap_or_else(|| panic!("{id} is not in the table"));
        assert!(row.contains(&format!("| `{default}`")), "{row}");
    }
}

/// If the document says that a container gets another identity or none, warnings about the finding are before others.
#[test]
fn findings_that_are_said_to_change_the_identity_concern_it() {
    const PHRASES: [&str; 3] = ["role of the node", "node's role", "no AWS identity"];
    let text = read("findings.md");
    let mut count = 0;
    for section in findings(&text) {
        let prose = section.text.split("```").next().unwrap();
        let prose = prose.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        // It only hides other findings about the identity.
        if section.name != "host-network" && PHRASES.iter().any(|phrase| prose.contains(phrase)) {
            let kind = FindingKind::from_id(section.name).unwrap();
            assert!(kind.concerns_identity(), "{}", section.name);
            count += 1;
        }
    }
    assert!(count > 10, "only {count} sections have the phrases");
}

#[test]
fn each_example_of_a_finding_has_it_before_and_not_after() {
    let text = read("findings.md");
    let mut failures = Vec::new();
    for section in findings(&text) {
        let settings = section.example("settings").map_or_else(|| json!({}), parse);
        for (example, expected) in [("before", true), ("after", false)] {
            let manifests = section.example(example);
            let manifests = manifests.unwrap_or_else(|| panic!("{}: {example}", section.name));
            let reported = reported(manifests, &settings);
            if reported.iter().any(|id| id == section.name) != expected {
                failures.push(format!("{}, {example}: {reported:?}", section.name));
            }
            if !expected && !reported.is_empty() {
                failures.push(format!("{}: another finding: {reported:?}", section.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_setting_has_its_section() {
    let text = read("settings.md");
    let sections = sections(&text);
    let documented: Vec<&str> = sections.iter().map(|section| section.name).collect();
    let known: Vec<_> = setting_keys().iter().map(|key| key.name).collect();
    assert_eq!(documented, known, "in the order of the module");
    for key in setting_keys() {
        let section = sections.iter().find(|section| section.name == key.name).unwrap();
        for below in key.below {
            let row = format!("\n| `{}` |", below.name);
            assert!(section.text.contains(&row), "{}.{} is not in its table", key.name, below.name);
        }
    }
}

#[test]
fn every_example_of_settings_is_accepted() {
    let mut count = 0;
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        for block in blocks(&text) {
            let block = &without_indentation(block);
            let settings = if block.starts_with("# settings\n") {
                parse(block)
            } else if block.contains("kind: ClusterAdmissionPolicy") {
                parse(block)["spec"]["settings"].clone()
            } else {
                continue;
            };
            let answer = validate_settings(settings.to_string().as_bytes());
            let answer = String::from_utf8(answer).unwrap();
            assert_eq!(answer, "{\"valid\":true}", "{}:\n{block}", file.display());
            count += 1;
        }
    }
    assert!(count > 20, "only {count} examples found");
}

/// The pod of the service account `api`, as the policy changes it.
fn injected(settings: &Value) -> Value {
    let role = "arn:aws:iam::111122223333:role/payments-api";
    let account = json!({"kind": "ServiceAccount",
        "metadata": {"name": "api", "annotations": {"eks.amazonaws.com/role-arn": role}}});
    let cluster = Cluster::new().with(complete(account));
    let request = request("CREATE", &complete(json!({"kind": "Pod"})), None);
    let response = ask_library(&payload(&request, settings), &cluster).response();
    response.mutated_object.unwrap()
}

#[test]
fn the_page_about_injection_has_the_variables_in_their_order_and_the_volume() {
    let text = read("injection.md");
    let section = text.split("\n## What each container gets\n").nth(1).unwrap();
    let rows = section.split("\n| variable |").nth(1).unwrap().lines().skip(2);
    let rows = rows.take_while(|line| line.starts_with("| `"));
    let documented = rows.flat_map(|row| {
        let cell = row.split(" | ").next().unwrap();
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    });
    let documented: Vec<String> = documented.collect();
    let web_identity = json!({"region": "eu-central-1", "stsRegionalEndpoints": true,
        "stsEndpointUrl": "https://sts.example.com", "sessionName": "podName",
        "disableInstanceMetadata": true});
    let mut container_credentials = web_identity.clone();
    container_credentials["containerCredentials"] =
        json!({"identities": [{"namespace": "payments", "serviceAccount": "api"}]});
    let mut found = BTreeSet::new();
    for settings in [&web_identity, &container_credentials] {
        let pod = injected(settings);
        let variables = pod["spec"]["containers"][0]["env"].as_array().unwrap();
        let names = variables.iter().map(|variable| variable["name"].as_str().unwrap());
        let names: Vec<&str> = names.collect();
        let in_order = documented.iter().filter(|name| names.contains(&name.as_str()));
        assert_eq!(in_order.collect::<Vec<_>>(), names);
        found.extend(names.into_iter().map(str::to_owned));
    }
    assert_eq!(found, documented.into_iter().collect(), "each is injected in one of the cases");

    let section = text.split("\n## What the pod gets\n").nth(1).unwrap();
    assert_eq!(parse(blocks(section)[0]), injected(&json!({}))["spec"]["volumes"]);
}

#[test]
fn the_messages_about_lookups_are_those_of_the_policy() {
    let text = read("operations.md");
    let table = text.split("Messages about lookups start with").nth(1).unwrap();
    let rows = table.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    let refusals = [
        "ApiError: serviceaccounts \"api\" is forbidden: User \"x\" cannot get resource",
        "Policy has not been granted access to Kubernetes v1/ServiceAccount resources",
        "Policy has not been granted access to the 'kubernetes/get_resource' host capability",
        "ServiceError: client error (Connect): Connection refused",
    ];
    assert_eq!(rows.len(), refusals.len());
    for (row, refusal) in rows.iter().zip(refusals) {
        let quoted = row.trim_start_matches("| ").split(" | ").next().unwrap();
        let pod = complete(json!({"kind": "Pod"}));
        let request = request("CREATE", &pod, None);
        let response = ask_library(&payload(&request, &json!({})), &fails(refusal)).response();
        let message = response.message.unwrap();
        assert!(message.starts_with("cannot look up ServiceAccount payments/api: "), "{message}");
        for part in quoted.split('…').map(str::trim) {
            assert!(message.contains(part), "{quoted}: {message}");
        }
    }
}

#[test]
fn every_page_is_in_the_table_of_contents_of_the_site() {
    let summary = read("SUMMARY.md");
    for file in files() {
        let name = file.file_name().unwrap().to_str().unwrap();
        let listed = summary.matches(&format!("]({name})")).count();
        assert_eq!(listed, usize::from(name != "SUMMARY.md"), "docs/SUMMARY.md: {name}");
    }
}

/// The documents of other directories.
fn others() -> Vec<PathBuf> {
    let root = path("");
    let chart = root.join("charts/aws-pod-identity-policy/README.md");
    let mut found = vec![chart, root.join("cases/README.md")];
    for entry in root.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

#[test]
fn links_between_the_documents_have_a_target() {
    for file in files().into_iter().chain(others()) {
        let text = fs::read_to_string(&file).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let link = link.split_once(" \"").map_or(link, |(target, _title)| target);
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { file.clone() } else { file.with_file_name(path) };
            let text = fs::read_to_string(&target);
            assert!(target.exists(), "{}: {link}", file.display());
            if !anchor.is_empty() {
                let text = text.unwrap();
                let found = text.lines().filter(|line| line.starts_with('#')).map(anchor_of);
                let explicit = text.contains(&format!("<a id=\"{anchor}\">"));
                let is_known = explicit || found.into_iter().any(|of| of == anchor);
                assert!(is_known, "{}: {link}", file.display());
            }
        }
    }
}

#[test]
fn files_and_make_targets_in_the_documents_exist() {
    let makefile = fs::read_to_string(path("Makefile")).unwrap();
    let (mut paths, mut targets) = (0, 0);
    for file in files().into_iter().chain(others()) {
        let text = fs::read_to_string(&file).unwrap();
        for code in text.replace("```", "").split('`').skip(1).step_by(2) {
            let is_pattern = code.contains([' ', '*', '<', '{', '…', '$']);
            let first = code.split_once('/').map_or("", |(first, _)| first);
            if !is_pattern && !first.is_empty() && path(first).is_dir() && first != "target" {
                paths += 1;
                assert!(path(code).exists(), "{}: {code}", file.display());
            }
            for words in code.split("make ").skip(1) {
                let end = |c: char| {
                    !c.is_ascii_lowercase() && !c.is_ascii_digit() && !matches!(c, '-' | '.')
                };
                let target = words.split(end).next().unwrap_or_default();
                targets += 1;
                let is_target = makefile.contains(&format!("\n{target}:"));
                assert!(is_target, "{}: make {target}", file.display());
            }
        }
    }
    assert!(paths > 50 && targets > 20, "{paths} paths, {targets} targets");
}

/// The anchor of a heading on GitHub.
fn anchor_of(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'))
        .map(|character| if character == ' ' { '-' } else { character })
        .collect()
}

/// The text below a heading that is one name: `` ## `name` ``.
struct Section<'t> {
    name: &'t str,
    text: &'t str,
}

impl<'t> Section<'t> {
    /// The YAML block that starts with `# <kind>`.
    fn example(&self, kind: &str) -> Option<&'t str> {
        blocks(self.text).into_iter().find_map(|block| {
            block.strip_prefix("# ")?.strip_prefix(kind)?.starts_with('\n').then_some(block)
        })
    }
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let parts = text.split("\n## `").skip(1);
    let parts = parts.map(|part| {
        let (name, text) = part.split_once("`\n").expect("a heading that is one name");
        Section { name, text: text.split("\n## ").next().unwrap_or_default() }
    });
    parts.collect()
}

/// The sections of the findings of the catalogue.
fn findings(text: &str) -> Vec<Section<'_>> {
    let (catalogue, _) = text.split_once("\n# Reported by the program only\n").unwrap();
    sections(catalogue)
}

/// The contents of the fenced blocks of YAML.
fn blocks(text: &str) -> Vec<&str> {
    text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// A block without the indentation that it has in a list.
fn without_indentation(block: &str) -> String {
    let width = block.len() - block.trim_start_matches(' ').len();
    block.split_inclusive('\n').map(|line| line.get(width..).unwrap_or(line)).collect()
}

fn docs() -> PathBuf {
    path("docs")
}

fn read(name: &str) -> String {
    fs::read_to_string(docs().join(name)).unwrap()
}

fn files() -> Vec<PathBuf> {
    let entries = docs().read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    files
}

/// Reads a block as `kubectl` does.
fn parse(text: &str) -> Value {
    yaml::manifest(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// The IDs of the findings in the manifests of an example. Members that every manifest has are added, and so are the service
/// accounts `api`, which has a role, and `worker` and `default`, which have none.
fn reported(manifests: &str, settings: &Value) -> BTreeSet<String> {
    let account =
        |name: &str| complete(json!({"kind": "ServiceAccount", "metadata": {"name": name}}));
    let mut api = account("api");
    let role = "arn:aws:iam::111122223333:role/payments-api";
    api["metadata"]["annotations"] = json!({"eks.amazonaws.com/role-arn": role});
    let mut cluster = Cluster::new().with(api).with(account("worker")).with(account("default"));
    let manifests: Vec<Value> =
        manifests.split("\n---\n").map(|document| complete(parse(document))).collect();
    for manifest in &manifests {
        if manifest["kind"] != "Pod" {
            cluster.insert(manifest.clone());
        }
    }
    let evaluated = manifests.iter().filter(|manifest| manifest["kind"] != "ConfigMap");
    let evaluated = evaluated.flat_map(|manifest| {
        let request = request("CREATE", manifest, None);
        let response = ask_library(&payload(&request, settings), &cluster).response();
        let audit = serde_json::to_value(&response.audit_annotations).unwrap();
        let ids = audit["findings"].as_str().unwrap_or_default().to_owned();
        ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    });
    evaluated.collect()
}

fn complete(mut manifest: Value) -> Value {
    manifest["apiVersion"] = json!("v1");
    if manifest["metadata"]["name"].is_null() {
        manifest["metadata"]["name"] = json!("api");
    }
    if manifest["metadata"]["namespace"].is_null() {
        manifest["metadata"]["namespace"] = json!("payments");
    }
    if manifest["kind"] == "Pod" {
        let spec = &mut manifest["spec"];
        if spec["serviceAccountName"].is_null() {
            spec["serviceAccountName"] = json!("api");
        }
        if spec["containers"].is_null() {
            spec["containers"] = json!([{"name": "api"}]);
        }
    }
    manifest
}
