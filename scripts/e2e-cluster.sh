#!/usr/bin/env bash
# Runs e2e-cluster.bats: the policy on a real control plane.
#
#   scripts/e2e-cluster.sh ANNOTATED.wasm
#
# There are two ways to a cluster:
#
# * E2E_KUBECONFIG names the kubeconfig of a cluster in which Kubewarden and deploy/ are installed; the module is not
#   used. Not KUBECONFIG, which may be that of a cluster in use: the tests change permissions and stop the policy
#   server. scripts/cluster/kind.sh makes such a cluster. With E2E_AUDIT_LOG, the API server's audit log, the tests
#   that need it run, too.
# * Otherwise etcd, kube-apiserver, kube-controller-manager, kubectl, policy-server and kwctl from PATH, with
#   KUBEWARDEN_CRDS (scripts/cluster/local.sh): a control plane on loopback, which ends with the tests.
#
# Without either the tests are skipped; with REQUIRE_CLUSTER=1 that is a failure.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 1)) || { say "usage: $0 ANNOTATED.wasm"; exit 64; }
cd "$(dirname "${BASH_SOURCE[0]}")/.."
local=$PWD/scripts/cluster/local.sh
logs=${CARGO_TARGET_DIR:-target}/e2e-cluster

# interruptible COMMAND...: in a process group of its own, so that a signal ends all of it at once.
interruptible() {
  local group
  set -m
  "$@" &
  set +m
  group=$!
  trap 'kill -TERM -- "-$group" 2>/dev/null || true; wait "$group" || true; exit 143' INT TERM HUP
  wait "$group"
}

if [[ -n ${E2E_KUBECONFIG:-} ]]; then
  say "testing on the cluster of $E2E_KUBECONFIG"
  export KUBECONFIG=$E2E_KUBECONFIG CLUSTER_HOOKS=$PWD/scripts/cluster/kubewarden.sh
  export CLUSTER_AUDIT_LOG=${E2E_AUDIT_LOG:-}
  interruptible scripts/run-bats.sh e2e-cluster.bats
  exit
fi

missing=$("$local" missing)
if [[ -n $missing ]]; then
  say "SKIPPED: the cluster tests need E2E_KUBECONFIG, a cluster with the policy, or what is missing here:"
  while read -r thing; do say "  $thing"; done <<<"$missing"
  [[ -z ${REQUIRE_CLUSTER:-} ]] || { say "REQUIRE_CLUSTER is set: this is a failure"; exit 1; }
  exit 0
fi

# Only this user may read it: it has keys and tokens.
CLUSTER_DIR=$(mktemp -d)
export CLUSTER_DIR
finish() {
  local status=$?
  trap '' INT TERM HUP
  "$local" stop || true
  mkdir -p "$logs"
  cp "$CLUSTER_DIR"/*.log "$logs" 2>/dev/null || true
  ((status == 0)) || say "the logs are in $logs"
  rm -rf "$CLUSTER_DIR"
  exit "$status"
}
trap finish EXIT

say "starting a control plane ($(kube-apiserver --version), $(policy-server --version | head -n 1))"
interruptible "$local" start "$1"
export KUBECONFIG=$CLUSTER_DIR/admin.kubeconfig CLUSTER_HOOKS=$local CLUSTER_AUDIT_LOG=$CLUSTER_DIR/audit.log
export TMPDIR=$CLUSTER_DIR
interruptible scripts/run-bats.sh e2e-cluster.bats
