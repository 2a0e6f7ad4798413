#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2153 # Each test is a subshell; KUBECONFIG is the caller's.
#
# The policy in a cluster, through kubectl: what API servers, controllers and the policy server do together.
# Needs kubectl, jq, and a cluster in which deploy/ and deploy/pod-templates are installed, with a kubeconfig of an administrator. The tests
# create namespaces of their own and one pod in kube-system, and remove them at the end; while they run they take the
# policy server's permissions away and stop the policy server. scripts/e2e-cluster.sh provides the cluster:
#
#   make e2e-cluster
#
# Three variables give the tests what kubectl cannot do; tests that need them are skipped without:
#
#   CLUSTER_HOOKS      a program: `policy-server stop` and `policy-server start`, which return when it is done, and
#                      `policy-server start refused|silent`, after which the policy server reaches no API server; and
#                      `policies`, after which it uses the ClusterAdmissionPolicies as they are then
#   PROGRAM            the program aws-pod-identity
#   CLUSTER_AUDIT_LOG  the API server's audit log (a file; level Metadata or above)
#   CLUSTER_METRICS    the metrics of the policy server, as Prometheus sees them (a file that is written again and again)

bats_require_minimum_version 1.5.0

ROLE=arn:aws:iam::111122223333:role/my-role
PAUSE=registry.k8s.io/pause:3.10
# The names that deploy/ and Kubewarden give.
INJECTION=clusterwide-aws-pod-identity.kubewarden.admission
CHECKS=clusterwide-aws-pod-identity-checks.kubewarden.admission
POD_TEMPLATES=clusterwide-aws-pod-identity-pod-templates.kubewarden.admission
ACCOUNT_OF_POLICY_SERVER=system:serviceaccount:${KUBEWARDEN_NAMESPACE:-kubewarden}:policy-server

# Variables that the policy rejects.
HALF_AN_IDENTITY='[{"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::111122223333:role/another"}]'

