//! The modules that are compared.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// A policy that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparedPolicy {
    /// Accepts everything. Its cost is that of every policy.
    Empty,
    /// This policy.
    Policy,
    /// The injection with borrowed fields and raw values of `serde_json`, without checks.
    Lean,
    /// The injection with typed objects and the helpers of the Kubewarden SDK, without checks.
    Sdk,
}

impl ComparedPolicy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Policy, Self::Lean, Self::Sdk];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty policy",
            Self::Policy => "this policy",
            Self::Lean => "lean policy",
            Self::Sdk => "policy with the SDK",
        }
    }

    /// The path of the module.
    pub fn path(self) -> PathBuf {
        match self {
            Self::Empty => built("empty.wasm"),
            Self::Policy => root().join("policy.wasm"),
            Self::Lean => built("lean.wasm"),
            Self::Sdk => built("sdk.wasm"),
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
