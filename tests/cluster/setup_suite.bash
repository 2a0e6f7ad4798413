# shellcheck shell=bash
# The objects of all tests: created once, before the first file, and removed after the last one.

# shellcheck source-path=SCRIPTDIR source=helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/helpers.bash"

setup_suite() {
  export KUBECACHEDIR=$BATS_SUITE_TMPDIR/kubectl
  export NS=pod-identity-$RANDOM OLD
  OLD=$NS-old

  create_namespace "$NS"
  account my-account "$ROLE" | k create --filename -
  account no-role | k create --filename -

  # Objects that the policy would have rejected. deploy/ leaves out namespaces with this label.
  create_namespace "$OLD" '{"openshift.io/run-level": "1"}'
  account my-account "$ROLE" | old create --filename -
  account faulty arn:aws:iam::1111:role/my-role | jq '.metadata.finalizers = ["example.com/tests"]' |
    old create --filename -
  workload Deployment faulty my-account | with_env "$HALF_AN_IDENTITY" | old create --filename -
  workload Deployment was-good my-account | old create --filename -
  workload Deployment was-faulty my-account | with_env "$HALF_AN_IDENTITY" | old create --filename -
  for name in faulty was-good was-faulty; do
    eventually 60 exists 1 "$OLD" pods "app=$name"
  done
  workload Deployment was-good my-account | with_env "$HALF_AN_IDENTITY" | old replace --filename -
  workload Deployment was-faulty my-account | with_env '[{"name": "VERSION", "value": "2"}]' | old replace --filename -
  for name in was-good was-faulty; do
    eventually 60 exists 2 "$OLD" replicasets "app=$name"
  done
  kubectl label namespace "$OLD" openshift.io/run-level-
  eventually 30 policy_applies_to "$OLD"

  # The controller creates its first Job within a minute or so.
  workload CronJob cron my-account | k create --filename -
}

teardown_suite() {
  kubectl delete namespace "$NS" "$OLD" "$NS-gone" --ignore-not-found --wait=false
  kubectl --namespace kube-system delete --ignore-not-found pod,serviceaccount,deployment --selector "$NS" --wait=false
  kubectl delete --ignore-not-found --wait=false namespace/aws-pod-identity-audit \
    clusterrole/aws-pod-identity-audit clusterrolebinding/aws-pod-identity-audit
}
