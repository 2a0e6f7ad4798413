#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154 # Each test is a subshell; helpers.bash sets the other variables.
#
# The messages that users see.

load helpers

@test "kubectl prints why an account is rejected" {
  run_k create --filename - <<<"$(account malformed arn:aws:iam::1111:role/my-role)"
  says "$(denied "$CHECKS")ServiceAccount $NS/malformed: annotation eks.amazonaws.com/role-arn \
\"arn:aws:iam::1111:role/my-role\" is not an IAM role ARN: the account ID has 4 digits, not 12; set an ARN of the form \
arn:<partition>:iam::<12-digit account>:role/[path/]name [role-arn-malformed]"
  run_k annotate serviceaccount no-role eks.amazonaws.com/role-arn=nonsense
  [[ $status -eq 1 && $stderr == 'Error from server: admission webhook "'"$CHECKS"'" denied the request: '* ]]
}

@test "kubectl prints why a pod is rejected" {
  run_k create --filename - <<<"$(pod half my-account | with_env "$HALF_AN_IDENTITY")"
  [[ $status -eq 1 && -z $output ]]
  [[ $stderr == "$(denied "$INJECTION")Pod $NS/half: "'container "app": AWS_ROLE_ARN '*' [web-identity-incomplete]' ]]
  [[ $(pod half my-account | with_env "$HALF_AN_IDENTITY" | code_of_creation) -eq 403 ]]
}

@test "kubectl prints why a workload is rejected" {
  run_k create --filename - <<<"$(workload Deployment half my-account | with_env "$HALF_AN_IDENTITY")"
  [[ $status -eq 1 && -z $output ]]
  [[ $stderr == "$(denied "$CHECKS")Deployment $NS/half: "'container "app": AWS_ROLE_ARN '*' [web-identity-incomplete]' ]]
}

# A CustomResourceDefinition with the fields of Argo Rollouts that the policy reads.
@test "kubectl prints why a custom resource with a pod template is rejected, and warnings about one" {
  kubectl get customresourcedefinition rollouts.argoproj.io 2>/dev/null || kubectl create --filename - <<EOF
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.argoproj.io}
spec:
  group: argoproj.io
  names: {kind: Rollout, plural: rollouts}
  scope: Namespaced
  versions:
    - name: v1alpha1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
EOF
  kubectl wait --for condition=Established --timeout 60s customresourcedefinition rollouts.argoproj.io
  eventually 30 serves argoproj.io/v1alpha1 rollouts
  rollout() {
    workload Deployment "$1" my-account | jq '.apiVersion = "argoproj.io/v1alpha1" | .kind = "Rollout"'
  }
  # Until the API server calls the webhook for the new resource.
  is_rejected() {
    ! rollout probe | with_env "$HALF_AN_IDENTITY" | k create --dry-run=server --filename -
  }
  eventually 60 is_rejected

  run_k create --filename - < <(rollout custom | with_env "$HALF_AN_IDENTITY")
  [[ $status -eq 1 && -z $output ]]
  [[ $stderr == "$(denied "$POD_TEMPLATES")Rollout $NS/custom: "'container "app": AWS_ROLE_ARN '*' [web-identity-incomplete]' ]]

  run_k create --filename - < <(rollout custom | with_env '[{"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7EXAMPLE"}]')
  [[ $status -eq 0 ]]
  [[ $stderr == "Warning: Rollout $NS/custom: "'container "app": AWS_ACCESS_KEY_ID '*' [static-credentials-incomplete]' ]]

  # A change of other fields than the template is not checked.
  run_k patch rollout custom --type merge --patch '{"spec": {"replicas": 3}}'
  silently
  kubectl delete customresourcedefinition rollouts.argoproj.io
}

