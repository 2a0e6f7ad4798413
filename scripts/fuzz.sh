#!/usr/bin/env bash
# Runs fuzz targets, starting from the corpus in fuzz/corpus. Without arguments, all targets.
#
#   scripts/fuzz.sh [TARGET...]
#
# FUZZ_SECONDS=60   time for each target, in seconds
#
# New inputs are kept below the target directory, for the next run. fuzz/corpus only changes by hand. An input that fails is
# written to fuzz/artifacts: fix the policy, then add the input to fuzz/corpus.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${FUZZ_SECONDS:-60}
target_dir=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
[[ $target_dir == /* ]] || target_dir=$PWD/$target_dir

# The fuzzer needs code coverage, which is a nightly feature of the compiler, like other flags of cargo-fuzz. Without a nightly
# compiler, RUSTC_BOOTSTRAP allows them in the stable one. The module is not built this way.
if have rustup && rustup run nightly rustc --version >/dev/null 2>&1; then
  export RUSTUP_TOOLCHAIN=nightly
else
  export RUSTC_BOOTSTRAP=1
fi
say "with $(rustc --version)"

fuzz() {
  scripts/cargo-tool.sh cargo-fuzz 0.13.2 fuzz "$@"
}

targets=("$@")
if ((!${#targets[@]})); then
  mapfile -t targets < <(fuzz list)
fi
# No sanitizer: the fuzzed code has no unsafe code, and a sanitizer would halve the number of executions.
for target in "${targets[@]}"; do
  say "$target, $seconds seconds"
  mkdir -p "$target_dir/corpus/$target"
  fuzz run --sanitizer none --target-dir "$target_dir" "$target" "$target_dir/corpus/$target" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -max_len=4000 -timeout=10 -print_final_stats=1 -verbosity=0
done
