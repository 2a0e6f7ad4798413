#!/usr/bin/env bash
# Builds the module (or another package of the workspace) for wasm32-wasip1, and copies it to a file.
#
#   scripts/build-module.sh OUT.wasm [PACKAGE]
#
# The same sources and the same rustc (scripts/rust-version) give the same bytes in every directory: paths are remapped.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 1 || $# == 2)) || { say "usage: $0 OUT.wasm [PACKAGE]"; exit 64; }
out=$1
[[ $out == /* ]] || out=$PWD/$out
package=${2:-aws-pod-identity-policy}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

way=$(scripts/toolchain.sh)
case $way in
  rustup)
    cargo=(cargo)
    # Without it, a script that cargo started would use the version of that cargo.
    pinned=$(scripts/pinned-rust.sh)
    [[ -z $pinned ]] || cargo+=("$pinned")
    ;;
  debian) cargo=(scripts/toolchain-debian.sh cargo) ;;
esac

# Dependencies are in a directory named after the registry they were fetched from, which may be a mirror: each such
# directory becomes the same /deps. rustc applies the last flag that matches.
root=$(pwd -P)
home=${CARGO_HOME:-$HOME/.cargo}
"${cargo[@]}" fetch --quiet --locked --target wasm32-wasip1
flags=(--remap-path-prefix="$root=/policy" --remap-path-prefix="$home=/cargo")
for registry in "$home"/registry/src/*/; do
  flags+=(--remap-path-prefix="${registry%/}=/deps")
done
# The lean policy has the same flags, so that only the sources differ. The other policies for comparison are built without these
# flags, like other Kubewarden policies.
if [[ $package == aws-pod-identity-policy || $package == bench-policy-lean ]]; then
  flags+=(
    # SIMD is part of WebAssembly 2.0, and enabled by default in the engine of the policy server. Without it, an injected
    # pod takes 59 % more instructions.
    -Ctarget-feature=+simd128
    # Without it, each relocated number takes five bytes. It saves 5 % of the module.
    -Clink-arg=--compress-relocations
    # The memory of an instance: 1 MiB of stack, the data, and 88 KB of heap. Without it, the memory grows while a pod of 10 KB is
    # injected, and the call takes 6 % more time.
    -Clink-arg=--initial-memory=1179648
    # The size of the largest function that is inlined (LLVM's unit). With its default, 225, an injected pod takes 8 % fewer
    # instructions and 3 % less time, and the module is 20 % larger.
    -Cllvm-args=-inline-threshold=45
  )
fi
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS

# A target directory for each toolchain: they do not rebuild each other's artifacts, nor those of a plain `cargo build` with
# other flags.
target_dir=${CARGO_TARGET_DIR:-target}/module-$way
"${cargo[@]}" build --locked --release --target wasm32-wasip1 --target-dir "$target_dir" --package "$package"
mkdir -p "$(dirname "$out")"
cp "$target_dir/wasm32-wasip1/release/${package//-/_}.wasm" "$out"
say "$(basename "$out"): $(($(wc -c <"$out"))) bytes"
