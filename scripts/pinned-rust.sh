#!/usr/bin/env bash
# Prints the argument that makes cargo use the pinned version of Rust (scripts/rust-version), "+1.95.0" for instance;
# nothing if that version is the default or is not installed. The size and the instruction counts of the module are those of
# the pinned version. Everything else builds with any version that is new enough. So there is no rust-toolchain.toml, with
# which rustup fails on machines that cannot download the pinned version.
#
#   scripts/pinned-rust.sh            downloads nothing
#   scripts/pinned-rust.sh install    installs the version with rustup, if possible
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

version=$(<"$(dirname "${BASH_SOURCE[0]}")/rust-version")
is_default() { have rustc && [[ $(rustc --version) == "rustc $version "* ]]; }
is_installed() { have rustup && rustup run "$version" rustc --version >/dev/null 2>&1; }

if is_default; then
  exit 0
fi
if ! is_installed && [[ ${1-} == install ]] && have rustup; then
  say "installing Rust $version, which the module is built with"
  patiently rustup toolchain install "$version" --profile minimal --target wasm32-wasip1 || true
fi
if is_installed; then
  echo "+$version"
else
  say "Rust $version is not installed: the module is built with $(rustc --version 2>/dev/null || echo "another version")"
fi
