#!/usr/bin/env bash
# Installs the programs that the build and the tests need: Rust with rustfmt and clippy, a toolchain for
# wasm32-wasip1, bats and jq. Prints what it installs. If it cannot install something without asking, it prints the command.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
scripts=$(dirname "${BASH_SOURCE[0]}")

problems=()

# It is first, because it may install cargo.
"$scripts/pinned-rust.sh" install >/dev/null
"$scripts/toolchain.sh" >/dev/null || problems+=("no toolchain for wasm32-wasip1: see above")
have cargo || problems+=("Rust is missing: install it from https://rustup.rs")

# component NAME COMMAND: installs a component of rustup's toolchain, unless its command runs. (The proxies of rustup are on
# PATH even if the component is not installed.)
component() {
  "$2" --version >/dev/null 2>&1 && return
  say "installing rustup's component $1"
  { have rustup && patiently rustup component add "$1"; } ||
    problems+=("$1 is missing: rustup component add $1, or the package of your distribution")
}
component rustfmt rustfmt
component clippy clippy-driver

packages=()
for tool in bats jq; do
  have "$tool" || packages+=("$tool")
done
if ((${#packages[@]})); then
  say "installing ${packages[*]}"
  if ! can_apt || { apt_update && ! apt_install "${packages[@]}"; }; then
    problems+=("${packages[*]} missing: sudo apt-get install ${packages[*]} (or your system's way)")
  fi
fi

((${#problems[@]})) || exit 0
for problem in "${problems[@]}"; do
  say "$problem"
done
exit 1
