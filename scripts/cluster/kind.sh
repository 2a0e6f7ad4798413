#!/usr/bin/env bash
# Creates a kind cluster with Kubewarden from its chart, and deploy/ with a module of this checkout. Needs docker, kind,
# helm, kubectl and kwctl.
#
#   kind.sh up ANNOTATED.wasm KUBECONFIG   writes the kubeconfig, for E2E_KUBECONFIG of the cluster tests
#   kind.sh down
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

CHART_VERSION=6.0.2 # Kubewarden 1.37.2
CLUSTER=aws-pod-identity-policy
# The policy server fetches the module from a registry in the network of the cluster.
REGISTRY=aws-pod-identity-policy-registry
REGISTRY_PORT=5001

up() {
  local module=$1 sources
  export KUBECONFIG=$2
  kind create cluster --name "$CLUSTER" --kubeconfig "$KUBECONFIG" --wait 3m
  docker run --detach --name "$REGISTRY" --publish "127.0.0.1:$REGISTRY_PORT:5000" registry:3
  docker network connect kind "$REGISTRY"

  sources=$(mktemp)
  echo "insecure_sources: [\"localhost:$REGISTRY_PORT\"]" >"$sources"
  kwctl push --sources-path "$sources" "$module" "registry://localhost:$REGISTRY_PORT/policy:under-test"
  rm "$sources"

  # The tests do not use the audit scanner.
  helm install admission-controller admission-controller --repo https://charts.kubewarden.io \
    --version "$CHART_VERSION" --namespace kubewarden --create-namespace --wait --timeout 5m \
    --set "policyServer.insecureSources={$REGISTRY:5000}" --set auditScanner.enable=false
  { kubectl kustomize deploy && echo --- && cat deploy/pod-templates/aws-pod-identity-pod-templates.yaml; } |
    sed -E "s|^( *module:).*|\1 registry://$REGISTRY:5000/policy:under-test|" | kubectl apply --filename -
  kubectl wait clusteradmissionpolicies --all --for condition=PolicyActive --timeout 5m
}

down() {
  kind delete cluster --name "$CLUSTER"
  docker rm --force "$REGISTRY"
}

case "${1:-} $#" in
  "up 3") up "$2" "$3" ;;
  "down 1") down ;;
  *) echo "usage: see the head of $0" >&2; exit 64 ;;
esac
