//! Verifies that each top-level module of a crate uses only modules before it in the list in the documentation of the crate, and
//! that the modules below a top-level module do not use each other in a cycle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

use super::path;

/// The crates whose documentation lists their modules in order. The others have few modules.
const CRATES: [&str; 8] =
    ["core", "json", "trust", "kubernetes", "cluster", "cli", "host", "testing"];

/// The modules in the documented order: lines such as ``//! 3. `nearest`: …`` and ``//! 3. [`nearest`]: …``.
fn documented(sources: &Path) -> Vec<String> {
    let text = fs::read_to_string(sources.join("lib.rs")).unwrap();
    let items = text.lines().filter_map(|line| {
        let (number, rest) = line.strip_prefix("//! ")?.split_once(". ")?;
        let name = rest.trim_start_matches('[').strip_prefix('`')?.split('`').next()?;
        number.parse::<u32>().is_ok().then(|| name.to_owned())
    });
    items.collect()
}

/// The source files in a directory and its subdirectories, with the path of their modules: `["findings", "token", "file"]`.
fn files(folder: &Path, module: &[String], found: &mut Vec<(Vec<String>, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut module = module.to_vec();
        if path.is_dir() {
            module.push(name);
            files(&path, &module, found);
        } else if name != "lib"
            && name != "main"
            && path.extension().is_some_and(|extension| extension == "rs")
        {
            if name != "mod" {
                module.push(name);
            }
            found.push((module, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// A path from the root of the crate, such as `["findings", "token", "file"]`.
type ModulePath = Vec<String>;

/// The paths that the code of a module names by `crate::` or `super::`, from the root of the crate. Its unit tests may use every
/// module.
fn used(module: &[String], code: &str) -> BTreeSet<ModulePath> {
    let mut used = BTreeSet::new();
    find(&code.parse::<TokenStream>().unwrap().into_iter().collect::<Vec<_>>(), module, &mut used);
    used
}

fn is(tokens: &[TokenTree], index: usize, word: &str) -> bool {
    match tokens.get(index) {
        Some(TokenTree::Ident(ident)) => ident == word,
        Some(TokenTree::Punct(punct)) => word == punct.as_char().to_string(),
        _ => false,
    }
}

/// Whether the token at `index` is that segment, and more of the path follows.
fn is_prefix(tokens: &[TokenTree], index: usize, segment: &str) -> bool {
    is(tokens, index, segment) && is(tokens, index + 1, ":") && is(tokens, index + 2, ":")
}

fn find(tokens: &[TokenTree], module: &[String], used: &mut BTreeSet<ModulePath>) {
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let mut base = None;
        if let TokenTree::Group(group) = token {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            if index >= 2 && is(tokens, index - 2, "mod") && is(tokens, index - 1, "tests") {
                // Unit tests.
            } else if index >= 2 && is(tokens, index - 2, "mod") {
                find(&inner, &[module, &[tokens[index - 1].to_string()]].concat(), used);
            } else {
                find(&inner, module, used);
            }
        } else if is_prefix(tokens, index, "crate") && !(index >= 1 && is(tokens, index - 1, "$")) {
            base = Some(Vec::new());
            index += 3;
        } else {
            let ups = (0..module.len()).take_while(|up| is_prefix(tokens, index + 3 * up, "super"));
            let ups = ups.count();
            if ups > 0 {
                base = Some(module[..module.len() - ups].to_vec());
                index += 3 * ups;
            }
        }
        match base {
            Some(base) => expand(base, &tokens[index..], used),
            None => index += 1,
        }
    }
}

/// The path that these tokens continue, or each path if they continue with several in braces.
fn expand(mut path: ModulePath, mut tokens: &[TokenTree], used: &mut BTreeSet<ModulePath>) {
    loop {
        match tokens {
            [TokenTree::Group(group), ..] => {
                let paths: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                for rest in paths.split(is_comma).filter(|rest| !rest.is_empty()) {
                    expand(path.clone(), rest, used);
                }
                return;
            }
            [TokenTree::Ident(segment), rest @ ..] => {
                let segment = segment.to_string();
                if segment != "self" {
                    path.push(segment);
                }
                if !(is(rest, 0, ":") && is(rest, 1, ":")) {
                    break;
                }
                tokens = &rest[2..];
            }
            _ => break,
        }
    }
    used.insert(path);
}

#[test]
fn paths_are_found_in_all_forms() {
    for (module, code, expected) in [
        ("a", "use crate::b::C;", &["b::C"][..]),
        ("a", "use crate::{b, c::{self, D}, e::f::G};", &["b", "c", "c::D", "e::f::G"]),
        ("a", "fn f(x: &crate::b::C<'_>) { let _ = 'x'; crate::d::e() }", &["b::C", "d::e"]),
        ("a", "use super::b::C; mod inner { use super::C; }", &["a::C", "b::C"]),
        ("a", "use crate::b; mod tests { use super::super::c; }", &["b"]),
        ("a", "macro_rules! m { () => { $crate::B } }", &[]),
        (
            "a",
            "mod inner { use super::super::b; fn f() { { super::super::c::d() } } } use super::e;",
            &["b", "c::d", "e"],
        ),
        ("a::b", "use super::c; use super::super::d::{E, F};", &["a::c", "d::E", "d::F"]),
        (
            "a::b",
            "// use crate::c;\nconst X: &str = \"crate::d \\\" crate::e\"; const Y: &str = r#\"\"crate::f\"#;",
            &[],
        ),
    ] {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        let found: Vec<String> = used(&module, code).iter().map(|path| path.join("::")).collect();
        assert_eq!(found, expected, "{code}");
    }
}

#[test]
fn each_module_uses_only_those_before_it() {
    for krate in CRATES {
        check(&path(krate).join("src"));
    }
}

fn check(sources: &Path) {
    let order = documented(sources);
    let mut found = Vec::new();
    files(sources, &[], &mut found);
    let modules: BTreeSet<&String> = found.iter().map(|(module, _)| &module[0]).collect();
    let listed: BTreeSet<&String> = order.iter().collect();
    assert_eq!(listed, modules, "lib.rs in {} lists all modules", sources.display());
    let position = |name: &str| order.iter().position(|module| module == name);
    let mut count = 0;
    let mut wrong = Vec::new();
    for (module, code) in &found {
        let paths = used(module, code);
        for other in paths.iter().filter_map(|path| path.first()).collect::<BTreeSet<_>>() {
            count += 1;
            match position(other) {
                Some(other) if Some(other) <= position(&module[0]) => {}
                _ => wrong.push(format!("{} uses {other}", module.join("::"))),
            }
        }
    }
    assert!(count >= 3, "paths are found in {}: {count}", sources.display());
    assert!(wrong.is_empty(), "against the order in {}:\n{}", sources.display(), wrong.join("\n"));
}

/// The modules with the same parent that a module uses, by the module.
type Uses = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

/// Which modules use each other below a top-level module. A file belongs to each module above it.
fn uses_between_siblings(found: &[(ModulePath, String)]) -> Uses {
    let modules: BTreeSet<&[String]> =
        found.iter().flat_map(|(module, _)| (2..=module.len()).map(|end| &module[..end])).collect();
    let mut uses = Uses::new();
    for (module, code) in found {
        for path in used(module, code) {
            let common = module.iter().zip(&path).take_while(|(one, other)| one == other).count();
            if common == 0 || common >= module.len() || common >= path.len() {
                continue;
            }
            let (one, other) = (&module[..=common], &path[..=common]);
            if modules.contains(other) {
                uses.entry(one.to_vec()).or_default().insert(other.to_vec());
            }
        }
    }
    uses
}

/// Modules that use each other in a cycle, directly or through others: those that remain after modules that use no other one are
/// removed again and again.
fn in_cycles(mut uses: Uses) -> Vec<String> {
    loop {
        let remaining: BTreeSet<ModulePath> = uses.keys().cloned().collect();
        for others in uses.values_mut() {
            others.retain(|other| remaining.contains(other));
        }
        let before = uses.len();
        uses.retain(|_, others| !others.is_empty());
        if uses.len() == before {
            break;
        }
    }
    let lines = uses.iter().flat_map(|(module, others)| {
        others.iter().map(move |other| format!("{} uses {}", module.join("::"), other.join("::")))
    });
    lines.collect()
}

#[test]
fn modules_with_the_same_parent_use_each_other_in_one_direction() {
    let mut count = 0;
    for krate in CRATES {
        let mut found = Vec::new();
        files(&path(krate).join("src"), &[], &mut found);
        let uses = uses_between_siblings(&found);
        count += uses.len();
        let cycles = in_cycles(uses);
        assert!(cycles.is_empty(), "modules of {krate} use each other:\n{}", cycles.join("\n"));
    }
    assert!(count > 30, "uses are found: {count}");
}

#[test]
fn cycles_are_found() {
    let module = |path: &str, code: &str| {
        (path.split("::").map(str::to_owned).collect::<Vec<_>>(), code.to_owned())
    };
    let cycles = |modules: &[(ModulePath, String)]| in_cycles(uses_between_siblings(modules));
    let one_way = [
        module("a", "use a::b::X; use a::c::d::Z;"),
        module("a::b", "use super::c::Y; use super::Common;"),
        module("a::c::d", "use crate::other::b;"),
        module("a::c::e", "use super::d::Z;"),
    ];
    assert_eq!(cycles(&one_way), [""; 0]);
    let back = [&one_way[..], &[module("a::c::f", "use crate::a::b::X;")]].concat();
    assert_eq!(cycles(&back), ["a::b uses a::c", "a::c uses a::b"]);
}
