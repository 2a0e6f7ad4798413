//! The contents of reports, and values that reports do not show.

use serde_json::Value;

use super::{ACCOUNT, USES_API, run};

#[test]
fn a_finding_is_shown_with_the_line_that_causes_it() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let (_, out, _) = run(&["check", "-"], "", &format!("# comment\n---\n{account}"));
    let frame = " --> standard input:8:33\n  |\n8 |     eks.amazonaws.com/role-arn: arn:aws:iam::1234:role/api\n  \
                 |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^\n";
    assert!(out.contains(frame), "{out}");
}

#[test]
fn invisible_characters_of_names_are_escaped_in_all_formats() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\\u200Bb\\u061Cc\"}\nspec: {serviceAccountName: no}\n";
    for (format, expected) in [
        ("text", r"a\u{200b}b\u{61c}c"),
        ("junit", r"a\u{200b}b\u{61c}c"),
        ("github", r"a\u{200b}b\u{61c}c"),
        ("sarif", r"a\\u{200b}b\\u{61c}c"),
        ("html", r"a\\u{200b}b\\u{61c}c"),
        // Programs get the name itself.
        ("json", r"a\u200bb\u061cc"),
    ] {
        let (_, out, err) = run(&["check", "--output", format, "--diff", "-"], "", pod);
        assert!(out.contains(expected), "{format}: {out}{err}");
        assert!(!out.contains(['\u{200b}', '\u{61c}']), "{format}: {out}");
    }
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
fn the_role_of_a_pod_is_shown_whether_it_is_injected_or_not() {
    const ROLE: &str = "arn:aws:iam::111122223333:role/api";
    let account = ACCOUNT.replace("1234", ROLE);
    let with_identity = "containers:
  - name: c
    env:
    - {name: AWS_ROLE_ARN, value: THE_ARN}
    - {name: AWS_WEB_IDENTITY_TOKEN_FILE, value: DIRECTORY/token}
    volumeMounts: [{name: aws-iam-token, mountPath: DIRECTORY}]
  volumes: [{name: aws-iam-token, projected: {sources: [{serviceAccountToken: {path: token, audience: sts.amazonaws.com}}]}}]
"
    .replace("DIRECTORY", "/var/run/secrets/eks.amazonaws.com/serviceaccount")
    .replace("THE_ARN", ROLE);
    let region = "    - {name: AWS_REGION, value: eu_west_1}\n    volumeMounts";
    for (containers, verdict, shown) in [
        ("containers: [{name: c}]\n".to_owned(), "injected ", true),
        (with_identity.clone(), "unchanged", true),
        (with_identity.replace("    volumeMounts", region), "warned   ", true),
        ("containers: []\n".to_owned(), "unchanged", false),
    ] {
        let pod = format!("serviceAccountName: api\n  {containers}");
        let pod = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  {pod}");
        let (_, out, err) = run(&["check", "-"], "", &format!("{account}---\n{pod}"));
        let note = if shown { format!("  ({ROLE} in c)") } else { String::new() };
        assert!(out.contains(&format!("  {verdict}  Pod default/a{note}\n")), "{out}{err}");
    }
}

#[test]
fn a_diff_names_the_pod_whose_lines_it_shows() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::111122223333:role/api");
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {serviceAccountName: api, \
               containers: [{name: c}]}}}\n";
    let (_, out, err) = run(&["check", "--diff", "-"], "", &format!("{account}---\n{job}"));
    let heading = "      --- Pod default/a-*, before injection\n      +++ Pod default/a-*, after injection\n      @@ ";
    assert!(out.contains(heading), "{out}{err}");
}

#[test]
fn files_and_documents_that_could_not_be_read_are_counted_separately() {
    for (paths, input, unread) in [
        (&["-"][..], USES_API, None),
        (&["-"], "a: [1", Some("1 document")),
        (&["nosuch"], "", Some("1 file")),
        (&["nosuch", "neither", "-"], "a: [1", Some("2 files and 1 document")),
    ] {
        for format in ["text", "github"] {
            let arguments = [&["check", "--output", format][..], paths].concat();
            let (_, out, err) = run(&arguments, "", input);
            match unread {
                Some(unread) => {
                    assert!(out.contains(&format!("{unread} could not be read.")), "{out}{err}");
                }
                None => assert!(!out.contains("could not be read"), "{out}{err}"),
            }
        }
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
