//! Malformed files: each is read as Kubernetes reads it, or the program reports the mistake.
//!
//! `odd_inputs.txt` has the reports. `UPDATE_CASES=1` rewrites it; review the difference.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod program;

use std::fmt::Write as _;
use std::process::Stdio;

use program::{compare, finish, program, run_with};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n";
const JSON_POD: &str =
    r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {}}"#;
/// An account with a finding.
const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  annotations:\n    \
                       eks.amazonaws.com/role-arn: arn:aws:iam::1234:role/api\n";

/// Malformed texts, by name.
type Texts = Vec<(&'static str, String)>;

fn texts_in_yaml() -> Texts {
    let laughs =
        (1..40).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |mut text, number| {
            let before = number - 1;
            let _ = writeln!(
                text,
                "a{number}: &a{number} [*a{before}, *a{before}, *a{before}, *a{before}, *a{before}]"
            );
            text
        });
    vec![
        ("a byte order mark", format!("\u{feff}{ACCOUNT}---\n\u{feff}{POD}")),
        ("line ends of Windows", format!("{ACCOUNT}---\n{POD}").replace('\n', "\r\n")),
        ("a tab as indentation", "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n".to_owned()),
        ("nothing", String::new()),
        ("only comments", "# Pods\n---\n# come later\n".to_owned()),
        ("a NUL byte", format!("{POD}\0")),
        ("a key twice", format!("{POD}spec: {{}}\n")),
        (
            "anchors and aliases",
            "apiVersion: v1\nkind: Pod\nmetadata: &m {name: a}\nspec: {x: *m}\n".to_owned(),
        ),
        ("an alias without an anchor", format!("{POD}x: *missing\n")),
        ("aliases that grow without end", laughs),
        ("deep lists", "[".repeat(100_000)),
        (
            "a quote that is not closed",
            format!("{POD}---\nkind: \"Pod\nmetadata: {{name: \"{{{{ .Values.name }}}}\"}}\n"),
        ),
        (
            "braces in quotes and an error",
            "kind: Pod\nname: \"{{ .Release.Name }}\"\nlabels: [a\nb: c\n".to_owned(),
        ),
        ("a template", "kind: Pod\nname: {{ .Release.Name }}\nlabels: [a\nb: c\n".to_owned()),
        ("a template of Jinja", "kind: Pod\n{% if x %}\nname: a\n{% endif %}\n".to_owned()),
        ("text after a separator", format!("{POD}--- {{kind: Pod}}\n")),
        ("the end of a document", format!("{POD}...\n{POD}")),
        ("a directive", format!("%YAML 1.2\n---\n{POD}")),
        ("an unknown tag", format!("{POD}x: !Ref bucket\n")),
    ]
}

fn texts_without_an_object() -> Texts {
    vec![
        ("a list", "- apiVersion: v1\n  kind: Pod\n".to_owned()),
        ("a text", "Error: INSTALLATION FAILED\n".to_owned()),
        (
            "lists in lists",
            format!(
                "apiVersion: v1\nkind: List\nitems:\n- kind: List\n  apiVersion: v1\n  items: [{JSON_POD}]\n- {JSON_POD}\n- null\n- 7\n"
            ),
        ),
        ("a kind that is a number", "apiVersion: v1\nkind: 1\n".to_owned()),
        ("an object without metadata", "apiVersion: v1\nkind: Pod\nmetadata:\nspec:\n".to_owned()),
        ("a mapping without a kind", "name: values\n".to_owned()),
    ]
}

fn texts_in_json() -> Texts {
    vec![
        ("deep JSON", "{\"a\":".repeat(100_000)),
        ("a list in JSON", format!("[{JSON_POD}, {JSON_POD}]")),
        ("values of JSON without separators", format!("{JSON_POD}\n{JSON_POD} {JSON_POD}\n")),
        ("JSON with comments", "// A pod.\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}".to_owned()),
        (
            "JSON with a comment after a comma",
            "{\"apiVersion\": \"v1\", // The version.\n\"kind\": \"Pod\"}".to_owned(),
        ),
        ("JSON that ends early", "{\"apiVersion\": \"v1\",\n  \"kind\": ".to_owned()),
        ("JSON without a comma", "{\"apiVersion\": \"v1\"\n  \"kind\": \"Pod\"}".to_owned()),
    ]
}

