#!/usr/bin/env bash
# Runs every fuzz target for a while, from the saved corpus.
#
#   scripts/fuzz.sh [TARGET...]
#
# FUZZ_SECONDS=60   how long each of them runs
#
# What is found on the way is kept below the target folder, for the next run; fuzz/corpus changes only by hand. An
# input that fails is left in fuzz/artifacts: mend the policy, then add the input to fuzz/corpus.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${FUZZ_SECONDS:-60}
target_dir=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
[[ $target_dir == /* ]] || target_dir=$PWD/$target_dir

# Coverage of the code is what guides the fuzzer, and a nightly feature of the compiler; so is cargo-fuzz' choice of
# flags. Without a nightly compiler, the stable one is told to allow it: nothing of it goes into the module.
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
# No sanitizer: there is no unsafe code in what is fuzzed, and it would cost half of the executions.
for target in "${targets[@]}"; do
  say "$target, $seconds seconds"
  mkdir -p "$target_dir/corpus/$target"
  fuzz run --sanitizer none --target-dir "$target_dir" "$target" "$target_dir/corpus/$target" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -max_len=4000 -timeout=10 -print_final_stats=1 -verbosity=0
done
