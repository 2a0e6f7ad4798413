#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154 # Each test is a subshell; helpers.bash sets the other variables.
#
# These tests are the last ones, because the controller of CronJobs needs some time, and because they remove the namespaces.

load helpers

@test "the pods of a CronJob get the role" {
  cron_pods() {
    k get pods --output json | jq --exit-status --compact-output \
      '[.items[] | select(.metadata.name | startswith("cron-"))] | .[0] // empty'
  }
  eventually 90 cron_pods
  has_identity "$(cron_pods)" "$ROLE"
}

@test "namespaces in which the policy was active can be deleted" {
  kubectl delete namespace "$NS" "$OLD" --timeout 120s
}
