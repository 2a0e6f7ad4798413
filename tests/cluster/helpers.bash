# shellcheck shell=bash
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154 # Each test is a subshell; bats, the caller or the tests have the other variables.
#
# Functions that the tests of the policy in a cluster share. The tests use kubectl, and verify how API servers, controllers and the
# policy server work together. They need kubectl, jq, and a cluster in which deploy/ and deploy/pod-templates are installed, with a
# kubeconfig of an administrator. The tests create namespaces and one pod in kube-system, and remove them at the
# end. While they run, they remove permissions of the policy server and stop it. scripts/e2e-cluster.sh
# provides the cluster:
#
#   make e2e-cluster
#
# setup_suite.bash creates the objects once. The files run in the order of their names, and use objects of those before.
#
# Four variables are for steps that kubectl cannot do. Without them, the tests that need them are skipped:
#
#   CLUSTER_HOOKS      a program: `policy-server stop` and `policy-server start`, which return when it is done, and
#                      `policy-server start refused|silent`, after which the policy server reaches no API server; and
#                      `policies`, after which it uses the current ClusterAdmissionPolicies
#   PROGRAM            the program aws-pod-identity
#   CLUSTER_AUDIT_LOG  the API server's audit log (a file; level Metadata or above)
#   CLUSTER_METRICS    the metrics of the policy server, as Prometheus sees them (a file that is written again and again)

bats_require_minimum_version 1.7.0

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ROLE=arn:aws:iam::111122223333:role/my-role
PAUSE=registry.k8s.io/pause:3.10
# The names in deploy/ and of Kubewarden.
INJECTION=clusterwide-aws-pod-identity.kubewarden.admission
CHECKS=clusterwide-aws-pod-identity-checks.kubewarden.admission
POD_TEMPLATES=clusterwide-aws-pod-identity-pod-templates.kubewarden.admission
ACCOUNT_OF_POLICY_SERVER=system:serviceaccount:${KUBEWARDEN_NAMESPACE:-kubewarden}:policy-server

# Variables that the policy rejects.
HALF_AN_IDENTITY='[{"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::111122223333:role/another"}]'

teardown() {
  if [[ -e $BATS_SUITE_TMPDIR/clusterrole.json ]]; then grant; fi
  if [[ -e $BATS_SUITE_TMPDIR/policy-server-is-changed ]]; then policy_server_back; fi
}

# kubectl in the namespace that the policy applies to, and in the one with objects older than the policy.
k() {
  kubectl --namespace "$NS" "$@"
}

old() {
  kubectl --namespace "$OLD" "$@"
}

# create_namespace NAME [LABELS]: with the account that pods use by default. LABELS is JSON.
create_namespace() {
  jq --null-input --arg name "$1" --argjson labels "${2:-{\}}" \
    '{apiVersion: "v1", kind: "Namespace", metadata: {$name, $labels}}' | kubectl create --filename -
  eventually 60 kubectl --namespace "$1" get serviceaccount default
}

# Manifests, as JSON.

account() {
  jq --null-input --arg name "$1" --arg role "${2:-}" '{
    apiVersion: "v1", kind: "ServiceAccount",
    metadata: {name: $name, annotations: (if $role == "" then {} else {"eks.amazonaws.com/role-arn": $role} end)},
  }'
}

pod() {
  jq --null-input --arg name "$1" --arg account "$2" --arg image "$PAUSE" '{
    apiVersion: "v1", kind: "Pod", metadata: {name: $name, labels: {app: $name}},
    spec: {
      serviceAccountName: $account, terminationGracePeriodSeconds: 0,
      containers: [{name: "app", image: $image}],
    },
  }'
}

# workload KIND NAME ACCOUNT
workload() {
  local cron=v1
  [[ $1 != CronJob ]] || serves batch/v1 cronjobs || cron=v1beta1
  pod "$2" "$3" | jq --arg kind "$1" --arg name "$2" --arg cron "$cron" '
    {metadata: {labels: {app: $name}}, spec} as $template
    | ($template | .spec.restartPolicy = "Never") as $of_job
    | {app: $name} as $labels
    | {kind: $kind, metadata: {name: $name}} + {
      Deployment: {apiVersion: "apps/v1", spec: {selector: {matchLabels: $labels}, $template}},
      ReplicaSet: {apiVersion: "apps/v1", spec: {selector: {matchLabels: $labels}, $template}},
      DaemonSet: {apiVersion: "apps/v1", spec: {selector: {matchLabels: $labels}, $template}},
      StatefulSet: {apiVersion: "apps/v1", spec: {serviceName: $name, selector: {matchLabels: $labels}, $template}},
      ReplicationController: {apiVersion: "v1", spec: {selector: $labels, $template}},
      Job: {apiVersion: "batch/v1", spec: {template: $of_job}},
      CronJob: {apiVersion: "batch/\($cron)", spec: {
        schedule: "* * * * *", jobTemplate: {spec: {template: $of_job}}}},
    }[$kind]'
}

