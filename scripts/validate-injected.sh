#!/usr/bin/env bash
# Validates the injected pods of cases/ against the published OpenAPI schema of the newest Kubernetes. The schemas are in a
# Python package, which is installed once, below the target directory. Prints SKIPPED if Python, its venv module or the
# package is not available, because the tests of this project must not need more than Rust.
#
#   scripts/validate-injected.sh
#
# REQUIRE_SCHEMAS=1     fails instead of skipping
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

directory=${CARGO_TARGET_DIR:-target}/validate-injected
requirements=scripts/validate-injected.txt
python=$directory/venv/bin/python

problem=$(python_with "$requirements" "$directory")
[[ -z $problem ]] || skipped REQUIRE_SCHEMAS "$problem"
exec "$python" scripts/validate-injected.py cases
