#!/usr/bin/env bash
# Runs a file or a directory of bats tests, and prints how many passed, failed and were skipped.
#
#   scripts/run-bats.sh FILE.bats|DIRECTORY
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 1)) || { say "usage: $0 FILE.bats|DIRECTORY"; exit 64; }
output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
bats --tap "$1" | tee "$output" || status=$?
awk -v file="$(basename "$1" .bats)" '
  /^ok .* # skip/ { skipped++; next }
  /^ok /          { passed++ }
  /^not ok /      { failed++ }
  END { printf "%s: %d passed, %d failed, %d skipped\n", file, passed, failed, skipped; exit passed + failed == 0 }
' "$output" || { say "no test ran"; status=1; }
exit "$status"