# with_env LIST: sets the variables of all containers of the pod or workload on standard input.
with_env() {
  jq --argjson env "$1" '(.. | .containers? | arrays[]).env = $env'
}

# together MANIFEST...: one document of several.
together() {
  printf '%s\n' "$@" | jq --slurp '{apiVersion: "v1", kind: "List", items: .}'
}

# Conditions.

# eventually SECONDS COMMAND...: repeats a condition until it is true.
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= deadline)); then
      echo "does not come true: $*"
      "$@"
      return 1
    fi
    sleep 0.2
  done
}

# holds JSON FILTER [ARGUMENT...]: the jq filter is true of the JSON.
holds() {
  local json=$1 filter=$2
  shift 2
  jq --exit-status "$@" "$filter" <<<"$json" >/dev/null || {
    echo "does not hold: $filter"
    jq . <<<"$json"
    return 1
  }
}

serves() {
  kubectl get --raw "/apis/$1" | jq --exit-status --arg name "$2" 'any(.resources[]; .name == $name)' >/dev/null
}

# exists COUNT NAMESPACE RESOURCE SELECTOR
exists() {
  [[ $(kubectl --namespace "$2" get "$3" --selector "$4" --output name | wc -l) -eq $1 ]]
}

# has_identity POD ROLE: every container has the role and the token, once.
has_identity() {
  holds "$1" '
    "/var/run/secrets/eks.amazonaws.com/serviceaccount" as $directory
    | [.spec.volumes[] | select(.name == "aws-iam-token")] as $volumes
    | ($volumes | length == 1)
    and ($volumes[0].projected.sources == [
      {serviceAccountToken: {audience: "sts.amazonaws.com", expirationSeconds: 86400, path: "token"}}])
    and ([.spec.containers[], (.spec.initContainers // [])[]] | all(
      ([.env[]? | select(.name | startswith("AWS_")) | {(.name): .value}] == [
        {AWS_ROLE_ARN: $role}, {AWS_WEB_IDENTITY_TOKEN_FILE: "\($directory)/token"}])
      and ([.volumeMounts[] | select(.name == "aws-iam-token") | .mountPath] == [$directory])))
  ' --arg role "$2"
}

has_no_identity() {
  holds "$1" 'all(.spec.volumes[]?; .name != "aws-iam-token")
    and all(.spec.containers[].env[]?; .name | startswith("AWS_") | not)'
}

# pods_have_identity NAMESPACE SELECTOR ROLE: there are such pods, and all of them have it.
pods_have_identity() {
  local pods
  pods=$(kubectl --namespace "$1" get pods --selector "$2" --output json | jq --compact-output '.items[]')
  [[ -n $pods ]] || { echo "no pods $2"; return 1; }
  while read -r pod; do
    has_identity "$pod" "$3" || return
  done <<<"$pods"
}

policy_applies_to() {
  ! account faulty-too arn:aws:iam::1111:role/my-role |
    kubectl --namespace "$1" create --dry-run=server --filename - 2>/dev/null
}

# run_k ARGUMENT...: runs kubectl with standard input; sets $status, $output and $stderr.
run_k() {
  run --separate-stderr kubectl --namespace "$NS" "$@"
  show
}

# bats prints this if a test fails.
show() {
  printf 'status: %s\noutput: %s\nstderr: %s\n' "$status" "$output" "${stderr:-}"
}

# says TEXT: kubectl failed, and printed exactly this.
says() {
  [[ $status -eq 1 && -z $output && $stderr == "$1" ]] || {
    printf 'expected: %s\n' "$1"
    return 1
  }
}

# denied WEBHOOK: the start of kubectl's message when the webhook denies the object on standard input.
denied() {
  printf 'Error from server: error when creating "STDIN": admission webhook "%s" denied the request: ' "$1"
}

# kubectl succeeded without a warning.
silently() {
  [[ $status -eq 0 && -z ${stderr:-} ]]
}

# failed_create NAMESPACE NAME TEXT: an event of the controller's object has the text.
failed_create() {
  kubectl --namespace "$1" get events --field-selector "reason=FailedCreate" --output json |
    jq --exit-status --arg name "$2" --arg text "$3" \
      'any(.items[]; (.involvedObject.name | startswith($name)) and (.message | contains($text)))' >/dev/null
}

# code_of_creation: the HTTP status code of the API server for the creation of the object on standard input.
code_of_creation() {
  { kubectl --namespace "$NS" create -v=6 --filename - 2>&1 || true; } |
    sed -nE 's/.*POST.* (status=")?([0-9]{3}) [A-Z].*/\2/p' | tail -n 1
}

# audit_event NAME: the last event for the creation of that pod.
audit_event() {
  jq --raw-input --compact-output --arg namespace "$NS" --arg name "$1" '
    fromjson? | select(.verb == "create" and .objectRef.resource == "pods"
      and .objectRef.namespace == $namespace and .objectRef.name == $name)
  ' "$CLUSTER_AUDIT_LOG" | tail -n 1
}

# counted LABEL...: the policy server has counted an evaluation with these labels.
counted() {
  local found label
  found=$(grep '^kubewarden_policy_evaluations_total{' "$CLUSTER_METRICS") || return
  for label in "$@" 'request_origin="validate"'; do
    found=$(grep -F "$label" <<<"$found") || return
  done
}

# audit KUBECONFIG ARGUMENT...: sets $status, $output (the report as JSON) and $stderr.
audit() {
  local kubeconfig=$1
  shift
  [[ -x ${PROGRAM:-} ]] || skip "needs the program aws-pod-identity (PROGRAM)"
  KUBECONFIG=$kubeconfig run --separate-stderr "$PROGRAM" audit --output json "$@"
  show
}

# reported KIND NAME FILTER [ARGUMENT...]: the filter is true of the entry of that object.
reported() {
  local kind=$1 name=$2 filter=$3
  shift 3
  holds "$output" "any(.entries[]; .kind == \$kind and .name == \$name and ($filter))" --arg kind "$kind" --arg name "$name" "$@"
}

# Manipulation.

revoke() {
  kubectl get clusterrole aws-pod-identity-policy --output json |
    jq 'del(.metadata.resourceVersion, .metadata.uid, .metadata.creationTimestamp, .metadata.managedFields)' \
      >"$BATS_SUITE_TMPDIR/clusterrole.json"
  kubectl patch clusterrole aws-pod-identity-policy --type json --patch \
    '[{"op": "replace", "path": "/rules", "value": []}]'
  eventually 30 may_not_read
}

grant() {
  kubectl replace --filename "$BATS_SUITE_TMPDIR/clusterrole.json"
  eventually 30 may_read
  rm "$BATS_SUITE_TMPDIR/clusterrole.json"
}

may_read() {
  kubectl auth can-i get serviceaccounts --namespace "$NS" --as "$ACCOUNT_OF_POLICY_SERVER"
}

may_not_read() {
  ! may_read
}

# policy_server stop, policy_server start refused|silent: teardown undoes it.
policy_server() {
  [[ -n ${CLUSTER_HOOKS:-} ]] || skip "needs a way to stop the policy server (CLUSTER_HOOKS)"
  if [[ $1 == start ]] && ! "$CLUSTER_HOOKS" can "$2"; then
    skip "only on a control plane whose policy server can be cut off from it"
  fi
  touch "$BATS_SUITE_TMPDIR/policy-server-is-changed"
  "$CLUSTER_HOOKS" policy-server stop
  [[ $1 == stop ]] || "$CLUSTER_HOOKS" policy-server "$@"
}

policy_server_back() {
  "$CLUSTER_HOOKS" policy-server stop
  "$CLUSTER_HOOKS" policy-server start
  rm "$BATS_SUITE_TMPDIR/policy-server-is-changed"
}

# settings PATCH: changes the settings of all policies. PATCH is a JSON merge patch.
settings() {
  local name
  for name in $(kubectl get clusteradmissionpolicies --output name | grep /aws-pod-identity); do
    kubectl patch "$name" --type merge --patch "{\"spec\": {\"settings\": $1}}"
  done
  "$CLUSTER_HOOKS" policies
}

# block PAGE NUMBER: a code block of a page of the site.
block() {
  awk -v number="$2" '/^```/ { inside = !inside; count += inside; next } inside && count == number' \
    "$ROOT/docs/$1.md"
}