setup_file() {
  export KUBECACHEDIR=$BATS_FILE_TMPDIR/kubectl
  export NS=pod-identity-$RANDOM OLD
  OLD=$NS-old

  create_namespace "$NS"
  account my-account "$ROLE" | k create --filename -
  account no-role | k create --filename -

  # Objects that the policy would not have let in. deploy/ leaves out namespaces with this label.
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

teardown_file() {
  kubectl delete namespace "$NS" "$OLD" "$NS-gone" --ignore-not-found --wait=false
  kubectl --namespace kube-system delete --ignore-not-found pod,serviceaccount,deployment --selector "$NS" --wait=false
  kubectl delete --ignore-not-found --wait=false namespace/aws-pod-identity-audit \
    clusterrole/aws-pod-identity-audit clusterrolebinding/aws-pod-identity-audit
}

teardown() {
  if [[ -e $BATS_FILE_TMPDIR/clusterrole.json ]]; then grant; fi
  if [[ -e $BATS_FILE_TMPDIR/policy-server-is-changed ]]; then policy_server_back; fi
  if [[ -e $BATS_FILE_TMPDIR/role-trust ]]; then role_trust_away; fi
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

# eventually SECONDS COMMAND...: repeats a condition until it holds.
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

# What bats prints when a test fails.
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

# denied WEBHOOK: how kubectl begins when it creates what is on standard input.
denied() {
  printf 'Error from server: error when creating "STDIN": admission webhook "%s" denied the request: ' "$1"
}

# Without a warning.
silently() {
  [[ $status -eq 0 && -z ${stderr:-} ]]
}

# failed_create NAMESPACE NAME TEXT: an event of the controller's object carries the text.
failed_create() {
  kubectl --namespace "$1" get events --field-selector "reason=FailedCreate" --output json |
    jq --exit-status --arg name "$2" --arg text "$3" \
      'any(.items[]; (.involvedObject.name | startswith($name)) and (.message | contains($text)))' >/dev/null
}

# code_of_creation: the HTTP status code that the API server answers the creation of what is on standard input with.
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

# Manipulation.

revoke() {
  kubectl get clusterrole aws-pod-identity-policy --output json |
    jq 'del(.metadata.resourceVersion, .metadata.uid, .metadata.creationTimestamp, .metadata.managedFields)' \
      >"$BATS_FILE_TMPDIR/clusterrole.json"
  kubectl patch clusterrole aws-pod-identity-policy --type json --patch \
    '[{"op": "replace", "path": "/rules", "value": []}]'
  eventually 30 may_not_read
}

grant() {
  kubectl replace --filename "$BATS_FILE_TMPDIR/clusterrole.json"
  eventually 30 may_read
  rm "$BATS_FILE_TMPDIR/clusterrole.json"
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
  touch "$BATS_FILE_TMPDIR/policy-server-is-changed"
  "$CLUSTER_HOOKS" policy-server stop
  [[ $1 == stop ]] || "$CLUSTER_HOOKS" policy-server "$@"
}

policy_server_back() {
  "$CLUSTER_HOOKS" policy-server stop
  "$CLUSTER_HOOKS" policy-server start
  rm "$BATS_FILE_TMPDIR/policy-server-is-changed"
}

# settings PATCH: changes the settings of all policies. PATCH is a JSON merge patch.
settings() {
  local name
  for name in $(kubectl get clusteradmissionpolicies --output name | grep /aws-pod-identity); do
    kubectl patch "$name" --type merge --patch "{\"spec\": {\"settings\": $1}}"
  done
  "$CLUSTER_HOOKS" policies
}

# The component deploy/role-trust without policies, for this cluster.
role_trust_manifests() {
  local directory=$BATS_TEST_TMPDIR/role-trust version=batch/v1
  serves batch/v1 cronjobs || version=batch/v1beta1
  mkdir -p "$directory"
  cat >"$directory/kustomization.yaml" <<EOT
components: ["$(realpath --relative-to="$directory" "$BATS_TEST_DIRNAME/deploy/role-trust")"]
patches:
  - target: {kind: ConfigMap, name: aws-role-trust-source}
    patch: '- {op: replace, path: /data/issuer, value: "$1"}'
EOT
  kubectl kustomize "$directory" | sed "s|^apiVersion: batch/v1$|apiVersion: $version|"
}

role_trust_away() {
  kubectl --namespace kubewarden delete --ignore-not-found cronjob/aws-role-trust configmap/aws-role-trust \
    configmap/aws-role-trust-source serviceaccount/aws-role-trust role/aws-role-trust rolebinding/aws-role-trust \
    role/aws-pod-identity-policy-role-trust rolebinding/aws-pod-identity-policy-role-trust
  settings '{"roleTrust": null, "findings": null}'
  rm "$BATS_FILE_TMPDIR/role-trust"
}

# roles ISSUER: what `aws iam list-roles` prints about 300 roles. Those with an even number trust the account of their number,
# the others one in another namespace.
roles() {
  jq --null-input --arg issuer "${1#https://}" --arg ns "$NS" '{Roles: [
    range(300) | {
      RoleName: "team-\(. % 7)-role-\(.)", Path: "/", RoleId: "AROA\(.)", CreateDate: "2026-01-01T00:00:00+00:00",
      Arn: "arn:aws:iam::111122223333:role/team-\(. % 7)-role-\(.)", MaxSessionDuration: 3600,
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{
        Effect: "Allow", Principal: {Federated: "arn:aws:iam::111122223333:oidc-provider/\($issuer)"},
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {StringEquals: {
          "\($issuer):aud": "sts.amazonaws.com",
          "\($issuer):sub": "system:serviceaccount:\(if . % 2 == 0 then $ns else "elsewhere" end):account-\(.)",
        }},
      }]},
    }
  ]}'
}

