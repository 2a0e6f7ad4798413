#!/usr/bin/env bash
# Tests the playground in a headless Chromium, and compares its reports with those of the program. Builds both.
#
#   scripts/test-playground.sh
#
# CHROMIUM=PATH               the browser; otherwise the first one on PATH
# REQUIRE_CHROMIUM=1          without a browser, fails instead of skipping the tests
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

browser_or_skip "the playground"
out=${CARGO_TARGET_DIR:-target}
page=$out/site/playground/index.html
scripts/playground.sh "$page"
cargo build --quiet --locked --package aws-pod-identity --no-default-features
python3 scripts/test-playground.py "$browser" "$page" "$out/debug/aws-pod-identity" . "$out/playground-screenshots"
say "pictures: $out/playground-screenshots"
