//! The files of a release agree with each other.

use std::process::Command;

use aws_pod_identity_core as core;
use aws_pod_identity_kubernetes::yaml;
use serde_json::Value;

use super::{document, path, read};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The policies of `deploy/`, the one that injects first.
const POLICIES: [&str; 3] = [
    "deploy/policy/aws-pod-identity.yaml",
    "deploy/policy/aws-pod-identity-checks.yaml",
    "deploy/pod-templates/aws-pod-identity-pod-templates.yaml",
];

#[test]
fn all_files_name_the_version_of_the_module() {
    assert_eq!(document("metadata.yml")["annotations"]["io.kubewarden.policy.version"], VERSION);
    let package = document("artifacthub-pkg.yml");
    assert_eq!(package["version"], VERSION);
    let image = package["containersImages"][0]["image"].as_str().unwrap();
    assert!(image.ends_with(&format!(":v{VERSION}")), "{image}");
}

#[test]
fn links_and_commands_name_the_version_of_the_module() {
    let others = [
        "deploy/kustomization.yaml",
        "deploy/policy-server/kustomization.yaml",
        "deploy/monitoring/kustomization.yaml",
        "deploy/role-map/kustomization.yaml",
        "deploy/pod-templates/kustomization.yaml",
        "charts/aws-pod-identity-policy/Chart.yaml",
        "charts/aws-pod-identity-policy/README.md",
        "charts/aws-pod-identity-policy/values.yaml",
        "deploy/role-trust/kustomization.yaml",
        "docs/operations.md",
        "docs/install.md",
        "docs/ci.md",
        "artifacthub-pkg.yml",
    ];
    for file in others.into_iter().chain(POLICIES) {
        let text = read(file);
        let versions = text.split([':', '/', '=', ' ', '@', '\n']).filter(|word| {
            let number = word.strip_prefix('v').unwrap_or_default();
            number.split('.').count() == 3
                && number.starts_with(|first: char| first.is_ascii_digit())
        });
        let versions: Vec<_> = versions.collect();
        assert!(!versions.is_empty(), "{file}");
        let expected = format!("v{VERSION}");
        assert!(versions.iter().all(|version| *version == expected), "{file}: {versions:?}");
    }
}

#[test]
fn commands_install_the_chart_of_this_version() {
    let mut count = 0;
    for file in ["docs/start.md", "docs/install.md", "charts/aws-pod-identity-policy/README.md"] {
        let text = read(file);
        for before in ["--version ", "targetRevision: ", "\n  version: "] {
            for rest in text.split(before).skip(1) {
                let version = rest.split([' ', '\n']).next().unwrap();
                assert_eq!(version, VERSION, "{file}: {before}");
                count += 1;
            }
        }
    }
    assert!(count >= 6, "only {count} places");
    let archive = format!(" aws-pod-identity-policy-{VERSION}.tgz ");
    assert!(read("docs/install.md").contains(&archive), "{archive}");
}

#[test]
fn images_of_the_program_have_the_version_of_the_module() {
    let image = "ghcr.io/aws-pod-identity-policy/aws-pod-identity:";
    for (file, count) in [
        ("docs/audit.md", 1),
        ("docs/ci.md", 1),
        ("deploy/role-trust/cronjob.yaml", 1),
        (".pre-commit-hooks.yaml", 1),
    ] {
        let text = read(file);
        let tags = text.split(image).skip(1);
        let tags: Vec<&str> = tags.filter_map(|rest| rest.split([' ', '\n']).next()).collect();
        assert_eq!(tags, vec![VERSION; count], "{file}");
    }
}

#[test]
fn the_deployed_policies_use_the_published_module() {
    let published = document("metadata.yml")["annotations"]["io.kubewarden.policy.ociUrl"].clone();
    let published = published.as_str().unwrap();
    for file in POLICIES {
        let deployed = document(file)["spec"]["module"].clone();
        assert_eq!(deployed, format!("registry://{published}:v{VERSION}"), "{file}");
    }
    let package = document("artifacthub-pkg.yml");
    assert_eq!(package["containersImages"][0]["image"], format!("{published}:v{VERSION}"));
}

