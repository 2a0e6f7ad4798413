//! The page of `--output html` in a headless Chromium: the chain from a workload to the trust policy of its role.
//! `UPDATE_CASES=1` writes `html.txt`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::process::Command;

use policy_testing::{skipped, snapshot};
use serde_json::{Value, json};

const ISSUER: &str = "oidc.example.com";
const ACCOUNT: &str = "111122223333";

/// Prints each chain of the page: class, label and text of each step.
const PRINT: &str = r##"<pre id="chains"></pre><script>
for (const details of document.querySelectorAll("details")) details.open = true;
setTimeout(() => {
  const text = (step, part) => step.querySelector(part).textContent;
  const line = (step) => [step.className || "ok", text(step, "em"), text(step, "span").slice(text(step, "em").length)].join("|");
  document.getElementById("chains").textContent = [...document.querySelectorAll("#objects > li")].map((object) =>
    [[...object.querySelector(".title").childNodes].slice(0, 2).map((part) => part.textContent).join(" "), ...[...object.querySelectorAll(".chain li")].map(line)].join("\n")).join("\n\n");
}, 200);
</script>"##;

fn chromium() -> Option<String> {
    let given = std::env::var("CHROMIUM").ok();
    let names = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    let found = given.into_iter().chain(names).find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        skipped("the html report needs Chromium: set CHROMIUM, or install it");
    }
    found
}

fn role(name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut role = json!({
        "RoleName": name, "Path": "/", "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
            "Condition": {"StringEquals": {
                format!("{ISSUER}:sub"): format!("system:serviceaccount:shop:{name}"),
                format!("{ISSUER}:aud"): "sts.amazonaws.com",
            }},
        }]},
    });
    change(&mut role["AssumeRolePolicyDocument"]["Statement"][0]);
    role
}

/// A role for EKS Pod Identity.
fn agent_role(name: &str, change: impl FnOnce(&mut Value)) -> Value {
    role(name, |statement| {
        *statement = json!({
            "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"Service": "pods.eks.amazonaws.com"},
        });
        change(statement);
    })
}

/// `aws eks describe-pod-identity-association`: the account has the role of the same name.
fn association(name: &str) -> Value {
    json!({"association": {
        "clusterName": "production", "namespace": "shop", "serviceAccount": name, "associationId": format!("a-{name}"),
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "disableSessionTags": false,
    }})
}

/// A service account; with an ARN, it has the annotation.
fn account(name: &str, arn: Option<&str>) -> String {
    let annotations = arn.map(|arn| json!({"eks.amazonaws.com/role-arn": arn}));
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": "shop", "annotations": annotations},
    });
    format!("---\n{account}\n")
}

fn deployment(name: &str, account: &str) -> String {
    let spec = json!({"serviceAccountName": account, "containers": [{"name": "app"}]});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"}, "spec": {"template": {"spec": spec}},
    });
    format!("---\n{deployment}\n")
}

#[test]
fn the_chain_of_each_object_ends_in_aws_and_shows_where_it_breaks() {
    let Some(chromium) = chromium() else { return };
    let equals = |statement: &mut Value, key: &str, value: &str| {
        statement["Condition"]["StringEquals"][format!("{ISSUER}:{key}")] = value.into();
    };
    let roles = [
        role("right", |_| {}),
        role("provider", |one| {
            one["Principal"]["Federated"] =
                format!("arn:aws:iam::{ACCOUNT}:oidc-provider/other.example.com").into();
        }),
        role("subject", |one| equals(one, "sub", "system:serviceaccount:shop:other")),
        role("audience", |one| equals(one, "aud", "vault")),
        role("conditions", |one| {
            one["Condition"]["Null"] = json!({format!("{ISSUER}:amr"): "false"});
        }),
        role("unclear", |one| {
            one["Condition"]["IpAddress"] = json!({"aws:SourceIp": "192.0.2.0/24"});
        }),
        agent_role("agent-right", |_| {}),
        role("agent-service", |_| {}),
        agent_role("agent-actions", |one| one["Action"] = "sts:AssumeRole".into()),
        agent_role("agent-conditions", |one| {
            one["Condition"] =
                json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "other"}});
        }),
        agent_role("agent-unclear", |one| {
            one["Condition"] = json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}});
        }),
    ];
    let associated = ["right", "service", "actions", "conditions", "unclear", "missing"]
        .map(|name| format!("agent-{name}"));
    let mut manifests = String::new();
    for name in ["right", "provider", "subject", "audience", "conditions", "unclear", "missing"] {
        manifests += &account(name, Some(&format!("arn:aws:iam::{ACCOUNT}:role/{name}")));
    }
    manifests += &account("elsewhere", Some("arn:aws:iam::444455556666:role/elsewhere"));
    manifests += &associated.iter().map(|name| account(name, None)).collect::<String>();
    manifests += &account("without", None);
    for (name, account) in
        [("web", "subject"), ("agent", "agent-right"), ("agent-broken", "agent-actions")]
    {
        manifests += &deployment(name, account);
    }

    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("roles.json"), json!({"Roles": roles}).to_string()).unwrap();
    let associations: String =
        associated.iter().map(|name| association(name).to_string()).collect();
    std::fs::write(path("associations.json"), associations).unwrap();
    std::fs::write(path("manifests.yaml"), manifests).unwrap();
    let report = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"))
        .args([
            "check",
            "--roles=roles.json",
            "--roles=associations.json",
            "--issuer=https://oidc.example.com",
            "--output=html",
            "manifests.yaml",
        ])
        .current_dir(directory.path())
        .output()
        .unwrap();
    let page = String::from_utf8(report.stdout).unwrap();
    std::fs::write(path("report.html"), page.replace("</body>", &format!("{PRINT}</body>")))
        .unwrap();
    let output = Command::new(chromium)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ])
        .args(["--disable-background-networking", "--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", path("profile").display()))
        .arg(format!("file://{}", path("report.html").display()))
        .output()
        .unwrap();
    let document = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = document.split_once("<pre id=\"chains\">").unwrap();
    let (chains, _) = rest.split_once("</pre>").unwrap();
    let mut chains: Vec<&str> = chains.trim().split("\n\n").collect();
    chains.sort_unstable();
    snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/html.txt"), &(chains.join("\n\n") + "\n"));
}
