#!/usr/bin/env bash
# Measures which credentials the AWS SDKs use in which containers, and writes docs/sdk-credentials.md.
#
#   sdk-matrix/run.sh [SDK...]
#
# Languages that are missing here are named; what the record has of them stays unchanged.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target_dir=${CARGO_TARGET_DIR:-$PWD/target}
[[ $target_dir == /* ]] || target_dir=$PWD/$target_dir
built=$target_dir/sdk-matrix

for program in unshare mount ip openssl python3; do
  if ! have "$program"; then
    say "needs $program"
    exit 1
  fi
done
if ! python3 -c 'import tomllib' 2>/dev/null; then
  say "needs Python 3.11 or newer"
  exit 1
fi
if ! unshare --net --mount $([[ $(id -u) -eq 0 ]] || echo --map-root-user) true 2>/dev/null; then
  say "needs root, or user namespaces, for a network of its own"
  exit 1
fi

mkdir -p "$built"
sdk-matrix/build.sh "$built" "$@" >"$built/sdks"
mapfile -t sdks <"$built/sdks"
if ((!${#sdks[@]})); then
  say "no SDK can run here"
  exit 1
fi
python3 sdk-matrix/matrix.py --built "$built" --record sdk-matrix/record "${sdks[@]}"
UPDATE_SDK_PAGE=1 cargo test --quiet --locked --package sdk-matrix
git --no-pager diff --stat -- sdk-matrix/record docs/sdk-credentials.md
