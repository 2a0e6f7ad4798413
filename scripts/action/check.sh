#!/usr/bin/env bash
# The second step of action.yml: checks manifests, and writes the reports. The variables are the inputs of the action.
set -euo pipefail

arguments=(--namespace "${NAMESPACE:-default}")
# lines OPTION TEXT: the option for each line of the text.
lines() {
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    [[ -z $line ]] || arguments+=("$1" "$line")
  done <<<"$2"
}
lines --settings "${SETTINGS:-}"
lines --from-policy "${FROM_POLICY:-}"
lines --cluster-state "${CLUSTER_STATE:-}"
lines --roles "${ROLES:-}"
lines --issuer "${ISSUER:-}"
paths=()
while IFS= read -r line; do
  line=${line%$'\r'}
  [[ -z $line ]] || paths+=("$line")
done <<<"${PATHS:-}"
if ((${#paths[@]} == 0)); then
  echo "::error title=aws-pod-identity::the input paths is empty"
  exit 2
fi

# report FORMAT FILE: writes a report. Its exit code is not used, because the last run has the same one.
report() {
  [[ -z $2 ]] || "$PROGRAM" check "${arguments[@]}" --fail-on never --output "$1" -- "${paths[@]}" >"$2" || true
}
report sarif "${SARIF:-}"
report html "${HTML:-}"
status=0
"$PROGRAM" check "${arguments[@]}" --fail-on "${FAIL_ON:-reject}" --output github -- "${paths[@]}" || status=$?
echo "exit-code=$status" >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$status"
