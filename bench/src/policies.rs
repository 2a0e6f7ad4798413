//! The modules that are compared.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// A policy that requests are put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparedPolicy {
    /// Accepts everything: the floor.
    Empty,
    /// The product.
    Policy,
    /// The product's main job, with `serde_json`'s borrowed fields and raw values.
    Lean,
    /// The product's main job, with typed objects and the SDK's helpers.
    UsualWay,
}

impl ComparedPolicy {
    /// All of them, the cheapest first.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Policy, Self::Lean, Self::UsualWay];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty policy",
            Self::Policy => "this policy",
            Self::Lean => "lean policy",
            Self::UsualWay => "usual way",
        }
    }

    /// Where the module is, once it has been built.
    pub fn path(self) -> PathBuf {
        match self {
            Self::Empty => built("empty.wasm"),
            Self::Policy => root().join("policy.wasm"),
            Self::Lean => built("lean.wasm"),
            Self::UsualWay => built("usual-way.wasm"),
        }
    }

    /// The module's bytes.
    pub fn read(self) -> anyhow::Result<Vec<u8>> {
        let path = self.path();
        let how = match self {
            Self::Policy => "make policy.wasm",
            _ => "make bench-modules",
        };
        std::fs::read(&path)
            .with_context(|| format!("{} cannot be read: run `{how}`", path.display()))
    }
}

/// A file among those that `make` builds for benchmarks.
pub fn built(file: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    root().join(target).join("bench").join(file)
}

/// The root of the repository.
pub fn root() -> &'static Path {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    bench.parent().unwrap_or(bench)
}