# run_cron_job ISSUER: runs the commands of the CronJob in deploy/role-trust here, with its permissions in the cluster. A stub
# takes the place of the AWS CLI: it prints $BATS_TEST_TMPDIR/listing.json.
run_cron_job() {
  local work=$BATS_TEST_TMPDIR/work spec command
  local as=(--as system:serviceaccount:kubewarden:aws-role-trust --as-group system:serviceaccounts
    --as-group system:authenticated)
  rm -rf "$work"
  mkdir -p "$work" "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\n[ "$*" = "iam list-roles --output json" ] && cat "%s"\n' "$BATS_TEST_TMPDIR/listing.json" \
    >"$BATS_TEST_TMPDIR/bin/aws"
  chmod +x "$BATS_TEST_TMPDIR/bin/aws"
  spec=$(kubectl --namespace kubewarden get cronjob aws-role-trust --output json |
    jq --arg work "$work" --arg issuer "$1" '.spec.jobTemplate.spec.template.spec | walk(
      if type == "string" then gsub("/work(?=/|$)"; $work) | gsub("\\$\\(ISSUER\\)"; $issuer) else . end)')
  mapfile -t command < <(jq --raw-output '.initContainers[] | select(.name == "list") | .command[]' <<<"$spec")
  PATH=$BATS_TEST_TMPDIR/bin:$PATH "${command[@]}"
  mapfile -t command < <(jq --raw-output '.initContainers[] | select(.name == "export") | .args[]' <<<"$spec")
  "$PROGRAM" "${command[@]}"
  mapfile -t command < <(jq --raw-output '.containers[] | select(.name == "apply") | .args[]' <<<"$spec")
  kubectl "${as[@]}" "${command[@]}"
}

# The tests are about what Kubewarden's controller makes of deploy/. Where there is none, webhooks.jq takes its place:
# this compares the two.
@test "the webhook configurations are those of the policies in the cluster" {
  found=$(kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations --output json \
    --selector app.kubernetes.io/part-of=kubewarden)
  kubectl explain validatingwebhookconfiguration.webhooks.matchConditions >/dev/null 2>&1 && conditions=true ||
    conditions=false
  derived=$(kubectl get clusteradmissionpolicies --output json |
    jq --arg namespace "${KUBEWARDEN_NAMESPACE:-kubewarden}" --arg url "" --arg ca "" \
      --from-file "$BATS_TEST_DIRNAME/scripts/cluster/webhooks.jq")
  [[ $(jq '[.items[] | select(.metadata.name | startswith("clusterwide-aws-pod-identity"))] | length' <<<"$derived") -eq 5 ]]
  # What the API server adds to a rule; API servers before 1.27 drop matchConditions.
  holds "$found" '
    def configuration: del(.clientConfig) | if $conditions then . else del(.matchConditions) end
      | .rules[] |= (.scope //= "*");
    [.items[] | {key: "\(.kind) \(.metadata.name)", value: .webhooks[0]}] | from_entries as $found
    | $derived.items | all(
      (.webhooks[0] | configuration) as $expected
      | $found["\(.kind) \(.metadata.name)"] as $webhook
      | $webhook != null and ($webhook.reinvocationPolicy // "Never") == "Never"
        and all($expected | keys[]; . as $key | $webhook[$key] == $expected[$key]))
  ' --argjson derived "$derived" --argjson conditions "$conditions"
}

# The CustomResourceDefinitions of the Prometheus Operator are not installed. Kubewarden does not let the PolicyServer of a
# policy change.
@test "the API server accepts the renderings of the Helm chart, and the default one is what is installed" {
  for name in default all-values pod-templates rancher; do
    run --separate-stderr kubectl apply --dry-run=server --validate=false --output json --filename - < <(
      awk -v RS='---\n' '!/kind: PrometheusRule/ { print "---"; printf "%s", $0 }' \
        "$BATS_TEST_DIRNAME/charts/aws-pod-identity-policy/tests/$name/expected.yaml" |
        sed 's/^  policyServer: .*/  policyServer: default/'
    )
    show
    [[ $status -eq 0 ]]
    case $name in
      default) rendered=$output ;;
      pod-templates) custom=$output ;;
    esac
  done
  # The tests on a cluster with a registry of its own use another address of the module.
  holds "$(kubectl get clusteradmissionpolicies --output json)" '
    def specs: [.items[] | select(.kind == "ClusterAdmissionPolicy") | {(.metadata.name): (.spec | del(.module))}] | add;
    "aws-pod-identity-pod-templates" as $of_custom
    | (specs | with_entries(select(.key | startswith("aws-pod-identity")))) as $installed
    | ($rendered | specs) == ($installed | del(.[$of_custom]))
      # The rendering has one more custom resource.
      and ($custom | specs[$of_custom] | .rules |= .[:-1] | .settings.podTemplates |= .[:-1]) == $installed[$of_custom]
  ' --argjson rendered "$rendered" --argjson custom "$custom"
}

