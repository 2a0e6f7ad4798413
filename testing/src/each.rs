//! Checks of many files: all of them are checked, and the test fails with all failures.

use std::any::Any;
use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The YAML files in a directory and its subdirectories, in the order of their names.
pub fn yaml_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    find(directory, &mut files);
    files.sort();
    files
}

fn find(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory);
    for entry in entries.unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

/// Runs a check on all cases, on all processors, and fails with all failures, whether the check returns them or panics. The
/// environment variable `CASES` limits it to the cases whose name contains that text.
#[track_caller]
pub fn check_each<C: Sync>(
    cases: &[C],
    name: impl Fn(&C) -> &str + Sync,
    check: impl Fn(&C) -> Result<(), String> + Sync,
) {
    let filter = env::var("CASES").unwrap_or_default();
    let cases: Vec<&C> = cases.iter().filter(|case| name(case).contains(&filter)).collect();
    assert!(!cases.is_empty(), "no case has {filter:?} in its name");
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let run = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = catch_unwind(AssertUnwindSafe(|| check(case)));
            let failure = match result {
                Ok(Ok(())) => continue,
                Ok(Err(failure)) => failure,
                Err(panic) => panic_message(&*panic),
            };
            failures.lock().unwrap().push(format!("{}.yaml: {failure}", name(case)));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(run);
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(
        failures.is_empty(),
        "{} of {} cases\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}
