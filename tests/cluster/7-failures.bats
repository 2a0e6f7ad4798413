#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154 # Each test is a subshell; helpers.bash sets the other variables.
#
# Admission while the policy server cannot read accounts, or does not run.

load helpers

@test "without permission to read accounts no pod is created without its identity, except in kube-system" {
  revoke
  run_k create --filename - <<<"$(pod unreadable my-account)"
  [[ $status -eq 1 ]]
  [[ $stderr == "$(denied "$INJECTION")cannot look up ServiceAccount $NS/my-account: "*"serviceaccounts \"my-account\" is forbidden"* ]]
  [[ $stderr == *"kubectl auth can-i get serviceaccounts --namespace $NS"* && $stderr != *$'\n'* ]]

  # A workload is created. Its pods are created when the policy server has the permission.
  run_k create --filename - <<<"$(workload Deployment unreadable my-account)"
  [[ $status -eq 0 && $stderr == "Warning: Deployment $NS/unreadable: cannot look up ServiceAccount $NS/my-account: "* ]]
  eventually 30 failed_create "$NS" unreadable "cannot look up ServiceAccount $NS/my-account"

  run --separate-stderr kubectl --namespace kube-system create --dry-run=server --output json --filename - \
    <<<"$(pod unreadable default)"
  show
  [[ $status -eq 0 && $stderr == "Warning: Pod kube-system/unreadable: it is admitted without an AWS identity"* ]]

  [[ $(pod unreadable my-account | code_of_creation) -eq 500 ]]
  if [[ -n ${CLUSTER_METRICS:-} ]]; then
    eventually 30 counted 'policy_name="clusterwide-aws-pod-identity"' 'error_code="500"' 'accepted="false"'
  fi
  grant
  eventually 60 pods_have_identity "$NS" app=unreadable "$ROLE"
}

@test "while the API server refuses connections from the policy server, pods are rejected, except in kube-system" {
  policy_server start refused
  run_k create --filename - <<<"$(pod unreachable my-account)"
  [[ $status -eq 1 ]]
  [[ $stderr == *'"'"$INJECTION"'" denied the request: cannot look up ServiceAccount '* ]]
  [[ $stderr == *"retry the request (controllers retry automatically)" ]]
  run --separate-stderr kubectl --namespace kube-system create --dry-run=server --output json --filename - \
    <<<"$(pod unreachable default)"
  show
  [[ $status -eq 0 && $stderr == "Warning: Pod kube-system/unreachable: it is admitted without an AWS identity"* ]]
}

# The policy server does not interrupt a lookup: the time limit of the webhook does, and then failurePolicy applies.
@test "while the API server does not answer the policy server, pods are rejected, except in kube-system" {
  policy_server start silent
  (kubectl --namespace kube-system create --dry-run=server --output json --filename - <<<"$(pod unanswered default)" \
    >"$BATS_TEST_TMPDIR/kube-system.json") &
  run_k create --filename - <<<"$(pod unanswered my-account)"
  [[ $status -eq 1 ]]
  [[ $stderr == *'Internal error occurred: failed calling webhook "'"$INJECTION"'"'* ]]
  wait $!
  has_no_identity "$(<"$BATS_TEST_TMPDIR/kube-system.json")"
}

@test "while the policy server is unavailable, only the creation of pods outside of kube-system waits for it" {
  create_namespace "$NS-gone"
  pod gone default | kubectl --namespace "$NS-gone" create --filename -
  policy_server stop

  run_k create --filename - <<<"$(pod waiting my-account)"
  [[ $status -eq 1 ]]
  [[ $stderr == "Error from server (InternalError): error when creating \"STDIN\": Internal error occurred: \
failed calling webhook \"$INJECTION\": "* ]]

  # failurePolicy: Ignore in kube-system
  has_no_identity "$(pod waiting "$NS" |
    kubectl --namespace kube-system create --dry-run=server --output json --filename -)"

  # Workloads and accounts are not checked.
  run_k create --filename - <<<"$(together "$(account waiting "$ROLE")" "$(workload Deployment waiting waiting)")"
  silently
  eventually 30 failed_create "$NS" waiting "failed calling webhook"
  run_k scale deployment of-deployment --replicas 0
  silently
  eventually 60 exists 0 "$NS" pods app=of-deployment
  old scale deployment faulty --replicas 1
  k set image deployment/my-app my-app=public.ecr.aws/nginx/nginx:1.26
  k rollout undo deployment/my-app
  k patch serviceaccount waiting --type merge --patch '{"metadata": {"finalizers": ["example.com/tests"]}}'
  k patch serviceaccount waiting --type json --patch '[{"op": "remove", "path": "/metadata/finalizers"}]'
  kubectl delete namespace "$NS-gone" --timeout 60s

  policy_server_back
  eventually 60 pods_have_identity "$NS" app=waiting "$ROLE"
}
