#!/usr/bin/env bash
# Validates the reports of the program: JSON with docs/report.schema.json, SARIF with the schema of OASIS, and JUnit XML with
# what Jenkins accepts. The schema of SARIF is in an npm package, @microsoft/jest-sarif. Prints SKIPPED if Python or a package is
# not available, because the tests of this project must not need more than Rust.
#
#   scripts/validate-reports.sh
#
# PROGRAM=PATH          the program; otherwise it is built
# REQUIRE_SCHEMAS=1     fails instead of skipping
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=${CARGO_TARGET_DIR:-target}
directory=$out/validate-reports
package=@microsoft/jest-sarif@1.0.0-beta.0
schema=$directory/package/lib/schemas/sarif-2.1.0-rtm.5.json

problem=$(python_with scripts/validate-reports.txt "$directory")
[[ -z $problem ]] || skipped REQUIRE_SCHEMAS "$problem"
if [[ ! -f $schema ]]; then
  have npm || skipped REQUIRE_SCHEMAS "the schema of SARIF needs npm"
  say "downloading $package"
  (cd "$directory" && patiently npm pack --silent "$package" && tar -xzf microsoft-jest-sarif-*.tgz) ||
    skipped REQUIRE_SCHEMAS "the package $package cannot be downloaded"
fi
program=${PROGRAM:-$out/debug/aws-pod-identity}
[[ -n ${PROGRAM:-} ]] || cargo build --quiet --locked --package aws-pod-identity --no-default-features
"$directory/venv/bin/python" scripts/validate-reports.py "$program" "$schema" "$out/tmp/reports"
