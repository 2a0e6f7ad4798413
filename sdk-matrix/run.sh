#!/usr/bin/env bash
# Measures which credentials AWS SDKs use in the containers of environments.toml, and updates docs/sdk-credentials.md.
#
#   sdk-matrix/run.sh [--only=PREFIX] [--print] [SDK...]
#
# --only=PREFIX measures the containers whose ID starts with PREFIX. --print prints the results and does not record them.
# If the language of an SDK is missing, the script says so, and its record does not change.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

options=() sdks=()
for argument in "$@"; do
  if [[ $argument == -* ]]; then options+=("$argument"); else sdks+=("$argument"); fi
done
target_dir=${CARGO_TARGET_DIR:-$PWD/target}
[[ $target_dir == /* ]] || target_dir=$PWD/$target_dir
built=$target_dir/sdk-matrix

for program in unshare mount ip openssl python3; do
  if ! have "$program"; then
    say "needs $program"
    exit 1
  fi
done
if ! unshare --net --mount $([[ $(id -u) -eq 0 ]] || echo --map-root-user) true 2>/dev/null; then
  say "needs root or user namespaces, to create a separate network"
  exit 1
fi

mkdir -p "$built"
sdk-matrix/build.sh "$built" "${sdks[@]}" >"$built/sdks"
mapfile -t sdks <"$built/sdks"
if ((!${#sdks[@]})); then
  say "no SDK could be built"
  exit 1
fi
cargo run --quiet --locked --package sdk-matrix --example environments >"$built/environments.json"
python3 sdk-matrix/matrix.py --built "$built" "${options[@]}" "${sdks[@]}"
[[ " ${options[*]} " != *" --print "* ]] || exit 0
# This fails if a sentence of the document or a finding contradicts the new record.
UPDATE_SDK_PAGE=1 cargo test --quiet --locked --package sdk-matrix
git --no-pager diff --stat -- sdk-matrix/record docs/sdk-credentials.md