# Injection.

# "Assign IAM roles to Kubernetes service accounts" and "Configure Pods to use a Kubernetes service account" in the
# Amazon EKS user guide.
@test "the commands of the Amazon EKS user guide work as written there" {
  k apply --filename - <<'MANIFEST'
apiVersion: v1
kind: ServiceAccount
metadata:
  name: my-service-account
MANIFEST
  k annotate serviceaccount my-service-account "eks.amazonaws.com/role-arn=$ROLE"
  k apply --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: my-app
spec:
  selector:
    matchLabels:
      app: my-app
  template:
    metadata:
      labels:
        app: my-app
    spec:
      serviceAccountName: my-service-account
      containers:
      - name: my-app
        image: public.ecr.aws/nginx/nginx:1.27
MANIFEST
  eventually 30 exists 1 "$NS" pods app=my-app
  pod=$(k get pods | grep my-app | cut -d ' ' -f 1)
  [[ $(k describe pod "$pod" | grep AWS_ROLE_ARN: | xargs) == "AWS_ROLE_ARN: $ROLE" ]]
  [[ $(k describe pod "$pod" | grep AWS_WEB_IDENTITY_TOKEN_FILE: | xargs) == \
    "AWS_WEB_IDENTITY_TOKEN_FILE: /var/run/secrets/eks.amazonaws.com/serviceaccount/token" ]]
  [[ $(k describe deployment my-app | grep "Service Account" | xargs) == "Service Account: my-service-account" ]]
}

# block PAGE NUMBER: a code block of a page of the site.
block() {
  awk -v number="$2" '/^```/ { inside = !inside; count += inside; next } inside && count == number' \
    "$BATS_TEST_DIRNAME/docs/$1.md"
}

@test "the commands of the first page of the site print what it shows" {
  kubectl config view --raw --flatten >"$BATS_TEST_TMPDIR/kubeconfig"
  export KUBECONFIG=$BATS_TEST_TMPDIR/kubeconfig
  kubectl config set-context --current --namespace "$NS"
  run --separate-stderr bash -c "$(block start 3)"
  show
  [[ $status -eq 0 && $output == *$'\nyes' ]]
  run --separate-stderr bash -c "$(block start 4)"
  show
  [[ $status -eq 0 && -n $(block start 5) && $output == *$'\n'"$(block start 5)" ]]
  # The page sets defaultSeverity to warn. Without it, as here, the same text is a rejection.
  run --separate-stderr bash -c "$(block start 6)"
  show
  [[ $status -eq 1 && $stderr == "$(denied "$CHECKS")"*' [role-arn-malformed]' ]]
}

@test "the kustomization of the page about installing renders, with all of its components" {
  directory=$BATS_TEST_TMPDIR/kustomization
  mkdir "$directory"
  root=$(realpath --relative-to="$directory" "$BATS_TEST_DIRNAME")
  block install 3 | sed -E "s|https://github.com/[^ ]*//([^?]*)[?]ref=.*|$root/\\1|" >"$directory/kustomization.yaml"
  rendered=$(kubectl kustomize "$directory")
  [[ $(grep -c '^kind: ClusterAdmissionPolicy$' <<<"$rendered") -eq 5 ]]
  [[ $(grep -c '^    region: eu-central-1$' <<<"$rendered") -eq 5 ]]
  [[ $(grep -c '^  policyServer: aws-pod-identity$' <<<"$rendered") -eq 5 ]]
  for kind in PolicyServer PrometheusRule ConfigMap RoleBinding; do
    grep -q "^kind: $kind$" <<<"$rendered"
  done
}

