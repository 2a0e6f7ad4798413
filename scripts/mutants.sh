#!/usr/bin/env bash
# Mutation tests of core/, json/ and trust/: each mutant is one small change of the code that must make a test fail.
#
#   scripts/mutants.sh [ARGS...]     arguments of `cargo mutants`, for example: --shard 0/3, --file core/src/glob.rs
#
# Mutants that make no test fail are listed at the end, and in mutants.out below the target directory. MUTANTS_JOBS=2 is the
# number of mutants that run in parallel.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=${CARGO_TARGET_DIR:-$PWD/target}/mutants
mkdir -p "$out"
out=$(cd "$out" && pwd)
# Mutants are built in parallel and must not share a target directory.
unset CARGO_TARGET_DIR
# These builds need no debug information.
export CARGO_PROFILE_DEV_DEBUG=0
status=0
scripts/cargo-tool.sh cargo-mutants 27.1.0 mutants --package aws-pod-identity-core --package aws-pod-identity-json \
  --package aws-pod-identity-trust --jobs "${MUTANTS_JOBS:-2}" --output "$out" "$@" || status=$?
# 2: some mutants were missed; 3: some timed out. Neither is an error: a person must evaluate them.
((status == 2 || status == 3)) && status=0
exit "$status"
