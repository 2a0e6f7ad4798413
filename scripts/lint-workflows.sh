#!/usr/bin/env bash
# Checks the workflows with actionlint and zizmor. Both are used from PATH; zizmor is otherwise installed below the target
# directory, from its Python package, and actionlint is built with Go.
#
#   scripts/lint-workflows.sh
#
# REQUIRE_LINTERS=1   fails if one of them is not available; otherwise prints SKIPPED
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=$(mkdir -p "${CARGO_TARGET_DIR:-target}/tools" && cd "${CARGO_TARGET_DIR:-target}/tools" && pwd)
ACTIONLINT=1.7.12 ZIZMOR=1.32.0
status=0

skip() {
  ! not_skippable REQUIRE_LINTERS "$1" || status=1
}

actionlint=$(command -v actionlint || echo "$tools/actionlint-$ACTIONLINT/actionlint")
if [[ ! -x $actionlint ]] && have go; then
  say "installing actionlint $ACTIONLINT"
  GOBIN=$tools/actionlint-$ACTIONLINT patiently go install "github.com/rhysd/actionlint/cmd/actionlint@v$ACTIONLINT" || true
fi
if [[ -x $actionlint ]]; then "$actionlint" || status=1; else skip "actionlint needs Go"; fi

zizmor=$(command -v zizmor || echo "$tools/zizmor-$ZIZMOR/bin/zizmor")
if [[ ! -x $zizmor ]] && have python3; then
  say "installing zizmor $ZIZMOR"
  { python3 -m venv "$tools/zizmor-$ZIZMOR" &&
    PIP_DISABLE_PIP_VERSION_CHECK=1 patiently "$tools/zizmor-$ZIZMOR/bin/python" -m pip install --quiet "zizmor==$ZIZMOR"; } || true
fi
if [[ -x $zizmor ]]; then "$zizmor" --quiet --offline --persona pedantic .github action.yml || status=1; else skip "zizmor needs Python with venv"; fi
exit "$status"
