#!/usr/bin/env bash
# Validates the injected pods of cases/ against the OpenAPI schema of the newest Kubernetes, as published. The schemas
# come with a Python package, which is installed once, below the target directory. Says SKIPPED where Python, its
# venv module or the package cannot be had: nothing but Rust is needed to test this project.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${CARGO_TARGET_DIR:-target}/validate-injected
requirements=scripts/validate-injected.txt
python=$folder/venv/bin/python

skip() {
  say "SKIPPED: $1"
  exit 0
}

# install: makes the virtual environment; prints why it cannot on stdout.
install() {
  rm -rf "$folder"
  mkdir -p "$folder"
  if ! python3 -m venv "$folder/venv" >"$folder/log" 2>&1; then
    echo "python3 -m venv failed: install python3-venv (or your system's package)"
  elif ! PIP_DISABLE_PIP_VERSION_CHECK=1 patiently "$python" -m pip install \
    --quiet --retries 1 --no-deps --only-binary :all: --requirement "$requirements" 2>"$folder/log"; then
    local why
    why=$(grep -m 1 ERROR "$folder/log") || why="no answer within two minutes"
    echo "kubernetes-validate cannot be installed: $why"
  else
    # Last, so that what was interrupted is done again.
    cp "$requirements" "$folder/installed.txt"
  fi
}

have python3 || skip "python3 is missing"
if ! cmp -s "$requirements" "$folder/installed.txt" || ! "$python" --version >/dev/null 2>&1; then
  say "installing kubernetes-validate into $folder"
  problem=$(install)
  [[ -z $problem ]] || skip "$problem"
fi
exec "$python" scripts/validate-injected.py cases
