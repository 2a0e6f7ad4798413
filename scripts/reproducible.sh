#!/usr/bin/env bash
# Builds the module in two new directories, whose names have different lengths, and compares the bytes: the module must not
# depend on the directory of the build.
#
#   scripts/reproducible.sh
#
# It builds the work tree with uncommitted changes, without the files that git ignores.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
for directory in "$temporary/a" "$temporary/another directory, with spaces/below"; do
  mkdir -p "$directory"
  git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --no-dereference -t "$directory" --
  say "building in $directory"
  (cd "$directory" && CARGO_TARGET_DIR=$directory/target scripts/build-module.sh policy.wasm)
done
sums=$(find "$temporary" -maxdepth 3 -name policy.wasm -exec sha256sum {} + | cut -d' ' -f1)
if [[ $(sort -u <<<"$sums" | wc -l) -ne 1 || $(wc -l <<<"$sums") -ne 2 ]]; then
  say "the two modules differ:"
  echo "$sums" >&2
  exit 1
fi
say "both are $(head -n 1 <<<"$sums")"
if [[ -f policy.wasm && $(sha256sum <policy.wasm | cut -d' ' -f1) != $(head -n 1 <<<"$sums") ]]; then
  say "the policy.wasm in this directory is different; run make policy.wasm to build it again"
fi
