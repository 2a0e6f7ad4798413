//! Verifies that each module of the core, and of `trust/`, uses only modules before it in the list in the documentation of
//! the crate.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

use super::path;

/// The modules in the documented order: lines such as ``//! 3. `nearest`: …``.
fn documented(sources: &Path) -> Vec<String> {
    let text = fs::read_to_string(sources.join("lib.rs")).unwrap();
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

/// The top-level modules that the code of a module names, by `crate::` or by as many `super::` as lead there.
fn used(module: &[String], code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    find(code.parse().unwrap(), module.len(), &mut used);
    used
}

/// Likewise, of the code of a module that is so far below the crate.
fn find(code: TokenStream, depth: usize, used: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let is = |index: usize, word: &str| match tokens.get(index) {
        Some(TokenTree::Ident(ident)) => ident == word,
        Some(TokenTree::Punct(punct)) => word == punct.as_char().to_string(),
        _ => false,
    };
    let is_path = |index, root| is(index, root) && is(index + 1, ":") && is(index + 2, ":");
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        if let TokenTree::Group(group) = token {
            let is_module = index >= 2 && is(index - 2, "mod");
            find(group.stream(), depth + usize::from(is_module), used);
        } else if is_path(index, "crate") {
            first_names(&tokens[index + 3..], used);
        } else if is_path(index, "super") {
            let ups = (0..=depth).take_while(|up| is_path(index + 3 * up, "super")).count();
            index += 3 * ups;
            if ups == depth {
                first_names(&tokens[index..], used);
            }
            continue;
        }
        index += 1;
    }
}

/// The first name of a path, or of each path in braces.
fn first_names(path: &[TokenTree], used: &mut BTreeSet<String>) {
    if let TokenTree::Group(group) = &path[0] {
        let paths: Vec<TokenTree> = group.stream().into_iter().collect();
        let is_comma =
            |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
        used.extend(paths.split(is_comma).filter_map(|path| Some(path.first()?.to_string())));
    } else {
        used.insert(path[0].to_string());
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
    for krate in ["core", "trust"] {
        check(&path(krate).join("src"));
    }
}

fn check(sources: &Path) {
    let order = documented(sources);
    let mut found = Vec::new();
    files(sources, &[], &mut found);
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
    assert!(wrong.is_empty(), "against the order in {}:\n{}", sources.display(), wrong.join("\n"));
}
