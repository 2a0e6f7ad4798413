#!/usr/bin/env bash
# Builds the program as it is distributed, and packs it into target/dist-archives.
#
#   scripts/dist.sh [TARGET]        a target of rustc; by default that of this machine
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
out=${CARGO_TARGET_DIR:-target}
program=aws-pod-identity
[[ $target != *windows* ]] || program=$program.exe
# The C runtime is part of the program on Windows, too.
[[ $target != *msvc ]] || export RUSTFLAGS="${RUSTFLAGS:-} -Ctarget-feature=+crt-static"

cargo build --locked --package aws-pod-identity --features mimalloc --profile dist --target "$target"
mkdir -p "$out/dist-archives"
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
cp "$out/$target/dist/$program" LICENSE "$files"
tar -czf "$out/dist-archives/aws-pod-identity-$target.tar.gz" -C "$files" "$program" LICENSE
echo "$out/dist-archives/aws-pod-identity-$target.tar.gz"
