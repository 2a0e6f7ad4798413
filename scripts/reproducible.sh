#!/usr/bin/env bash
# Builds the module in two fresh folders with names of different lengths and compares the bytes: nothing of the
# place of a build may be in what it makes.
#
#   scripts/reproducible.sh
#
# What is built is the work tree as it is, but for files that git ignores.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
for folder in "$place/a" "$place/another folder, with blanks/below"; do
  mkdir -p "$folder"
  git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --no-dereference -t "$folder" --
  say "building in $folder"
  (cd "$folder" && CARGO_TARGET_DIR=$folder/target scripts/build-module.sh policy.wasm)
done
sums=$(find "$place" -maxdepth 3 -name policy.wasm -exec sha256sum {} + | cut -d' ' -f1)
if [[ $(sort -u <<<"$sums" | wc -l) -ne 1 || $(wc -l <<<"$sums") -ne 2 ]]; then
  say "the two modules differ:"
  echo "$sums" >&2
  exit 1
fi
say "both are $(head -n 1 <<<"$sums")"
if [[ -f policy.wasm && $(sha256sum <policy.wasm | cut -d' ' -f1) != $(head -n 1 <<<"$sums") ]]; then
  say "the policy.wasm that lies here is another one; make policy.wasm builds it anew"
fi
