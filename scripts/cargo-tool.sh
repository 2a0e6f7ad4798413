#!/usr/bin/env bash
# Runs a tool of crates.io in a fixed version, so that its results are the same everywhere.
#
#   scripts/cargo-tool.sh NAME VERSION ARGS...     for example: cargo-fuzz 0.13.2 fuzz list
#                                                               mdbook 0.5.4 build docs
#
# If PATH has the tool in that version, it is used. Otherwise it is installed below the target directory, so that the user's
# installation does not change. ARGS are the arguments of `cargo` for its subcommands (cargo-*), otherwise of the tool.
#
# CARGO_TOOL_FEATURES=search   features of the tool, in place of its default ones
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# >= 3)) || { say "usage: $0 NAME VERSION ARGS..."; exit 64; }
name=$1 version=$2
shift 2
root=$(dirname "${BASH_SOURCE[0]}")/..
tools=${CARGO_TARGET_DIR:-$root/target}/tools/$name-$version

has_version() {
  local subcommand=()
  [[ $name != cargo-* ]] || subcommand=("${name#cargo-}")
  [[ "$("$1" "${subcommand[@]}" --version 2>/dev/null)" =~ \ v?"$version"$ ]]
}

if ! { have "$name" && has_version "$name"; }; then
  if ! { [[ -x $tools/bin/$name ]] && has_version "$tools/bin/$name"; }; then
    say "installing $name $version: it is compiled once, which can take some minutes"
    features=()
    [[ -z ${CARGO_TOOL_FEATURES:-} ]] || features=(--no-default-features --features "$CARGO_TOOL_FEATURES")
    # In a target directory for this version, because artifacts of another version or compiler would be rebuilt.
    CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools" --version "=$version" "${features[@]}" "$name"
    rm -rf "$tools/build"
  fi
  PATH=$(cd "$tools/bin" && pwd):$PATH
  export PATH
fi
if [[ $name == cargo-* ]]; then exec cargo "$@"; else exec "$name" "$@"; fi
