#!/usr/bin/env bash
# Validates the reports of the program: JSON with docs/report.schema.json, SARIF with the schema of OASIS, JUnit XML with the
# schema of Jenkins, and the workflow commands of GitHub with the package that GitHub's actions use to write them. Prints
# SKIPPED if Python, npm or a package is not available, because the tests of this project must not need more than Rust.
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
# The schema of SARIF is in an npm package; that of Jenkins is in the source archive of pytest, which validates its reports with
# it.
sarif_package=@microsoft/jest-sarif@1.0.0-beta.0
sarif=$directory/package/lib/schemas/sarif-2.1.0-rtm.5.json
junit_package=pytest==9.0.2
junit=$directory/junit-10.xsd
github_package=@actions/core@3.0.1
github=$directory/node_modules/@actions/core

problem=$(python_with scripts/validate-reports.txt "$directory")
[[ -z $problem ]] || skipped REQUIRE_SCHEMAS "$problem"
have npm || skipped REQUIRE_SCHEMAS "the schema of SARIF and the workflow commands of GitHub need npm"
if [[ ! -f $sarif ]]; then
  say "downloading $sarif_package"
  (cd "$directory" && patiently npm pack --silent "$sarif_package" && tar -xzf microsoft-jest-sarif-*.tgz) ||
    skipped REQUIRE_SCHEMAS "the package $sarif_package cannot be downloaded"
fi
if [[ ! -f $junit ]]; then
  say "downloading $junit_package"
  (cd "$directory" && patiently venv/bin/python -m pip download --quiet --no-deps --no-binary :all: --dest pytest "$junit_package" &&
    tar -xzf pytest/pytest-*.tar.gz -C pytest && cp pytest/*/testing/example_scripts/junit-10.xsd .) ||
    skipped REQUIRE_SCHEMAS "the source archive of $junit_package cannot be downloaded"
fi
if [[ ! -d $github ]]; then
  say "installing $github_package"
  patiently npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$directory" "$github_package" >&2 ||
    skipped REQUIRE_SCHEMAS "the package $github_package cannot be installed"
fi
program=${PROGRAM:-$out/debug/aws-pod-identity}
[[ -n ${PROGRAM:-} ]] || cargo build --quiet --locked --package aws-pod-identity --no-default-features
"$directory/venv/bin/python" scripts/validate-reports.py "$program" "$sarif" "$junit" "$github" "$out/tmp/reports"
