//! The component deploy/role-trust, as kubectl renders it.

use std::path::Path;
use std::process::Command;

use aws_pod_identity_core::validate_settings;
use aws_pod_identity_kubernetes::yaml;
use policy_testing::skipped;
use serde_json::{Value, json};

use super::{path, read};

const KUSTOMIZATION: &str = "deploy/role-trust/kustomization.yaml";
const URL: &str = "https://github.com/aws-pod-identity-policy/aws-pod-identity-policy//deploy";

/// The path from a directory to one of the repository: kustomize does not read absolute paths.
fn relative(from: &Path, to: &str) -> String {
    let from = from.canonicalize().unwrap();
    let up = "../".repeat(from.components().count() - 1);
    format!(
        "{up}{}",
        path(to).canonicalize().unwrap().display().to_string().trim_start_matches('/')
    )
}

/// The example in the comment of the component, with this repository in place of its address, and with deploy/ itself.
fn example(directory: &Path) -> String {
    let text = read(KUSTOMIZATION);
    let example: String = text
        .lines()
        .map_while(|line| line.strip_prefix('#'))
        .filter_map(|line| line.strip_prefix("   "))
        .filter(|line| !line.starts_with("kubectl "))
        .fold(String::new(), |text, line| text + line + "\n");
    let lines = example.lines().map(|line| match line.split_once(URL) {
        Some((before, _)) => format!("{before}{}\n", relative(directory, "deploy/role-trust")),
        None => format!("{line}\n"),
    });
    format!("resources: [{}]\n{}", relative(directory, "deploy"), lines.collect::<String>())
}

fn object<'o>(objects: &'o [Value], kind: &str, name: &str) -> &'o Value {
    let found =
        objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

#[test]
fn the_example_of_the_component_renders_all_objects_for_the_policy_and_the_cron_job() {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        return skipped("the rendering of deploy/role-trust needs kubectl on PATH");
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("role-trust");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("kustomization.yaml"), example(&directory)).unwrap();
    let output = Command::new("kubectl").arg("kustomize").arg(&directory).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let objects: Vec<Value> =
        text.split("\n---\n").map(|document| yaml::settings(document).unwrap()).collect();

    let policies: Vec<_> =
        objects.iter().filter(|object| object["kind"] == "ClusterAdmissionPolicy").collect();
    assert!(policies.len() >= 4);
    for policy in policies {
        let settings = &policy["spec"]["settings"];
        assert_eq!(settings["roleTrust"], json!({"namespace": "kubewarden"}));
        let answer = String::from_utf8(validate_settings(settings.to_string().as_bytes())).unwrap();
        assert_eq!(answer, "{\"valid\":true}");
    }
    let source = &object(&objects, "ConfigMap", "aws-role-trust-source")["data"];
    assert_eq!(source["region"], "eu-west-1");
    assert_eq!(source["issuer"], "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE");
    // Applying it again must not remove what the CronJob wrote.
    assert_eq!(object(&objects, "ConfigMap", "aws-role-trust")["data"], Value::Null);

    let job = object(&objects, "CronJob", "aws-role-trust");
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let containers = ["initContainers", "containers"].map(|list| pod[list].as_array().unwrap());
    let volumes: Vec<_> =
        pod["volumes"].as_array().unwrap().iter().map(|volume| &volume["name"]).collect();
    for container in containers.into_iter().flatten() {
        let name = &container["name"];
        for mount in container["volumeMounts"].as_array().unwrap() {
            assert!(volumes.contains(&&mount["name"]), "{name}: {mount}");
        }
        for variable in container["env"].as_array().into_iter().flatten() {
            let reference = &variable["valueFrom"]["configMapKeyRef"];
            if let Some(key) = reference["key"].as_str() {
                assert_eq!(reference["name"], "aws-role-trust-source");
                assert!(source[key].is_string(), "{name}: {key}");
            }
        }
        // Images have versions, so that a CronJob does not change without an edit.
        let image = container["image"].as_str().unwrap();
        let (_, tag) = image.rsplit_once(':').unwrap();
        assert!(tag != "latest" && !tag.contains('/'), "{image}");
        if image.contains("/aws-pod-identity:") {
            assert_eq!(
                tag,
                env!("CARGO_PKG_VERSION"),
                "the tag that the release workflow gives it"
            );
        }
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{name}");
    }
    let account = object(&objects, "ServiceAccount", "aws-role-trust");
    assert_eq!(pod["serviceAccountName"], account["metadata"]["name"]);
}
