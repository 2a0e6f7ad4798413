#!/usr/bin/env bash
# Mutation testing of core/ and json/: changes the code in one small place at a time and expects a test to fail.
#
#   scripts/mutants.sh [ARGS...]     ARGS as for `cargo mutants`, such as: --shard 0/3, --file core/src/glob.rs
#
# What was missed is listed at the end, and in mutants.out below the target folder. MUTANTS_JOBS=2 at a time.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=${CARGO_TARGET_DIR:-$PWD/target}/mutants
mkdir -p "$out"
out=$(cd "$out" && pwd)
# Mutants are built side by side: in one target folder, they would be taken for each other.
unset CARGO_TARGET_DIR
# Nobody looks at these builds with a debugger.
export CARGO_PROFILE_DEV_DEBUG=0
status=0
scripts/cargo-tool.sh cargo-mutants 27.1.0 mutants --package aws-pod-identity-core --package aws-pod-identity-json \
  --jobs "${MUTANTS_JOBS:-2}" --output "$out" "$@" || status=$?
# 2: some were missed; 3: some ran out of time. Whether that is a fault is for a person to say.
((status == 2 || status == 3)) && status=0
exit "$status"
