//! The files that the paths of `check` name.

use super::POD;
use super::program::run_with;

fn check(arguments: &[&str], files: &[(&str, &str)]) -> String {
    let (code, out, err) = run_with(&[&["check"], arguments].concat(), files, "");
    assert_eq!(code, Some(0), "{arguments:?}: {out}{err}");
    out
}

#[test]
fn a_file_that_several_paths_name_is_checked_once() {
    let files = [("dir/pod.yaml", POD), ("dir/a/values.yaml", "x: 1\n")];
    for paths in [
        &["dir/pod.yaml", "dir/pod.yaml"][..],
        &["dir/pod.yaml", "./dir/a/../pod.yaml"],
        &["dir", "dir/pod.yaml"],
        &["dir/*.yaml", "dir/pod.yaml"],
        &["dir", "dir/a", "./dir"],
    ] {
        let out = check(&[&["--fail-on=warn"], paths].concat(), &files);
        assert!(out.contains("1 object checked: 0 rejected, 0 warned"), "{paths:?}: {out}");
        let skipped = out.contains("Skipped: 1 file without Kubernetes objects.");
        assert_eq!(skipped, paths.contains(&"dir"), "{paths:?}: {out}");
    }
}

#[test]
fn a_file_that_is_named_is_read_even_if_its_directory_skips_it() {
    let files = [("dir/pod.yaml", POD), ("dir/values.yaml", "x: 1\n")];
    for paths in [["dir", "dir/values.yaml"], ["dir/values.yaml", "dir"]] {
        let (code, out, _) = run_with(&[&["check"], &paths[..]].concat(), &files, "");
        assert_eq!(code, Some(2), "{out}");
        assert!(out.contains("1 document could not be read."), "{out}");
    }
}

#[cfg(unix)]
#[test]
fn links_to_a_file_are_checked_separately() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.yaml"), POD).unwrap();
    std::os::unix::fs::symlink("a.yaml", directory.path().join("b.yaml")).unwrap();
    let program = super::program::program(directory.path(), &["check", "a.yaml", "b.yaml"]);
    let (_, out, _) = super::program::finish(program, "");
    assert!(out.contains("2 objects checked"), "{out}");
}

#[test]
fn standard_input_is_read_once() {
    let (code, out, err) = run_with(&["check", "-", "-"], &[("a", "")], POD);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("1 object checked"), "{out}");
}
