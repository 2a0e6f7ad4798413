#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154 # Each test is a subshell; helpers.bash sets the other variables.
#
# Workloads and accounts that are older than the policy.

load helpers

@test "a faulty workload that is older than the policy can be scaled, and its new pods are rejected with an event" {
  run --separate-stderr kubectl --namespace "$OLD" scale deployment faulty --replicas 2
  show
  silently
  eventually 60 failed_create "$OLD" faulty '"'"$INJECTION"'" denied the request: Pod '
  failed_create "$OLD" faulty '[web-identity-incomplete]'
  exists 1 "$OLD" pods app=faulty
}

@test "a faulty workload that is older than the policy can be labeled and annotated" {
  for change in "label deployment faulty owner=team" "annotate deployment faulty example.com/note=x" \
    "label serviceaccount faulty owner=team"; do
    # shellcheck disable=SC2086 # Words.
    run --separate-stderr kubectl --namespace "$OLD" $change
    show
    silently
  done
}

@test "a workload that is older than the policy can be rolled back, and its new pods get the role" {
  run --separate-stderr kubectl --namespace "$OLD" rollout undo deployment was-good
  show
  silently
  old delete pods --selector app=was-good --wait=false
  eventually 60 pods_have_identity "$OLD" app=was-good "$ROLE"
}

@test "a rollback to a faulty revision is rejected" {
  run --separate-stderr kubectl --namespace "$OLD" rollout undo deployment was-faulty
  show
  [[ $status -eq 1 && $stderr == *'"'"$CHECKS"'" denied the request: Deployment '*'[web-identity-incomplete]' ]]
}

@test "faulty objects that are older than the policy can be deleted, and their finalizers removed" {
  old delete serviceaccount faulty --wait=false
  run --separate-stderr kubectl --namespace "$OLD" patch serviceaccount faulty --type json --patch \
    '[{"op": "remove", "path": "/metadata/finalizers"}]'
  show
  silently
  run --separate-stderr kubectl --namespace "$OLD" get serviceaccount faulty
  [[ $status -eq 1 && $stderr == *NotFound* ]]
  # The garbage collector removes the finalizer of a deletion in the foreground.
  old delete deployment was-faulty --cascade=foreground --timeout 60s
}
