//! The parts of a module in bytes: code by crate and, for the core, by module.
//!
//! Needs a module with the names of its functions. The bytes of an inlined function belong to its caller, and those of a
//! generic function to the crate that defines it.

use std::collections::BTreeMap;

use anyhow::Context;
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// The largest size that the policy's module may have, bytes: about 2 % more than it has, so that a finding fits.
pub const BUDGET: usize = 355_000;

/// The policy's library, whose modules are listed separately.
const CORE: &str = "aws_pod_identity_core";

/// The parts of the module, in bytes.
#[derive(Clone, Debug, Default)]
pub struct Sizes {
    /// Code by crate, `crate::module` for the core.
    pub code: BTreeMap<String, usize>,
    /// Code by function, the largest first.
    pub functions: Vec<(String, usize)>,
    /// Constants: texts, tables, initial values.
    pub data: usize,
    /// Everything else, except the names.
    pub rest: usize,
}

impl Sizes {
    /// Measures the parts of a module.
    pub fn of(module: &[u8]) -> anyhow::Result<Self> {
        let mut sizes = Self::default();
        let mut bodies = Vec::new();
        let mut imported = 0;
        let mut names = BTreeMap::new();
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            let section = payload.as_section().map_or(0, |(_, range)| range.len());
            match payload {
                Payload::CodeSectionEntry(body) => bodies.push(body.range().len()),
                Payload::CodeSectionStart { .. } => {}
                Payload::DataSection(_) => sizes.data += section,
                Payload::CustomSection(custom) => {
                    if let KnownCustom::Name(all) = custom.as_known() {
                        read_names(all, &mut names)?;
                    }
                }
                Payload::ImportSection(imports) => {
                    imported += imports.count();
                    sizes.rest += section;
                }
                _ => sizes.rest += section,
            }
        }
        anyhow::ensure!(!names.is_empty(), "the module has no names");
        for (index, size) in (imported..).zip(bodies) {
            let name = names.get(&index).context("a function without a name")?;
            *sizes.code.entry(owner(name)).or_default() += size;
            sizes.functions.push((name.clone(), size));
        }
        sizes.functions.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        Ok(sizes)
    }
}

fn read_names(
    all: wasmparser::NameSectionReader<'_>,
    names: &mut BTreeMap<u32, String>,
) -> anyhow::Result<()> {
    for subsection in all {
        if let Name::Function(functions) = subsection? {
            for naming in functions {
                let naming = naming?;
                let name = format!("{:#}", rustc_demangle::demangle(naming.name));
                names.insert(naming.index, name);
            }
        }
    }
    Ok(())
}

/// The crate that a function belongs to: of `<a::B as c::D>::e`, it is `a`, unless `B` is a type of the standard library.
fn owner(function: &str) -> String {
    const STD: &[&str] = &["core", "alloc", "std"];
    let mut paths = paths(function);
    let first = paths.next();
    let Some(path) = first.filter(|path| !STD.contains(&krate(path))).or_else(|| {
        let written_here = paths.find(|path| !STD.contains(&krate(path)));
        written_here.filter(|_| function.starts_with('<')).or(first)
    }) else {
        // `<str>::trim` has no crate in its name.
        let owner = if function.contains("::") { "std (core)" } else { "C library and runtime" };
        return owner.to_owned();
    };
    if krate(path) == CORE {
        let module = path.split("::").nth(1).filter(|_| path.matches("::").count() > 1);
        return format!("{CORE}::{}", module.unwrap_or("(entry points)"));
    }
    if STD.contains(&krate(path)) {
        format!("std ({})", krate(path))
    } else {
        krate(path).to_owned()
    }
}

/// The paths in a demangled name, in their order.
fn paths(function: &str) -> impl Iterator<Item = &str> {
    let in_path = |character: char| character.is_alphanumeric() || "_:".contains(character);
    function.split(move |character| !in_path(character)).filter(|path| {
        path.find("::").is_some_and(|at| at > 0)
            && path.starts_with(|c: char| c.is_lowercase() || c == '_')
    })
}

fn krate(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_belong_to_the_crate_that_defines_them() {
        for (function, expected) in [
            ("aws_pod_identity_core::object::pod::read", "aws_pod_identity_core::object"),
            ("aws_pod_identity_core::validate", "aws_pod_identity_core::(entry points)"),
            (
                "<aws_pod_identity_core::findings::Visible as core::fmt::Display>::fmt",
                "aws_pod_identity_core::findings",
            ),
            ("<core::option::Option<T> as wapc_guest::Thing>::fmt", "wapc_guest"),
            ("core::fmt::Formatter::pad_integral", "std (core)"),
            ("alloc::raw_vec::RawVecInner<A>::reserve::do_reserve_and_handle", "std (alloc)"),
            ("<&T as core::fmt::Display>::fmt", "std (core)"),
            ("<str>::trim_matches", "std (core)"),
            ("__rustc::__rust_alloc", "__rustc"),
            ("malloc", "C library and runtime"),
            ("memcpy", "C library and runtime"),
        ] {
            assert_eq!(owner(function), expected, "{function}");
        }
    }
}