#[test]
fn the_deployed_policies_together_have_the_rules_of_the_metadata() {
    let metadata = document("metadata.yml");
    let mut rules = Vec::new();
    // The one for custom resources is optional.
    for file in &POLICIES[..2] {
        let spec = document(file)["spec"].clone();
        rules.extend(spec["rules"].as_array().unwrap().clone());
        assert_eq!(spec["contextAwareResources"], metadata["contextAwareResources"], "{file}");
    }
    assert_eq!(Value::from(rules), metadata["rules"]);
}

#[test]
fn the_mutating_policy_has_the_rule_for_new_pods_only() {
    assert_eq!(document("metadata.yml")["mutating"], true);
    for file in POLICIES {
        let spec = document(file)["spec"].clone();
        for rule in spec["rules"].as_array().unwrap() {
            let of_pods = rule["resources"].as_array().unwrap().contains(&"pods".into());
            assert_eq!(spec["mutating"], of_pods, "{file}: {rule}");
            let only_create = rule["operations"] == serde_json::json!(["CREATE"]);
            assert_eq!(spec["mutating"], only_create, "{file}: {rule}");
        }
    }
}

#[test]
fn only_the_injection_fails_closed() {
    let failure_policies = POLICIES.map(|file| document(file)["spec"]["failurePolicy"].clone());
    assert_eq!(failure_policies, ["Fail", "Ignore", "Ignore"]);
}

/// Kubewarden refuses a longer evaluation than the webhook's time limit. With a shorter one, the policy server
/// would reject requests that `failurePolicy: Ignore` should admit.
#[test]
fn the_time_limit_of_an_evaluation_is_that_of_the_webhook() {
    for file in POLICIES {
        let spec = document(file)["spec"].clone();
        assert!(spec["timeoutSeconds"].is_u64(), "{file}");
        assert_eq!(spec["timeoutEvalSeconds"], spec["timeoutSeconds"], "{file}");
    }
}

#[test]
fn both_policies_exclude_the_same_namespaces() {
    let [injection, checks, _] = POLICIES.map(document);
    assert_eq!(injection["spec"]["namespaceSelector"], checks["spec"]["namespaceSelector"]);
}

#[test]
fn the_package_for_artifact_hub_has_the_rules_of_the_metadata() {
    let metadata = document("metadata.yml");
    let package = document("artifacthub-pkg.yml")["annotations"].clone();
    for key in ["rules", "contextAwareResources"] {
        let shown = package[format!("kubewarden/{key}")].as_str().unwrap();
        assert_eq!(yaml::settings(shown).unwrap(), metadata[key], "{key}");
    }
}

#[test]
fn both_names_of_the_artifact_hub_file_have_the_same_content() {
    assert_eq!(read("artefacthub-pkg.yml"), read("artifacthub-pkg.yml"));
}

#[test]
fn the_questions_of_the_user_interface_are_settings_with_their_defaults() {
    let questions = document("questions-ui.yml")["questions"].clone();
    for question in questions.as_array().unwrap() {
        let variable = question["variable"].as_str().unwrap();
        let default = question.get("default").unwrap_or(&Value::Null);
        let settings = serde_json::json!({variable: default});
        assert_valid(&settings);
        for option in question["options"].as_array().into_iter().flatten() {
            let settings = serde_json::json!({variable: option});
            assert_valid(&settings);
        }
    }
}

/// The words of the type in the table of docs/settings.md, and the type of the question in Rancher's form.
const TYPES: [(&str, &str); 9] = [
    ("DNS subdomain", "string"),
    ("string", "string"),
    ("absolute path", "string"),
    ("AWS region", "string"),
    ("integer", "int"),
    ("boolean", "boolean"),
    ("object", "map["),
    ("list of", "sequence["),
    ("map of", "map["),
];

