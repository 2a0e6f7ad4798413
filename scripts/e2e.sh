#!/usr/bin/env bash
# Runs e2e.bats with kwctl, or with policy-host, which embeds the same engine and takes the same flags.
#
#   scripts/e2e.sh kwctl ANNOTATED.wasm
#   scripts/e2e.sh path/to/policy-host POLICY.wasm
#
# e2e.bats reads two variables: KWCTL, the program that it calls as `"$KWCTL" run ...`, and POLICY, the module.
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