/// Files, with their mistakes.
fn files() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let named = |name: &'static str, texts: Texts| {
        texts.into_iter().map(move |(what, text)| (what, name, text.into_bytes()))
    };
    let utf16 = POD.encode_utf16().flat_map(u16::to_le_bytes);
    let yaml = named("a.yaml", texts_in_yaml()).chain(named("a.yaml", texts_without_an_object()));
    let mut files: Vec<_> = yaml.chain(named("a.json", texts_in_json())).collect();
    files.extend([
        (
            "another encoding",
            "a.yaml",
            [b"# Pods\nname: caf\xe9\n".as_slice(), POD.as_bytes()].concat(),
        ),
        ("UTF-16", "a.yaml", [0xff, 0xfe].into_iter().chain(utf16).collect()),
        ("a compressed file", "chart.tgz", vec![0x1f, 0x8b, 8, 0]),
        ("a picture", "a.yaml", b"\x89PNG\r\n\x1a\n\0\0".to_vec()),
    ]);
    files
}

#[test]
fn each_file_is_read_or_its_mistake_is_reported() {
    let mut reports = String::new();
    for (what, name, bytes) in files() {
        let (code, out, err) = run_with(&["check", name], &[(name, bytes)], "");
        writeln!(reports, "== {what}: exit code {}\n{out}{err}", code.unwrap()).unwrap();
    }
    compare("odd_inputs.txt", &reports);
}

#[test]
fn a_long_line_is_not_shown() {
    let account = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"NAME","annotations":{"eks.amazonaws.com/role-arn":"arn:aws:iam::1234:role/api","x":"PADDING"}}}"#;
    let items: Vec<String> = (0..50)
        .map(|number| {
            account.replace("NAME", &format!("n{number}")).replace("PADDING", &"x".repeat(50_000))
        })
        .collect();
    let list = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, items.join(","));
    for format in ["text", "json", "sarif", "junit", "github", "html"] {
        let (code, out, err) = run_with(&["check", "-o", format, "-"], &[("x", "")], &list);
        assert_eq!(code, Some(1), "{err}");
        assert!(out.len() < 150_000, "{format}: {} bytes", out.len());
    }
    let (_, out, _) = run_with(&["check", "-"], &[("x", "")], &list);
    assert!(out.contains("--> standard input:1:154\n") && !out.contains(" | "), "{out}");
}

#[test]
fn templates_of_charts_are_not_checked_even_if_they_are_yaml() {
    let template = ACCOUNT.replace("arn:aws:iam::1234:role/api", "\"{{ .Values.role }}\"");
    let files = [("chart/Chart.yaml", "name: x\n"), ("chart/templates/sub/a.yaml", &template)];
    for arguments in [
        &["check", "chart"][..],
        &["check", "--quiet", "chart"],
        &["check", "chart/templates/sub/a.yaml"],
        &["check", "chart/templates/*/*.yaml"],
    ] {
        let (code, out, err) = run_with(arguments, &files, "");
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(out.contains("1 Helm chart template"), "{out}");
        assert!(
            err.contains("Note: nothing was checked, because the chart is not rendered"),
            "{err}"
        );
    }
    // Without a chart, it is a manifest.
    let (code, out, _) = run_with(&["check", "chart/templates"], &[files[1]], "");
    assert_eq!(code, Some(1), "{out}");
}

