#!/usr/bin/env bash
# Tests the alert rules of deploy/monitoring with promtool.
#
#   scripts/validate-monitoring.sh
#
# REQUIRE_PROMTOOL=1   fails without promtool; otherwise prints SKIPPED
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/../deploy/monitoring"

have promtool ||
  skipped REQUIRE_PROMTOOL "the alert rules are not tested without promtool (Debian's package prometheus has it)"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
# The contents of spec are a file of rules for Prometheus.
sed -n '/^spec:$/,$ { /^spec:$/d; s/^  //; p }' prometheus-rule.yaml >"$directory/rules.yaml"
cp rules_test.yaml "$directory"
cd "$directory"
promtool check rules rules.yaml
promtool test rules rules_test.yaml
