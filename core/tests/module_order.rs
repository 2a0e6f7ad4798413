//! Verifies that each module of the core uses only modules before it in the list in the documentation of `lib.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The modules in the documented order: lines such as ``//! 3. `nearest`: …``.
fn documented() -> Vec<String> {
    let text = fs::read_to_string(sources().join("lib.rs")).unwrap();
    let items = text.lines().filter_map(|line| line.strip_prefix("//! ")?.split_once(". `"));
    items
        .filter(|(number, _)| number.parse::<u32>().is_ok())
        .map(|(_, rest)| rest.split('`').next().unwrap().to_owned())
        .collect()
}

/// The source files at and below a folder, with the path of their modules: `["findings", "token", "file"]`.
fn files(folder: &Path, module: &[String], found: &mut Vec<(Vec<String>, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut module = module.to_vec();
        if path.is_dir() {
            module.push(name);
            files(&path, &module, found);
        } else if name != "lib" {
            if name != "mod" {
                module.push(name);
            }
            found.push((module, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Identifiers and punctuation of Rust code; no comments, and of literals only what surrounds them.
fn tokens(code: &str) -> Vec<String> {
    let characters: Vec<char> = code.chars().collect();
    let at = |index: usize| characters.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < characters.len() {
        let raw =
            at(index) == 'r' && matches!((at(index + 1), at(index + 2)), ('"', _) | ('#', '"'));
        if at(index) == '/' && at(index + 1) == '/' {
            while !matches!(at(index), '\n' | '\0') {
                index += 1;
            }
        } else if raw {
            let hashes = usize::from(at(index + 1) == '#');
            index += 2 + hashes;
            while at(index) != '"' || (hashes == 1 && at(index + 1) != '#') {
                index += 1;
            }
            index += 1 + hashes;
        } else if at(index) == '"' {
            index += 1;
            while at(index) != '"' {
                index += if at(index) == '\\' { 2 } else { 1 };
            }
            index += 1;
        } else if at(index) == '\'' && (at(index + 1) == '\\' || at(index + 2) == '\'') {
            index += if at(index + 1) == '\\' { 3 } else { 2 };
            while at(index) != '\'' {
                index += 1;
            }
            index += 1;
        } else if at(index).is_alphanumeric() || at(index) == '_' {
            let start = index;
            while at(index).is_alphanumeric() || at(index) == '_' {
                index += 1;
            }
            tokens.push(characters[start..index].iter().collect());
        } else {
            if !at(index).is_whitespace() {
                tokens.push(at(index).to_string());
            }
            index += 1;
        }
    }
    tokens
}

/// The top-level modules that the code of a module names, by `crate::` or by as many `super::` as lead there.
fn used(module: &[String], code: &str) -> BTreeSet<String> {
    let tokens = tokens(code);
    let is_path = |index: usize| {
        tokens.get(index).is_some_and(|token| token == ":")
            && tokens.get(index + 1).is_some_and(|token| token == ":")
    };
    let mut used = BTreeSet::new();
    // The modules inside the file that enclose the token, and how many braces are open at each.
    let mut inner: Vec<usize> = Vec::new();
    let mut braces = 0;
    for (index, token) in tokens.iter().enumerate() {
        match &**token {
            "{" => {
                braces += 1;
                if index >= 2 && tokens[index - 2] == "mod" {
                    inner.push(braces);
                }
            }
            "}" => {
                if inner.last() == Some(&braces) {
                    inner.pop();
                }
                braces -= 1;
            }
            "crate" if is_path(index + 1) => first_segments(&tokens[index + 3..], &mut used),
            "super" if is_path(index + 1) && !(index >= 3 && tokens[index - 3] == "super") => {
                let mut after = index + 3;
                let mut ups = 1;
                while tokens[after] == "super" && is_path(after + 1) {
                    after += 3;
                    ups += 1;
                }
                if ups == module.len() + inner.len() {
                    first_segments(&tokens[after..], &mut used);
                }
            }
            _ => {}
        }
    }
    used
}

/// The first names of a path, or of each path in braces.
fn first_segments(tokens: &[String], used: &mut BTreeSet<String>) {
    if tokens[0] != "{" {
        used.insert(tokens[0].clone());
        return;
    }
    let mut depth = 0;
    let mut first = false;
    for token in tokens {
        match &**token {
            "{" => {
                depth += 1;
                first = depth == 1;
            }
            "}" if depth == 1 => return,
            "}" => depth -= 1,
            "," => first = depth == 1,
            name => {
                if std::mem::take(&mut first) {
                    used.insert(name.to_owned());
                }
            }
        }
    }
}

#[test]
fn paths_are_found_wherever_they_are_written() {
    for (module, code, expected) in [
        ("a", "use crate::b::C;", &["b"][..]),
        ("a", "use crate::{b, c::{self, D}, e::f::G};", &["b", "c", "e"]),
        ("a", "fn f(x: &crate::b::C<'_>) { let _ = 'x'; crate::d::e() }", &["b", "d"]),
        ("a", "use super::b::C; mod tests { use super::C; }", &["b"]),
        (
            "a",
            "mod tests { use super::super::b; fn f() { { super::super::c::d() } } } use super::e;",
            &["b", "c", "e"],
        ),
        ("a::b", "use super::c; use super::super::d::{E, F};", &["d"]),
        (
            "a::b",
            "// use crate::c;\nconst X: &str = \"crate::d \\\" crate::e\"; const Y: &str = r#\"\"crate::f\"#;",
            &[],
        ),
    ] {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        let found = used(&module, code);
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{code}");
    }
}

#[test]
fn each_module_uses_only_those_before_it() {
    let order = documented();
    let mut found = Vec::new();
    files(&sources(), &[], &mut found);
    let modules: BTreeSet<&String> = found.iter().map(|(module, _)| &module[0]).collect();
    assert_eq!(order.iter().collect::<BTreeSet<_>>(), modules, "lib.rs lists all modules");
    let place = |name: &str| order.iter().position(|module| module == name);
    let mut uses = 0;
    let mut wrong = Vec::new();
    for (module, code) in &found {
        for other in used(module, code) {
            uses += 1;
            match place(&other) {
                Some(other) if Some(other) <= place(&module[0]) => {}
                _ => wrong.push(format!("{} uses {other}", module.join("::"))),
            }
        }
    }
    assert!(uses > 2 * order.len(), "paths are found: {uses}");
    assert!(wrong.is_empty(), "against the order in lib.rs:\n{}", wrong.join("\n"));
}