#[test]
fn an_empty_standard_input_is_an_error() {
    let (code, out, _) = run_with(&["check", "-"], &[("x", "")], "");
    assert_eq!(code, Some(2), "{out}");
    assert!(out.contains("standard input is empty; check the command before the pipe"), "{out}");
    let directory = tempfile::tempdir().unwrap();
    let mut closed = program(directory.path(), &["check", "-"]);
    closed.stdin(Stdio::null());
    assert_eq!(finish(closed, "").0, Some(2));
    // A chart can render no objects.
    let (code, out, _) = run_with(&["check", "-"], &[("x", "")], "\n");
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn ten_thousand_files_are_checked() {
    let directory = tempfile::tempdir().unwrap();
    for number in 0..10_000 {
        let name = format!("{}/{number}.yaml", number % 50);
        if number < 50 {
            std::fs::create_dir(directory.path().join(number.to_string())).unwrap();
        }
        std::fs::write(directory.path().join(name), POD).unwrap();
    }
    let (code, out, err) = finish(program(directory.path(), &["check", "--quiet", "."]), "");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("10000 objects checked"), "{out}");
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::{Command, ExitStatus};

    use policy_testing::impossible;

    use super::{ACCOUNT, POD, Stdio, finish, program};

    #[test]
    fn broken_links_are_errors_and_links_to_directories_are_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("sub/a.yaml"), POD).unwrap();
        symlink(at("sub"), at("sub/loop")).unwrap();
        symlink(at("sub"), at("sub/loop.yaml")).unwrap();
        symlink(at("b.yaml"), at("b.yaml")).unwrap();
        symlink(at("missing"), at("c.yaml")).unwrap();
        symlink(at("sub/a.yaml"), at("d.yaml")).unwrap();
        let (code, out, _) = finish(program(directory.path(), &["check", "."]), "");
        assert_eq!(code, Some(2), "{out}");
        assert!(
            out.contains("error: cannot read ./b.yaml: Too many levels of symbolic links"),
            "{out}"
        );
        assert!(out.contains("error: cannot read ./c.yaml: No such file or directory"), "{out}");
        assert!(out.contains("2 objects checked"), "{out}");
        assert!(out.contains("2 files could not be read"), "{out}");
    }

    /// The same program without the capability of root to read all files, if this process can remove it.
    fn without_rights_of_root(program: &Command) -> Option<Command> {
        let setpriv = || {
            let mut command = Command::new("setpriv");
            command.arg("--bounding-set=-dac_override,-dac_read_search");
            command
        };
        setpriv().arg("true").status().ok().filter(ExitStatus::success)?;
        let mut restricted = setpriv();
        restricted.arg(program.get_program()).args(program.get_args());
        restricted.current_dir(program.get_current_dir()?);
        restricted.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Some(restricted)
    }

    #[test]
    fn files_that_may_not_be_read_are_errors_and_the_others_are_checked() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        for name in ["sub/a.yaml", "b.yaml", "c.yaml"] {
            std::fs::write(at(name), POD).unwrap();
        }
        let forbid =
            |name| std::fs::set_permissions(at(name), PermissionsExt::from_mode(0o000)).unwrap();
        forbid("sub");
        forbid("b.yaml");
        let mut program = program(directory.path(), &["check", "."]);
        if File::open(at("b.yaml")).is_ok() {
            let Some(restricted) = without_rights_of_root(&program) else {
                return impossible("root may read all files, and setpriv cannot take that right");
            };
            program = restricted;
        }
        let (code, out, _) = finish(program, "");
        std::fs::set_permissions(at("sub"), PermissionsExt::from_mode(0o700)).unwrap();
        assert_eq!(code, Some(2), "{out}");
        assert!(out.contains("error: cannot read ./b.yaml: Permission denied"), "{out}");
        assert!(out.contains("error: cannot read ./sub: Permission denied"), "{out}");
        assert!(out.contains("1 object checked"), "{out}");
    }

    #[test]
    fn a_reader_that_ends_first_does_not_change_the_exit_code() {
        let input = format!("{ACCOUNT}---\n").repeat(400);
        for format in ["text", "json", "sarif", "junit", "github", "html"] {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("a.yaml"), &input).unwrap();
            let program = program(directory.path(), &["check", "-o", format, "a.yaml"]).spawn();
            let mut program = program.unwrap();
            drop(program.stdout.take());
            let output = program.wait_with_output().unwrap();
            assert_eq!(
                (output.status.code(), output.stderr.as_slice()),
                (Some(1), &b""[..]),
                "{format}"
            );
        }
    }

    #[test]
    fn output_that_cannot_be_written_is_an_error() {
        let Ok(full) = File::options().write(true).open("/dev/full") else {
            return impossible("this system has no /dev/full");
        };
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("a.yaml"), POD).unwrap();
        let check = ["text", "json", "sarif", "junit", "github", "html"]
            .map(|format| vec!["check", "-o", format, "a.yaml"]);
        let others = [
            vec!["man"],
            vec!["completions", "bash"],
            vec!["explain"],
            vec!["explain", "host-network"],
        ];
        for arguments in check.into_iter().chain(others) {
            let mut program = program(directory.path(), &arguments);
            program.stdout(Stdio::from(full.try_clone().unwrap()));
            let (code, _, err) = finish(program, "");
            assert_eq!(code, Some(2), "{arguments:?}: {err}");
            assert!(
                err.starts_with("Error: ") && err.contains("No space left on device"),
                "{arguments:?}: {err}"
            );
        }
    }
}
