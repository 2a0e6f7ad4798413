#!/usr/bin/env bash
# Lints the module for its own target, if the toolchain is rustup's: Debian's has no clippy for it. If CI is set, skipping
# is a failure.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[[ $(scripts/toolchain.sh) == rustup ]] ||
  skipped CI "clippy for wasm32-wasip1 needs the standard library of that target from rustup"
cargo clippy --target wasm32-wasip1 --locked -- -D warnings