@test "kubectl prints every finding of a rejection on a separate line" {
  run_k create --filename - <<<"$(pod two my-account |
    with_env "$HALF_AN_IDENTITY" | jq '.metadata.annotations["iam.amazonaws.com/role"] = "my-role"')"
  [[ $status -eq 1 ]]
  lines=()
  mapfile -t lines <<<"$stderr"
  [[ ${#lines[@]} -eq 3 ]]
  [[ ${lines[0]} == *'denied the request: 2 findings about the AWS identity:' ]]
  [[ ${lines[1]} == '- '*'[web-identity-incomplete]' ]]
  [[ ${lines[2]} == '- (warning) '*'[legacy-annotation]' ]]
}

@test "kubectl prints a warning completely" {
  run_k create --filename - <<<"$(pod warned my-account | jq '.metadata.annotations["iam.amazonaws.com/role"] = "my-role"')"
  [[ $status -eq 0 ]]
  [[ $stderr == "Warning: Pod $NS/warned: annotation iam.amazonaws.com/role "*' [legacy-annotation]' ]]
  has_identity "$(k get pod warned --output json)" "$ROLE"
}

# API servers shorten and drop warnings whose sum exceeds 4,096 characters.
@test "kubectl prints the warnings that API servers pass on, each complete, and the number of the others" {
  run_k create --dry-run=server --filename - <<<"$(pod many my-account | jq '
    .spec.containers = [range(40) as $number | {
      name: "container-\($number)", image: "example.com/app",
      env: [{name: "AWS_ACCESS_KEY_ID", value: "a"}, {name: "AWS_SECRET_ACCESS_KEY", value: "b"}]}]')"
  [[ $status -eq 0 ]]
  warnings=()
  mapfile -t warnings <<<"$stderr"
  [[ ${warnings[0]} =~ ^"Warning: "([0-9]+)" more findings" ]]
  shown=$((${#warnings[@]} - 1))
  [[ $((BASH_REMATCH[1] + shown)) -eq 40 && $shown -ge 15 ]]
  for warning in "${warnings[@]:1}"; do
    [[ $warning == 'Warning: '*' [static-credentials]' ]]
  done
}

@test "the audit log has the decision about a pod" {
  [[ -n ${CLUSTER_AUDIT_LOG:-} ]] || skip "needs the audit log of the API server (CLUSTER_AUDIT_LOG)"
  injected=$(pod audited my-account | k create --output json --filename -)
  holds "$(audit_event audited)" '.annotations | [.["\($hook)/identity", "\($hook)/role-arn", "\($hook)/containers"]]
    == ["web identity", $role, "app"]' --arg hook "$INJECTION" --arg role "$ROLE"

  jq '{apiVersion, kind, metadata: {name: "audited-again"}, spec: (.spec | del(.nodeName))}' <<<"$injected" |
    k create --filename -
  holds "$(audit_event audited-again)" '.annotations[$key] == "already injected"' --arg key "$INJECTION/skipped"

  run_k create --filename - <<<"$(pod audited-rejected my-account | with_env "$HALF_AN_IDENTITY")"
  event=$(audit_event audited-rejected)
  holds "$event" '.annotations[$key] == "web-identity-incomplete"' --arg key "$INJECTION/findings"
  holds "$event" '.responseStatus.code == 403'
}

@test "the policy server sends the metrics and labels that the alerts and the dashboard use" {
  [[ -n ${CLUSTER_METRICS:-} ]] || skip "needs the metrics of the policy server (CLUSTER_METRICS)"
  pod measured my-account | k create --filename -
  run_k create --filename - <<<"$(pod measured-rejected my-account | with_env "$HALF_AN_IDENTITY")"
  workload Deployment measured no-role | k create --dry-run=server --filename -
  eventually 30 counted 'policy_name="clusterwide-aws-pod-identity"' 'mutated="true"' 'resource_kind="Pod"' \
    'resource_request_operation="CREATE"' "resource_namespace=\"$NS\""
  eventually 30 counted 'policy_name="clusterwide-aws-pod-identity"' 'accepted="false"' 'error_code="403"'
  eventually 30 counted 'policy_name="clusterwide-aws-pod-identity-checks"' 'accepted="true"' 'resource_kind="Deployment"'

  queries=$(cat "$ROOT"/deploy/monitoring/{prometheus-rule.yaml,dashboard.json})
  names=$(grep -oE 'kubewarden_[a-z_]+' <<<"$queries" | sort -u)
  [[ $(wc -l <<<"$names") -eq 2 ]]
  while read -r name; do
    grep -q "^$name{" "$CLUSTER_METRICS" || { echo "no metric $name"; return 1; }
  done <<<"$names"
  # Labels in selectors and in "by (…)".
  used=$(grep -oE '(by \([a-z_, ]+\)|[a-z_]+=~?\\?")' <<<"$queries" | sed -E 's/^by//' | grep -oE '[a-z_]+' | sort -u)
  [[ $(wc -l <<<"$used") -ge 6 ]]
  for label in $used; do
    grep -qE "[{ ]$label=\"" "$CLUSTER_METRICS" || { echo "no label $label"; return 1; }
  done
}
