#!/usr/bin/env bash
# Prints the argument that makes cargo use the pinned version of Rust (scripts/rust-version), "+1.95.0" for instance;
# nothing if that version is the default, or cannot be had. The module's bytes and instruction counts are those of the
# pinned version. Everything else builds with any version that is new enough, so there is no rust-toolchain.toml: rustup
# would refuse to work where that version cannot be downloaded.
#
#   scripts/pinned-rust.sh            never downloads anything
#   scripts/pinned-rust.sh install    installs the version if rustup can
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
