#!/usr/bin/env bash
# Runs e2e.bats on a host, and says which: kwctl where it is on PATH, else policy-host, which embeds the
# same engine and takes the same flags.
#
#   scripts/e2e.sh kwctl ANNOTATED.wasm
#   scripts/e2e.sh path/to/policy-host POLICY.wasm
#
# e2e.bats is told through two variables: KWCTL, the program to call as `"$KWCTL" run ...`, and POLICY, the
# module to give it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 2)) || { say "usage: $0 HOST MODULE.wasm"; exit 64; }
KWCTL=$1
POLICY=$(realpath "$2")
have "$KWCTL" || { say "$KWCTL: not found"; exit 1; }
[[ $KWCTL != */* ]] || KWCTL=$(realpath "$KWCTL")
export KWCTL POLICY
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say "testing $(basename "$POLICY") on $("$KWCTL" --version 2>/dev/null | head -n 1 || basename "$KWCTL") ($KWCTL)"

exec scripts/run-bats.sh e2e.bats
