#!/usr/bin/env bash
# Prepares this machine for builds for wasm32-wasip1, and prints the toolchain on stdout: "rustup" (cargo from PATH)
# or "debian" (scripts/toolchain-debian.sh cargo). Prints the reason on stderr. Installs missing parts, without asking.
#
# WASM_TOOLCHAIN=rustup|debian in the environment forces a toolchain.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly target=wasm32-wasip1
debian=$(dirname "${BASH_SOURCE[0]}")/toolchain-debian.sh
readonly debian

# The standard library alone is not enough: Debian's package has no linker, and rustup's has one. So this builds an empty
# module, which takes a tenth of a second.
has_target() {
  have rustc && have cargo || return 1
  compgen -G "$(rustc --print target-libdir --target "$target" 2>/dev/null)/libstd-*.rlib" >/dev/null || return 1
  local module built=0
  module=$(mktemp)
  rustc --target "$target" --crate-type cdylib --crate-name empty -o "$module" - </dev/null 2>/dev/null || built=1
  rm -f "$module"
  return "$built"
}

add_target() {
  have rustup || return 1
  say "adding $target to rustup's toolchain"
  patiently rustup target add "$target" && has_target
}

# chosen TOOLCHAIN REASON
chosen() {
  say "$1: $2"
  echo "$1"
  exit 0
}

forced=${WASM_TOOLCHAIN-}
case $forced in
  "" | rustup | debian) ;;
  *)
    say "WASM_TOOLCHAIN is \"$forced\"; set it to rustup or debian"
    exit 64
    ;;
esac

# Installed toolchains come before downloads: a machine that cannot reach rustup's server must not wait for it in every
# build.
if [[ $forced != debian ]] && has_target; then
  chosen rustup "$(command -v cargo) is set up for $target"
fi
if [[ $forced != rustup ]] && "$debian" check; then
  chosen debian "Debian's rustc, linker and C library for $target are installed"
fi
if [[ $forced != debian ]] && add_target; then
  chosen rustup "rustup added $target"
fi
if [[ $forced != rustup ]] && "$debian" install && "$debian" check; then
  chosen debian "installed Debian's rustc, linker and C library for $target"
fi

cat >&2 <<'HELP'

No toolchain for wasm32-wasip1 was found. Install one of these:

  rustup target add wasm32-wasip1
      if Rust was installed with rustup (https://rustup.rs)

  sudo scripts/toolchain-debian.sh install
      on Debian and Ubuntu, without rustup's server

HELP
exit 1
