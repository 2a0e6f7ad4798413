#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154 # Each test is a subshell; helpers.bash sets the other variables.
#
# The pods that get the identity.

load helpers

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

@test "the commands of the first page of the site print the output that it shows" {
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
  root=$(realpath --relative-to="$directory" "$ROOT")
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

@test "an account and a pod that uses it can be in one file, in both orders" {
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
