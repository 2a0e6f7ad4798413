#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154 # Each test is a subshell; helpers.bash sets the other variables.
#
# The command aws-pod-identity audit, which reads the cluster.

load helpers

# kubeconfig_of TOKEN: writes $BATS_TEST_TMPDIR/kubeconfig, with this token in place of the administrator's credentials.
kubeconfig_of() {
  kubectl config view --raw --minify --flatten --output json |
    jq --arg token "$1" '.users[0].user = {$token}' >"$BATS_TEST_TMPDIR/kubeconfig"
}

@test "an audit uses the installed policies and reports objects that are older than the policy" {
  # A pod from before the annotation of its account.
  account later | old create --filename -
  pod before-annotation later | old create --filename -
  old annotate serviceaccount later "eks.amazonaws.com/role-arn=$ROLE"
  pod after-annotation later | old create --filename -

  audit "$KUBECONFIG" --namespace "$OLD"
  [[ $status -eq 1 ]]
  holds "$output" '.settings | startswith("the installed ClusterAdmissionPolicies aws-pod-identity, ")'
  reported Pod before-annotation '.verdict == "warned" and [.findings[].id] == ["running-without-identity"]
    and .role == $role and .injected.containers == ["app"]' --arg role "$ROLE"
  reported Pod after-annotation '.findings == []'
  reported Deployment faulty '.verdict == "rejected" and any(.findings[]; .id == "web-identity-incomplete")'
  reported ServiceAccount faulty '.verdict == "rejected" and [.findings[].id] == ["role-arn-malformed"]'
  holds "$output" 'all(.entries[]; .kind != "ReplicaSet") and .errors == []'
}

@test "an audit of all namespaces reads every kind, and skips namespaces that no policy selects" {
  audit "$KUBECONFIG"
  [[ $status -eq 1 ]]
  holds "$output" '.errors == [] and all(.entries[]; .namespace != "kubewarden")'
  reported CronJob cron '.role == $role' --arg role "$ROLE"
  holds "$output" '.skipped["objects that no policy selects"] > 0'
}

@test "the permissions that the page about audits lists are enough" {
  block audit 1 | kubectl apply --filename -
  bash -c "$(block audit 2)"
  token=$(kubectl --namespace aws-pod-identity-audit create token aws-pod-identity-audit)
  kubeconfig_of "$token"
  # With --roles, the audit reads the issuer of the cluster, too.
  echo '{"Roles": []}' >"$BATS_TEST_TMPDIR/roles.json"
  audit "$BATS_TEST_TMPDIR/kubeconfig" --roles "$BATS_TEST_TMPDIR/roles.json"
  [[ $status -eq 1 ]]
  holds "$output" '.errors == [] and (.settings | startswith("the installed ClusterAdmissionPolicies "))'
}

@test "an audit without a permission names it and reads the other objects" {
  kubectl apply --filename - <<MANIFEST
apiVersion: v1
kind: ServiceAccount
metadata: {name: auditor, namespace: $NS}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: auditor, namespace: $NS}
rules:
  - {apiGroups: [""], resources: [serviceaccounts, pods, replicationcontrollers], verbs: [get, list]}
  - {apiGroups: [apps], resources: [replicasets, statefulsets, daemonsets], verbs: [list]}
  - {apiGroups: [batch], resources: [jobs, cronjobs], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: auditor, namespace: $NS}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: auditor}
subjects: [{kind: ServiceAccount, name: auditor, namespace: $NS}]
MANIFEST
  token=$(k create token auditor)
  kubeconfig_of "$token"
  audit "$BATS_TEST_TMPDIR/kubeconfig" --namespace "$NS" --settings /dev/null
  [[ $status -eq 2 ]]
  holds "$output" '[.errors[].message] | length == 2
    and any(startswith("namespaces \($ns): not read: ") and contains("verb \"get\" on resource \"namespaces\""))
    and any(startswith("deployments: not read: deployments.apps is forbidden: ")
      and contains("verb \"list\" on resource \"deployments\" of API group \"apps\" in namespace \"\($ns)\""))' \
    --arg ns "$NS"
  reported StatefulSet of-statefulset '.role == $role' --arg role "$ROLE"
}
