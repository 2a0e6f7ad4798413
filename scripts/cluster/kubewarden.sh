#!/usr/bin/env bash
# Stops the policy server of a cluster with Kubewarden, and starts it again: CLUSTER_HOOKS of tests/cluster/.
# Kubewarden's controller would undo a change of the Deployment, so the PolicyServer is changed.
#
#   kubewarden.sh policy-server stop
#   kubewarden.sh policy-server start
#   kubewarden.sh policies               wait until the policy server uses the current ClusterAdmissionPolicies
#   kubewarden.sh can API                whether it can cut off the policy server from the API server: no
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

namespace=${KUBEWARDEN_NAMESPACE:-kubewarden}
name=${POLICY_SERVER:-default}
replicas=${BATS_FILE_TMPDIR:-${TMPDIR:-/tmp}}/replicas-of-policy-server-$name

scale() {
  kubectl patch policyserver "$name" --type merge --patch "{\"spec\": {\"replicas\": $1}}"
}

# The controller needs a moment to change the Deployment.
deployment_has() {
  local deadline=$((SECONDS + 120))
  until [[ $(kubectl --namespace "$namespace" get deployment "policy-server-$name" \
    --output "jsonpath={.spec.replicas} {.status.readyReplicas}") == "$1" ]]; do
    ((SECONDS < deadline)) || { say "the Deployment policy-server-$name does not become \"$1\""; return 1; }
    sleep 1
  done
}

case "$*" in
  "policy-server stop")
    [[ -e $replicas ]] || kubectl get policyserver "$name" --output "jsonpath={.spec.replicas}" >"$replicas"
    scale 0
    deployment_has "0 "
    kubectl --namespace "$namespace" wait pods --selector "kubewarden/policy-server=$name" --for delete --timeout 120s
    ;;
  "policy-server start")
    [[ -e $replicas ]] || exit 0
    scale "$(<"$replicas")"
    deployment_has "$(<"$replicas") $(<"$replicas")"
    rm "$replicas"
    ;;
  policies)
    # The controller changes the Deployment when it has written the configuration.
    kubectl wait clusteradmissionpolicies --all --for 'jsonpath={.status.policyStatus}=active' --timeout 120s
    kubectl --namespace "$namespace" rollout status deployment "policy-server-$name" --timeout 120s
    ;;
  "can "*) exit 1 ;;
  *) say "usage: see the head of $0"; exit 64 ;;
esac
