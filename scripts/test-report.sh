#!/usr/bin/env bash
# Tests the html report of the program in a headless Chromium, and takes pictures of it.
#
#   scripts/test-report.sh
#
# PROGRAM=PATH                the program; otherwise it is built
# CHROMIUM=PATH               the browser; otherwise the first one on PATH
# REQUIRE_CHROMIUM=1          without a browser, fails instead of skipping the tests
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

browser=${CHROMIUM:-}
for name in chromium chromium-browser google-chrome; do
  [[ -n $browser ]] || browser=$(command -v "$name" || true)
done
missing=
[[ -n $browser ]] || missing="chromium"
have python3 || missing="${missing:+$missing, }python3"
if [[ -n $missing ]]; then
  echo "SKIPPED: tests of the html report in a browser; missing: $missing"
  [[ -z ${REQUIRE_CHROMIUM:-} ]] || exit 1
  exit 0
fi

out=${CARGO_TARGET_DIR:-target}
program=${PROGRAM:-$out/debug/aws-pod-identity}
[[ -n ${PROGRAM:-} ]] || cargo build --quiet --locked --package aws-pod-identity --no-default-features
python3 scripts/test-report.py "$browser" "$program" "$out/report-screenshots"
say "pictures: $out/report-screenshots"