@test "the pods of every kind of workload get the role" {
  kinds=(Deployment ReplicaSet StatefulSet DaemonSet ReplicationController Job)
  manifests=()
  for kind in "${kinds[@]}"; do
    manifests+=("$(workload "$kind" "of-${kind,,}" my-account)")
  done
  run_k create --filename - <<<"$(together "${manifests[@]}")"
  silently
  for kind in "${kinds[@]}"; do
    eventually 60 pods_have_identity "$NS" "app=of-${kind,,}" "$ROLE"
  done
  # Templates are not changed.
  holds "$(k get deployment of-deployment --output json)" '.spec.template.spec.containers[0] | has("env") | not'
}

@test "an account and what uses it can be in one file, in either order" {
  run_k apply --filename - <<<"$(together "$(account first "$ROLE")" "$(pod after-its-account first)" \
    "$(workload Deployment deployed-after-its-account first)")"
  silently
  has_identity "$(k get pod after-its-account --output json)" "$ROLE"
  eventually 60 pods_have_identity "$NS" app=deployed-after-its-account "$ROLE"

  run_k apply --filename - <<<"$(together "$(workload Deployment before-its-account second)" "$(account second "$ROLE")")"
  [[ $status -eq 0 ]]
  eventually 60 pods_have_identity "$NS" app=before-its-account "$ROLE"
}

@test "a pod that names an account before it exists is refused by Kubernetes, and gets the role when applied again" {
  manifest=$(together "$(pod before-its-account third)" "$(account third "$ROLE")")
  run_k apply --filename - <<<"$manifest"
  [[ $status -eq 1 && $stderr == *'error looking up service account'*'"third" not found'* ]]
  run_k apply --filename - <<<"$manifest"
  silently
  has_identity "$(k get pod before-its-account --output json)" "$ROLE"
}

@test "a pod gets the role that its account was given just before, thirty times" {
  account changing "$ROLE" | k create --filename -
  for number in {1..30}; do
    role=arn:aws:iam::111122223333:role/number-$number
    applied=$(k apply --validate=false --output json --filename - \
      <<<"$(together "$(account changing "$role")" "$(pod "changing-$number" changing)")")
    has_identity "$(jq '.items[] | select(.kind == "Pod")' <<<"$applied")" "$role"
  done
}

@test "a server-side dry run shows the identity and stores nothing" {
  dry=$(pod dry my-account | k create --dry-run=server --output json --filename -)
  has_identity "$dry" "$ROLE"
  run_k get pod dry
  [[ $status -eq 1 && $stderr == *NotFound* ]]
}

@test "a copy of an injected pod is accepted unchanged" {
  pod original my-account | k create --filename -
  copy=$(k get pod original --output json | jq '{apiVersion, kind, spec: (.spec | del(.nodeName)),
    metadata: {name: "copy", labels: .metadata.labels}}')
  run_k create --output json --filename - <<<"$copy"
  silently
  has_identity "$output" "$ROLE"
  holds "$output" '.spec.containers == $copy.spec.containers and .spec.volumes == $copy.spec.volumes' \
    --argjson copy "$copy"
}

@test "a pod whose account has no role is not changed" {
  run_k create --output json --filename - <<<"$(pod without no-role)"
  silently
  has_no_identity "$output"
}

@test "a pod in kube-system gets the role" {
  label='.metadata.labels[$ns] = ""'
  account "$NS" "$ROLE" | jq --arg ns "$NS" "$label" | kubectl --namespace kube-system create --filename -
  created=$(pod "$NS" "$NS" | jq --arg ns "$NS" "$label" |
    kubectl --namespace kube-system create --output json --filename -)
  has_identity "$created" "$ROLE"
}

