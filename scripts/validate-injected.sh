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

# install: creates the virtual environment. If it fails, prints the reason on stdout.
install() {
  rm -rf "$directory"
  mkdir -p "$directory"
  if ! python3 -m venv "$directory/venv" >"$directory/log" 2>&1; then
    echo "python3 -m venv failed: install python3-venv (or your system's package)"
  elif ! PIP_DISABLE_PIP_VERSION_CHECK=1 patiently "$python" -m pip install \
    --quiet --retries 1 --no-deps --only-binary :all: --requirement "$requirements" 2>"$directory/log"; then
    local why
    why=$(grep -m 1 ERROR "$directory/log") || why="timeout after two minutes"
    echo "kubernetes-validate cannot be installed: $why"
  else
    # Last, so that an interrupted installation is repeated.
    cp "$requirements" "$directory/installed.txt"
  fi
}

have python3 || skip "python3 is missing"
if ! cmp -s "$requirements" "$directory/installed.txt" || ! "$python" --version >/dev/null 2>&1; then
  say "installing kubernetes-validate into $directory"
  problem=$(install)
  [[ -z $problem ]] || skip "$problem"
fi
exec "$python" scripts/validate-injected.py cases
