#!/usr/bin/env bash
# Checks the Helm chart: `helm lint`, and the renderings of charts/aws-pod-identity-policy/tests. Each directory there has the
# values of one rendering and the expected result; `refused` has values that the chart must refuse, with the message.
#
#   scripts/validate-chart.sh
#
# UPDATE_CHART=1   writes the expected results instead; review the difference
# REQUIRE_HELM=1   fails without helm; otherwise prints SKIPPED
#
# Without helm, tests/repository still compares the expected results with deploy/.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

chart=charts/aws-pod-identity-policy
# Without the lines that helm prints about each linked file.
errors() { grep -v 'found symbolic link in path' || true; }

have helm ||
  skipped REQUIRE_HELM "the chart is not rendered without helm (https://helm.sh/docs/intro/install)"
say "with helm $(helm version --short)"

passed=0 failed=0
# result NAME COMMAND...
result() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    say "failed: $name"
  fi
}

render() {
  helm template aws-pod-identity-policy "$chart" --namespace kubewarden --values "$1"
}

renders() {
  local directory=$1 output
  output=$(render "$directory/values.yaml" 2> >(errors >&2)) || return
  if [[ -n ${UPDATE_CHART:-} ]]; then
    printf '%s\n' "$output" >"$directory/expected.yaml"
  else
    diff --unified "$directory/expected.yaml" - <<<"$output"
  fi
}

refuses() {
  local expected output
  expected=$(sed -n '1s/^# error: //p' "$1")
  if output=$(render "$1" 2>&1); then
    say "$1: accepted"
    return 1
  fi
  [[ -n $expected && $output == *"$expected"* ]] || { say "$1: $output"; return 1; }
}

lints() {
  local output
  output=$(helm lint --strict "$chart" "$@" 2>&1) || { errors <<<"$output"; return 1; }
}

result "helm lint" lints
for directory in "$chart"/tests/*/; do
  [[ -e $directory/values.yaml ]] || continue
  result "helm lint with ${directory}values.yaml" lints --values "${directory}values.yaml"
  result "${directory}expected.yaml" renders "${directory%/}"
done
for values in "$chart"/tests/refused/*.yaml; do
  result "$values" refuses "$values"
done
# The packaged chart has the contents of the linked files, and no tests.
packages() {
  local directory contents
  directory=$(mktemp -d)
  helm package --destination "$directory" "$chart" >/dev/null 2> >(errors >&2) || return
  contents=$(tar --list --verbose --file "$directory"/*.tgz)
  rm -r "$directory"
  [[ $contents == *files/aws-pod-identity.yaml* && $contents != *" -> "* && $contents != */tests/* ]]
}
result "helm package" packages
echo "chart: $passed passed, $failed failed"
((failed == 0))
