//! The program as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod accounts;
mod input;
mod paths;
mod policies;
#[path = "../program/mod.rs"]
mod program;
mod report;

use program::run_with;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n";
/// A pod with the service account of [`ACCOUNT`].
const USES_API: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccountName: api, containers: [{name: c}]}\n";
const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  annotations:\n    \
                       eks.amazonaws.com/role-arn: 1234\n";

/// Runs the program in an empty directory that holds `settings.yaml`, with `input` on its standard input. Returns the exit
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
fn the_text_says_how_to_fail_on_warnings_if_there_are_only_warnings() {
    const HINT: &str =
        "Warnings do not change the exit code; use --fail-on warn to exit with 1 for them.\n";
    let account = ACCOUNT.replace("1234", "arn:aws:iam::111122223333:role/api");
    let warned =
        USES_API.replace("name: c", "name: c, env: [{name: AWS_REGION, value: eu_west_1}]");
    let warned = format!("{account}---\n{warned}");
    let rejected = format!(
        "{warned}---\n{}",
        account.replace("name: api", "name: b").replace("111122223333", "1")
    );
    let unread = format!("{warned}---\na: [1\n");
    for (input, arguments, code, expected) in [
        (&warned, &[][..], 0, true),
        (&warned, &["--quiet"], 0, true),
        (&warned, &["--fail-on=warn"], 1, false),
        (&warned, &["--fail-on=never"], 0, false),
        (&warned, &["--output=github"], 0, false),
        (&rejected, &[], 1, false),
        (&unread, &[], 2, false),
    ] {
        let (found, out, err) = run(&[&["check", "-"], arguments].concat(), "", input);
        assert_eq!(found, Some(code), "{arguments:?}: {out}{err}");
        assert_eq!(out.contains(HINT), expected, "{arguments:?}: {out}");
        assert_eq!(out.contains("--fail-on"), expected, "{arguments:?}: {out}");
    }
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
    let (_, out, _) = run(&["explain", "sts-endpoint-not-aws"], "", "");
    assert!(out.ends_with("minio.storage.svc:9000\"}\n```\n"), "{out}");
    let words: Vec<&str> = out.split_ascii_whitespace().collect();
    assert!(words.join(" ").contains("the setting `stsEndpointUrl`. The finding"), "{out}");
    let (code, out, _) = run(&["explain", "duplicate-object"], "", "");
    assert_eq!(code, Some(0));
    assert!(out.starts_with("duplicate-object\nan object is in a file twice\n"), "{out}");
    let (code, _, err) = run(&["explain", "role-arn-malfromed"], "", "");
    assert_eq!(code, Some(2));
    assert!(err.contains("did you mean role-arn-malformed?"), "{err}");
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let (_, out, _) = run(&["completions", "bash"], "", "");
    assert!(out.contains("--from-policy"), "{out}");
    let (_, out, _) = run(&["man"], "", "");
    for part in
        [".TH aws-pod-identity", "cluster\\-state", "TRUST EXPORT", "helm template my\\-release"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
}