#[test]
fn every_setting_has_a_question_of_its_type() {
    let documented = read("docs/settings.md");
    let questions = document("questions-ui.yml")["questions"].clone();
    let mut count = 0;
    for row in documented.lines().filter(|line| line.starts_with("| [`")) {
        let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let key = cells[0].split('`').nth(1).unwrap();
        let of_key = |question: &&Value| question["variable"] == key;
        let question = questions.as_array().unwrap().iter().find(of_key);
        let question = question.unwrap_or_else(|| panic!("questions-ui.yml has no question {key}"));
        let expected = TYPES.iter().find(|(words, _)| cells[1].starts_with(words));
        let expected = expected.map_or("enum", |(_, name)| name);
        assert_eq!(question["type"], expected, "{key}: {}", cells[1]);
        if expected == "enum" {
            let values: Vec<&str> = cells[1].split('`').skip(1).step_by(2).collect();
            assert_eq!(question["options"], serde_json::json!(values), "{key}");
        }
        // The keys of an object or of the entries of a list are questions, too.
        let section = documented.split(&format!("\n## `{key}`\n")).nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let in_table = section.split("\n| key |").nth(1).unwrap_or_default();
        let in_table = in_table.lines().skip(2).take_while(|line| line.starts_with("| `"));
        let keys: Vec<&str> = in_table.map(|line| line.split('`').nth(1).unwrap()).collect();
        let of_object = question["subquestions"].as_array();
        let of_list = question["sequence_questions"].as_array();
        let asked: Vec<&str> = of_object
            .or(of_list)
            .into_iter()
            .flatten()
            .map(|question| {
                let variable = question["variable"].as_str().unwrap();
                if of_object.is_none() {
                    variable
                } else {
                    variable.strip_prefix(key).and_then(|rest| rest.strip_prefix('.')).unwrap()
                }
            })
            .collect();
        assert_eq!(asked, keys, "{key}");
        count += 1;
    }
    assert_eq!(count + 1, questions.as_array().unwrap().len(), "and the description");
}

/// The parts that `kwctl scaffold artifacthub` copies from other files. e2e.bats compares the complete file, with kwctl.
#[test]
fn the_package_for_artifact_hub_is_not_stale() {
    let annotations = document("metadata.yml")["annotations"].clone();
    let package = document("artifacthub-pkg.yml");
    assert_eq!(package["description"], annotations["io.kubewarden.policy.description"]);
    assert_eq!(package["displayName"], annotations["io.artifacthub.displayName"]);
    let shown = package["annotations"]["kubewarden/questions-ui"].as_str().unwrap();
    assert_eq!(shown.trim_end(), read("questions-ui.yml").trim_end(), "make artifacthub-pkg.yml");
}

/// The line is `CHART_VERSION=6.0.2 # Kubewarden 1.37.2`.
#[test]
fn documents_and_the_policy_server_have_the_version_of_kubewarden_that_the_cluster_tests_use() {
    let script = read("scripts/cluster/kind.sh");
    let line = script.lines().find_map(|line| line.strip_prefix("CHART_VERSION=")).unwrap();
    let (chart, kubewarden) = line.split_once(" # Kubewarden ").unwrap();
    let page = read("docs/start.md");
    assert!(page.contains(&format!("`admission-controller` ({chart} ")), "{chart}");
    let image = document("deploy/policy-server/policy-server.yaml")["spec"]["image"].clone();
    assert!(image.as_str().unwrap().ends_with(&format!("/policy-server:v{kubewarden}")), "{image}");
    let minor = kubewarden.rsplit_once('.').unwrap().0;
    let versions = read("docs/compatibility.md");
    assert!(versions.contains(&format!("tested with 1.36 and {minor} |")), "{minor}");
}

#[test]
fn the_readme_of_the_module_has_no_relative_links() {
    let script = path("scripts/absolute-links.sh");
    let output = Command::new(script).arg(path("README.md")).arg(VERSION).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let links: Vec<&str> =
        text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.iter().all(|link| link.contains("://") || link.starts_with('#')), "{links:?}");
    let tag = format!("{}/blob/v{VERSION}/", env!("CARGO_PKG_REPOSITORY"));
    let to_files: Vec<_> = links.iter().filter_map(|link| link.strip_prefix(&tag)).collect();
    assert!(to_files.len() > 5, "{links:?}");
    for file in to_files {
        let file = file.split('#').next().unwrap();
        assert!(path(file).exists(), "{file}");
    }
}

#[track_caller]
fn assert_valid(settings: &Value) {
    let answer = core::validate_settings(settings.to_string().as_bytes());
    assert_eq!(String::from_utf8(answer).unwrap(), "{\"valid\":true}", "{settings}");
}

#[test]
fn the_metadata_names_the_host_capability() {
    let metadata = document("metadata.yml");
    assert_eq!(metadata["hostCapabilities"], serde_json::json!(["kubernetes/get_resource"]));
}
