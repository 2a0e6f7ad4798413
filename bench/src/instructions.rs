//! The number of instructions of each case, which `bench/instructions.txt` records.
//!
//! They depend on the compiler. The module contains the commit of rustc, in the paths of its panic messages.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::cases::Case;
use crate::meter::Meter;
use crate::policies::root;

/// How much a case may grow, percent.
pub const TOLERANCE: u64 = 5;

/// If this environment variable is set, the file is written instead of compared.
pub const UPDATE: &str = "UPDATE_INSTRUCTIONS";

const HEADER: &str = "\
# Instructions that the module executes for each case of the benchmark, and for its start, which every
# request pays as well. `make bench-instructions` writes this file; `make test` compares with it.
";

/// The instructions of each case, and the compiler of the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstructionCounts {
    /// rustc's commit, followed by its version if that is known; empty if the commit is not known.
    pub compiler: String,
    /// Instructions by case.
    pub instructions: BTreeMap<String, u64>,
}

impl InstructionCounts {
    /// The file.
    pub fn path() -> PathBuf {
        root().join("bench/instructions.txt")
    }

    /// Counts the instructions of each case. `meter` is for `module`.
    pub fn count(module: &[u8], meter: &Meter, cases: &[Case]) -> anyhow::Result<Self> {
        let mut instructions = BTreeMap::new();
        for case in cases {
            let reading = meter.call("validate", &case.payload(), &case.answer())?;
            instructions.insert(case.name.to_owned(), reading.call);
            instructions.insert("start".to_owned(), reading.start);
        }
        Ok(Self { compiler: compiler(module), instructions })
    }

    /// Reads the output of [`Display`](fmt::Display).
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut compiler = String::new();
        let mut instructions = BTreeMap::new();
        for line in text.lines() {
            if let Some(named) = line.strip_prefix("# rustc ") {
                named.clone_into(&mut compiler);
            }
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            let (name, count) = line.split_once(' ').context("a case and a number")?;
            instructions.insert(name.to_owned(), count.parse().context("a number")?);
        }
        Ok(Self { compiler, instructions })
    }

    /// Whether the same compiler built both modules.
    pub fn same_compiler(&self, other: &Self) -> bool {
        let commit = |counts: &'_ Self| counts.compiler.split(' ').next().map(str::to_owned);
        !self.compiler.is_empty() && commit(self) == commit(other)
    }

    /// The changes of each case from `self` to `now`.
    pub fn changes(&self, now: &Self) -> Vec<Change> {
        let names = self.instructions.keys().chain(now.instructions.keys());
        let names: std::collections::BTreeSet<_> = names.collect();
        let change = |name: &String| Change {
            case: name.clone(),
            before: self.instructions.get(name).copied(),
            now: now.instructions.get(name).copied(),
        };
        names.into_iter().map(change).collect()
    }
}

impl fmt::Display for InstructionCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}# rustc {}", self.compiler)?;
        self.instructions.iter().try_for_each(|(name, count)| writeln!(f, "{name} {count}"))
    }
}

/// One case, before and now.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its name.
    pub case: String,
    /// Instructions in the file; none for a new case.
    pub before: Option<u64>,
    /// Instructions now; none for a case that does not exist anymore.
    pub now: Option<u64>,
}

impl Change {
    /// Whether the case takes more instructions than allowed. A case that is not in the file must be added.
    pub fn too_much(&self) -> bool {
        match (self.before, self.now) {
            (Some(before), Some(now)) => now * 100 > before * (100 + TOLERANCE),
            _ => true,
        }
    }

    /// Whether the case takes so many fewer instructions that the file should be updated.
    pub fn much_less(&self) -> bool {
        matches!((self.before, self.now), (Some(before), Some(now)) if now * (100 + TOLERANCE) < before * 100)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number =
            |count: Option<u64>| count.map_or("none".to_owned(), |count| count.to_string());
        write!(f, "{}: {} -> {}", self.case, number(self.before), number(self.now))?;
        if let (Some(before @ 1..), Some(now)) = (self.before, self.now) {
            let permille = (i128::from(now) - i128::from(before)) * 1000 / i128::from(before);
            write!(f, " ({:+}.{} %)", permille / 10, (permille % 10).abs())?;
        }
        Ok(())
    }
}

/// The commit of the rustc that compiled the module, with its version if it is the installed one; empty if the module does
/// not contain it.
fn compiler(module: &[u8]) -> String {
    const MARK: &[u8] = b"/rustc/";
    let marks = module.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
    let mut commits = marks.filter_map(|(at, _)| {
        let commit = module.get(at + MARK.len()..)?.first_chunk::<40>()?;
        let commit = std::str::from_utf8(commit).ok()?;
        commit.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(commit)
    });
    let Some(commit) = commits.next() else { return String::new() };
    let mut compiler = commit.to_owned();
    if let Some(release) = release_of(commit) {
        let _ = write!(compiler, " ({release})");
    }
    compiler
}

fn release_of(commit: &str) -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).arg("-vV").output().ok()?.stdout;
    let output = String::from_utf8(output).ok()?;
    let line = |key| output.lines().find_map(|line| line.strip_prefix(key));
    (line("commit-hash: ") == Some(commit)).then(|| line("release: ").map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(compiler: &str, cases: &[(&str, u64)]) -> InstructionCounts {
        let instructions = cases.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        InstructionCounts { compiler: compiler.to_owned(), instructions }
    }

    #[test]
    fn written_counts_can_be_read() {
        let written = counts("abc (1.95.0)", &[("a", 1), ("long-name", 1_000_000)]);
        assert_eq!(InstructionCounts::parse(&written.to_string()).unwrap(), written);
    }

    #[test]
    fn growth_within_the_tolerance_is_accepted() {
        let before = counts("", &[("a", 1000), ("b", 1000), ("c", 1000), ("gone", 1)]);
        let now = counts("", &[("a", 1050), ("b", 1051), ("c", 900), ("new", 1)]);
        let changes = before.changes(&now);
        let results: Vec<_> =
            changes.iter().map(|change| (change.too_much(), change.much_less())).collect();
        let fine = (false, false);
        assert_eq!(results, [fine, (true, false), (false, true), (true, false), (true, false)]);
        assert_eq!(changes[1].to_string(), "b: 1000 -> 1051 (+5.1 %)");
        assert_eq!(changes[2].to_string(), "c: 1000 -> 900 (-10.0 %)");
        assert_eq!(changes[4].to_string(), "new: none -> 1");
    }

    #[test]
    fn the_compiler_is_identified_by_its_commit() {
        let commit = "59807616e1fa2540724bfbac14d7976d7e4a3860";
        let module = format!("\0asm /rustc/short/ /rustc/{commit}/library/core/src/str/mod.rs");
        assert!(compiler(module.as_bytes()).starts_with(commit));
        assert_eq!(compiler(b"\0asm"), "");
        assert!(counts("abc (1.95.0)", &[]).same_compiler(&counts("abc", &[])));
        assert!(!counts("abc", &[]).same_compiler(&counts("def", &[])));
        assert!(!counts("", &[]).same_compiler(&counts("", &[])), "an unknown one is not the same");
    }
}