# What users see.

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

# A CustomResourceDefinition as that of Argo Rollouts, as far as the policy reads it.
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

  # What does not change the template is not checked again.
  run_k patch rollout custom --type merge --patch '{"spec": {"replicas": 3}}'
  silently
  kubectl delete customresourcedefinition rollouts.argoproj.io
}

@test "kubectl prints every finding of a rejection on a line of its own" {
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

@test "the audit log says what was decided about a pod" {
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

# counted LABEL...: the policy server has counted an evaluation with these labels.
counted() {
  local found label
  found=$(grep '^kubewarden_policy_evaluations_total{' "$CLUSTER_METRICS") || return
  for label in "$@" 'request_origin="validate"'; do
    found=$(grep -F "$label" <<<"$found") || return
  done
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

  queries=$(cat "$BATS_TEST_DIRNAME"/deploy/monitoring/{prometheus-rule.yaml,dashboard.json})
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

# aws-pod-identity audit, the program that reads the cluster.

# audit KUBECONFIG ARGUMENT...: sets $status, $output (the report as JSON) and $stderr.
audit() {
  local kubeconfig=$1
  shift
  [[ -x ${PROGRAM:-} ]] || skip "needs the program aws-pod-identity (PROGRAM)"
  KUBECONFIG=$kubeconfig run --separate-stderr "$PROGRAM" audit --output json "$@"
  show
}

# kubeconfig_of TOKEN: writes $BATS_TEST_TMPDIR/kubeconfig, with this token in place of the administrator's credentials.
kubeconfig_of() {
  kubectl config view --raw --minify --flatten --output json |
    jq --arg token "$1" '.users[0].user = {$token}' >"$BATS_TEST_TMPDIR/kubeconfig"
}

# reported KIND NAME FILTER [ARGUMENT...]: the filter is true of the entry of that object.
reported() {
  local kind=$1 name=$2 filter=$3
  shift 3
  holds "$output" "any(.entries[]; .kind == \$kind and .name == \$name and ($filter))" --arg kind "$kind" --arg name "$name" "$@"
}

@test "an audit uses the installed policies and finds what is older than the policy" {
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
  holds "$output" '[.skipped | to_entries[] | select(.key | startswith("in namespaces that no policy selects"))] | length == 1'
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

@test "an audit without a permission names it and reads the rest" {
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

# Workloads and accounts that are older than the policy.

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

# What AWS accepts.

@test "roles that do not trust a service account are warned about, and rejected by setting, with the roles of 300" {
  [[ -n ${CLUSTER_HOOKS:-} ]] || skip "needs a way to change the settings (CLUSTER_HOOKS)"
  [[ -x ${PROGRAM:-} ]] || skip "needs the program aws-pod-identity (PROGRAM)"
  issuer=$(kubectl get --raw /.well-known/openid-configuration | jq --raw-output .issuer)
  prefix=arn:aws:iam::111122223333:role
  touch "$BATS_FILE_TMPDIR/role-trust"
  role_trust_manifests "$issuer" | kubectl apply --filename -
  settings '{"roleTrust": {"namespace": "kubewarden"}}'

  # Before the CronJob has run, nothing is known, and nothing is rejected.
  run_k create --dry-run=server --filename - <<<"$(account account-7 "$prefix/team-0-role-7")"
  [[ $status -eq 0 && $stderr == "Warning: ServiceAccount $NS/account-7: ConfigMap kubewarden/aws-role-trust "*'so the trust policies of its roles are not checked' ]]

  roles "$issuer" >"$BATS_TEST_TMPDIR/listing.json"
  run_cron_job "$issuer"
  holds "$(kubectl --namespace kubewarden get configmap aws-role-trust --output json)" '.data | length == 304'
  is_warned() {
    account account-7 "$prefix/team-0-role-7" | kubectl --namespace "$NS" create --dry-run=server --filename - 2>&1 |
      grep -q '\[role-trust-denied\]'
  }
  # Lookups of the ConfigMap can be answered from a cache that is 5 seconds old.
  eventually 20 is_warned

  why="its role \"$prefix/team-0-role-7\" trusts system:serviceaccount:elsewhere:account-7, not \
system:serviceaccount:$NS:account-7 (roles as of "
  run_k create --filename - <<<"$(account account-7 "$prefix/team-0-role-7")"
  [[ $status -eq 0 && $stderr == "Warning: ServiceAccount $NS/account-7: $why"*' [role-trust-denied]' ]]
  run_k create --filename - <<<"$(pod denied account-7)"
  [[ $status -eq 0 && $stderr == *"$why"*' [role-trust-denied]' ]]
  has_identity "$(k get pod denied --output json)" "$prefix/team-0-role-7"
  run_k create --filename - <<<"$(workload Deployment denied account-7)"
  [[ $status -eq 0 && $stderr == *"$why"*' [role-trust-denied]' ]]

  run_k create --filename - <<<"$(together "$(account account-8 "$prefix/team-1-role-8")" "$(pod trusted account-8)")"
  silently
  has_identity "$(k get pod trusted --output json)" "$prefix/team-1-role-8"
  run_k create --filename - <<<"$(account not-listed "$prefix/team-1-role-300")"
  [[ $status -eq 0 && $stderr == *'its role "'"$prefix"'/team-1-role-300" does not exist (roles as of '* ]]
  run_k create --filename - <<<"$(account not-covered arn:aws:iam::444455556666:role/team-1-role-8)"
  silently

  audit "$KUBECONFIG" --namespace "$NS" --roles "$BATS_TEST_TMPDIR/listing.json"
  reported ServiceAccount account-7 '[.findings[].id] == ["role-trust-denied"] and .trust.chain[-1] ==
    {step: "subject", state: "differs", value: "system:serviceaccount:\($ns):account-7"}' --arg ns "$NS"
  reported ServiceAccount account-8 '.findings == [] and .trust.state == "trusted"'

  settings '{"findings": {"role-trust-denied": "reject"}}'
  run_k create --filename - <<<"$(pod rejected account-7)"
  [[ $status -eq 1 && $stderr == "$(denied "$INJECTION")"*"$why"*' [role-trust-denied]' ]]
  run_k create --filename - <<<"$(account account-9 "$prefix/team-2-role-9")"
  [[ $status -eq 1 && $stderr == "$(denied "$CHECKS")"*' [role-trust-denied]' ]]
  run_k create --filename - <<<"$(pod trusted-too account-8)"
  silently

  # The trust policy is corrected, and the CronJob runs again.
  jq --arg ns "$NS" '(.. | strings) |= sub("serviceaccount:elsewhere:account-7$"; "serviceaccount:\($ns):account-7")' \
    "$BATS_TEST_TMPDIR/listing.json" >"$BATS_TEST_TMPDIR/corrected.json"
  mv "$BATS_TEST_TMPDIR/corrected.json" "$BATS_TEST_TMPDIR/listing.json"
  run_cron_job "$issuer"
  is_created() { pod corrected account-7 | k create --filename -; }
  eventually 20 is_created
  has_identity "$(k get pod corrected --output json)" "$prefix/team-0-role-7"
}

# Failures.

@test "without permission to read accounts no pod is created without its identity, except in kube-system" {
  revoke
  run_k create --filename - <<<"$(pod unreadable my-account)"
  [[ $status -eq 1 ]]
  [[ $stderr == "$(denied "$INJECTION")cannot look up ServiceAccount $NS/my-account: "*"serviceaccounts \"my-account\" is forbidden"* ]]
  [[ $stderr == *"kubectl auth can-i get serviceaccounts --namespace $NS"* && $stderr != *$'\n'* ]]

  # A workload is created; its pods are when the permission is there.
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

# The policy server does not interrupt a lookup: the webhook's time limit does, and then failurePolicy counts.
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

# Last: the controller needed some time.
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
