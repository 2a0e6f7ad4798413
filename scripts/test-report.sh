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

browser_or_skip "the html report"
out=${CARGO_TARGET_DIR:-target}
program=${PROGRAM:-$out/debug/aws-pod-identity}
[[ -n ${PROGRAM:-} ]] || cargo build --quiet --locked --package aws-pod-identity --no-default-features
python3 scripts/test-report.py "$browser" "$program" "$out/report-screenshots"
say "pictures: $out/report-screenshots"
