#!/usr/bin/env bash
# Validates the injected pods of cases/ against the published OpenAPI schema of the newest Kubernetes. The schemas are in a
# Python package, which is installed once, below the target directory. Prints SKIPPED if Python, its venv module or the
# package is not available, because the tests of this project must not need more than Rust.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

directory=${CARGO_TARGET_DIR:-target}/validate-injected
requirements=scripts/validate-injected.txt
python=$directory/venv/bin/python

skip() {
  say "SKIPPED: $1"
  exit 0
}

problem=$(python_with "$requirements" "$directory")
[[ -z $problem ]] || skip "$problem"
exec "$python" scripts/validate-injected.py cases
