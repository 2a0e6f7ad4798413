#!/usr/bin/env bash
# Runs tests/cluster/: the policy on a real control plane.
#
#   scripts/e2e-cluster.sh ANNOTATED.wasm
#
# The tests use one of these clusters:
#
# * E2E_KUBECONFIG names the kubeconfig of a cluster in which Kubewarden and deploy/ are installed; the module is not
#   used. It is not KUBECONFIG, which may be the kubeconfig of a cluster in use: the tests change permissions and stop the
#   policy server. scripts/cluster/kind.sh creates such a cluster. With E2E_AUDIT_LOG, the audit log of the API server, the
#   tests that need it also run.
# * Otherwise, etcd, kube-apiserver, kube-controller-manager, kubectl, policy-server and kwctl from PATH, with
#   KUBEWARDEN_CRDS (scripts/cluster/local.sh), run a control plane on loopback. It stops after the tests.
#
# Without either, the tests are skipped. With REQUIRE_CLUSTER=1, that is a failure.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 1)) || { say "usage: $0 ANNOTATED.wasm"; exit 64; }
cd "$(dirname "${BASH_SOURCE[0]}")/.."
local=$PWD/scripts/cluster/local.sh
logs=${CARGO_TARGET_DIR:-target}/e2e-cluster

# interruptible COMMAND...: runs it in a separate process group, so that a signal ends all of its processes.
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
  interruptible scripts/run-bats.sh tests/cluster
  exit
fi

missing=$("$local" missing)
if [[ -n $missing ]]; then
  skipped REQUIRE_CLUSTER \
    "the cluster tests need a cluster with the policy (E2E_KUBECONFIG), or these on PATH:"$'\n'"$missing"
fi

# mktemp makes it readable for this user only, because it has keys and tokens.
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

# Optional: the tests of metrics are skipped without it.
metrics=$(pwd)/$logs-metrics
[[ $logs != /* ]] || metrics=$logs-metrics
problem=$(python_with scripts/cluster/otlp-metrics.txt "$metrics")
if [[ -z $problem ]]; then
  export CLUSTER_METRICS_PYTHON=$metrics/venv/bin/python CLUSTER_METRICS=$CLUSTER_DIR/metrics.txt
else
  say "SKIPPED: the tests of metrics: $problem"
fi

say "starting a control plane ($(kube-apiserver --version), $(policy-server --version | head -n 1))"
interruptible "$local" start "$1"
export KUBECONFIG=$CLUSTER_DIR/admin.kubeconfig CLUSTER_HOOKS=$local CLUSTER_AUDIT_LOG=$CLUSTER_DIR/audit.log
export TMPDIR=$CLUSTER_DIR
interruptible scripts/run-bats.sh tests/cluster
