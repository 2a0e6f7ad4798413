#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
#
# Tests of the module with `kwctl run`, with requests of an API server and recorded answers of a cluster. They
# also run with policy-host:
#
#   KWCTL=target/debug/policy-host POLICY=policy.wasm bats e2e.bats

bats_require_minimum_version 1.5.0

: "${KWCTL:=kwctl}" "${POLICY:=annotated-policy.wasm}"

ROLE=arn:aws:iam::111122223333:role/payments/api

setup() {
  cd "$BATS_TEST_DIRNAME" || return
}

# evaluate REQUEST SESSION [FLAG...]: evaluates test_data/requests/REQUEST.json, with the answers of the cluster in
# test_data/sessions/SESSION.yml. Sets $status, $output (the admission response) and $stderr.
evaluate() {
  local request=$1 session=$2
  shift 2
  run --separate-stderr "$KWCTL" run \
    --request-path "test_data/requests/$request.json" \
    --allow-context-aware \
    --replay-host-capabilities-interactions "test_data/sessions/$session.yml" \
    "$@" "$POLICY"
  show
}

# evaluate_offline REQUEST [FLAG...]: the same, without access to a cluster.
evaluate_offline() {
  local request=$1
  shift
  run --separate-stderr "$KWCTL" run --request-path "test_data/requests/$request.json" "$@" "$POLICY"
  show
}

# bats prints this if a test fails.
show() {
  printf 'status: %s\noutput: %s\nstderr: %s\n' "$status" "$output" "${stderr:-}"
}

# holds FILTER [ARGUMENT...]: the jq filter is true for the admission response.
holds() {
  local filter=$1
  shift
  jq --exit-status "$@" "$filter" <<<"$output" >/dev/null || {
    echo "does not hold: $filter"
    return 1
  }
}

accepted() {
  [[ $status -eq 0 ]] && holds '.allowed == true and .status == null'
}

accepted_unchanged() {
  accepted && holds 'has("patch") | not' && holds 'has("patchType") | not'
}

# rejected CODE TEXT: the code must be set, because API servers replace a missing one by 400.
rejected() {
  [[ $status -eq 0 ]] && holds '.allowed == false and (has("patch") | not)' &&
    holds '.status.code == $code' --argjson code "$1" &&
    holds '.status.message | contains($text)' --arg text "$2"
}

# audited KEY VALUE: kwctl 1.36 misspells the name of the annotations.
audited() {
  holds '(.auditAnnotations // .auditAnnnotations)[$key] == $value' --arg key "$1" --arg value "$2"
}

# Prints the object of test_data/requests/$1.json with the patch applied, like the API server.
patched() {
  jq --argjson patch "$(jq --raw-output .patch <<<"$output" | base64 --decode)" '
    def keys_of($path): $path | ltrimstr("/") | split("/") | map(gsub("~1"; "/") | gsub("~0"; "~"));
    def typed($keys): reduce $keys[] as $key ({value: ., path: []};
      (if .value | type != "array" then $key elif $key == "-" then .value | length else $key | tonumber end)
        as $key | {value: .value[$key]?, path: (.path + [$key])}) | .path;
    .request.object | reduce $patch[] as $step (.;
      if $step.op == "add" then setpath(typed(keys_of($step.path)); $step.value)
      else error("the policy must only add, but: \($step)") end)
  ' "test_data/requests/$1.json"
}

# pod_has POD FILTER [ARGUMENT...]
pod_has() {
  local pod=$1 filter=$2
  shift 2
  jq --exit-status "$@" "$filter" <<<"$pod" >/dev/null || {
    echo "not true for the pod: $filter"
    jq . <<<"$pod"
    return 1
  }
}

# Injection.

@test "a pod gets the role of its service account" {
  evaluate pod role
  accepted
  holds '.patchType == "JSONPatch" and .warnings == null'
  audited identity "web identity"
  audited role-arn "$ROLE"
  pod=$(patched pod)
  pod_has "$pod" '[.spec.initContainers[], .spec.containers[]] | length == 3 and all(
    (.env[-2:] == [
      {name: "AWS_ROLE_ARN", value: $role},
      {name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"}
    ]) and (.volumeMounts[-1] == {
      name: "aws-iam-token", readOnly: true, mountPath: "/var/run/secrets/eks.amazonaws.com/serviceaccount"
    }))' --arg role "$ROLE"
  pod_has "$pod" '.spec.volumes[-1] == {name: "aws-iam-token", projected: {sources: [
    {serviceAccountToken: {audience: "sts.amazonaws.com", expirationSeconds: 86400, path: "token"}}]}}'
}

@test "everything else in the pod is unchanged" {
  evaluate pod role
  pod=$(patched pod)
  without_additions=$(jq --sort-keys '
    def without_token: map(select(.name != "aws-iam-token"));
    .spec.volumes |= without_token
    | (.spec.initContainers[], .spec.containers[]) |= (
      .volumeMounts |= without_token
      | .env |= map(select(.name | startswith("AWS_") | not))
      | if .env == [] then del(.env) else . end)
  ' <<<"$pod")
  [[ $without_additions == "$(jq --sort-keys .request.object test_data/requests/pod.json)" ]]
}

@test "an injected pod is accepted unchanged when it is admitted again" {
  evaluate pod role
  pod=$(patched pod)
  again=$BATS_TEST_TMPDIR/again.json
  jq --argjson pod "$pod" '.request.object = $pod' test_data/requests/pod.json >"$again"
  run --separate-stderr "$KWCTL" run --request-path "$again" --allow-context-aware \
    --replay-host-capabilities-interactions test_data/sessions/role.yml "$POLICY"
  show
  accepted_unchanged
  holds '.warnings == null'
  audited skipped "already injected"
}

@test "containers in the annotation skip-containers are excluded" {
  evaluate pod-without-sidecar role
  accepted
  pod=$(patched pod-without-sidecar)
  pod_has "$pod" '.spec.containers[1] == $before.request.object.spec.containers[1]' \
    --argjson before "$(<test_data/requests/pod-without-sidecar.json)"
  pod_has "$pod" '.spec.containers[0].env | any(.name == "AWS_ROLE_ARN")'
}

@test "a Windows pod gets a Windows path of the token" {
  evaluate pod-on-windows role
  accepted
  pod_has "$(patched pod-on-windows)" '.spec.containers | all(.env[-1].value ==
    "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token")'
}

@test "the service account sets the options" {
  evaluate pod role-with-options
  accepted
  pod=$(patched pod)
  pod_has "$pod" '.spec.volumes[-1].projected.sources[0].serviceAccountToken.expirationSeconds == 3600'
  pod_has "$pod" '.spec.containers | all(.env | any(. == {name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional"}))'
}

# Requests that are out of scope.

@test "a pod whose service account has no role is unchanged" {
  evaluate pod no-role
  accepted_unchanged
  audited identity none
}

@test "a pod with the skip label is unchanged" {
  evaluate_offline pod-skipped-by-label
  accepted_unchanged
  audited skipped "label eks.amazonaws.com/skip-pod-identity-webhook"
}

@test "an update or deletion of a pod is accepted unchanged" {
  evaluate_offline pod-updated
  accepted_unchanged
  evaluate_offline pod-deleted
  accepted_unchanged
}

@test "other kinds are accepted unchanged" {
  evaluate_offline service
  accepted_unchanged
}

@test "a service account with a valid role is accepted" {
  evaluate_offline service-account
  accepted_unchanged
  holds '.warnings == null'
}

# Rejections.

@test "a service account with a malformed role is rejected" {
  evaluate_offline service-account-with-malformed-role
  rejected 403 "the account ID has 11 digits, not 12"
  rejected 403 "[role-arn-malformed]"
}

@test "a pod whose service account has a malformed role is rejected" {
  evaluate pod malformed-role
  rejected 403 "ServiceAccount payments/api: annotation eks.amazonaws.com/role-arn"
  rejected 403 "[role-arn-malformed]"
}

@test "a pod with an incomplete web identity is rejected" {
  evaluate pod-with-incomplete-web-identity role
  rejected 403 'container "api": AWS_ROLE_ARN'
  rejected 403 "[web-identity-incomplete]"
}

@test "a pod whose service account is missing is rejected" {
  evaluate pod missing
  rejected 403 'service account "api" does not exist in namespace payments'
  rejected 403 "[service-account-missing]"
}

# Failed lookups.

@test "a pod is rejected if the policy server may not read service accounts" {
  evaluate pod forbidden
  rejected 500 "cannot look up ServiceAccount payments/api"
  rejected 500 "ClusterRole"
  holds '.status.message | contains("\n") | not'
}

@test "a pod is rejected if the policy has no access to the cluster" {
  evaluate_offline pod
  rejected 500 "contextAwareResources"
}

@test "a pod is rejected if the lookup fails for an unknown reason" {
  evaluate pod role-from-cache
  rejected 500 "cannot look up ServiceAccount payments/api"
}

# Settings.

@test "settings change the injection" {
  evaluate pod role --settings-path test_data/settings/eu-west-1.yml
  accepted
  pod=$(patched pod)
  pod_has "$pod" '.spec.containers | all(.env[-5:] == [
    {name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional"},
    {name: "AWS_DEFAULT_REGION", value: "eu-west-1"},
    {name: "AWS_REGION", value: "eu-west-1"},
    {name: "AWS_ROLE_ARN", value: $role},
    {name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: "/run/aws/token"}
  ] and .volumeMounts[-1].mountPath == "/run/aws")' --arg role "$ROLE"
  pod_has "$pod" '.spec.volumes[-1].projected.sources[0].serviceAccountToken.expirationSeconds == 7200'
}

@test "settings change the annotations that are read" {
  evaluate pod role-under-another-prefix --settings-json '{"annotationPrefix": "irsa.example.com"}'
  accepted
  audited role-arn "$ROLE"
}

@test "settings change the lookup" {
  evaluate pod role-from-cache --settings-json '{"serviceAccountLookup": "cached"}'
  accepted
  audited role-arn "$ROLE"
}

@test "settings turn a rejection into a warning" {
  evaluate pod malformed-role --settings-json '{"findings": {"role-arn-malformed": "warn"}}'
  accepted_unchanged
  holds '.warnings | length == 1 and (.[0] | endswith("[role-arn-malformed]"))'

  evaluate pod malformed-role --settings-json '{"defaultSeverity": "warn"}'
  accepted_unchanged
  holds '.warnings | length == 1'
}

@test "settings admit a pod whose service account cannot be read, without an identity" {
  evaluate pod forbidden --settings-json '{"lookupFailure": "admit"}'
  accepted_unchanged
  audited identity none
  holds '(.auditAnnotations // .auditAnnnotations)["lookup-failure"] | startswith("cannot look up ServiceAccount payments/api")'
  holds '.warnings | length == 1 and (.[0] | contains("admitted without an AWS identity"))'

  evaluate pod forbidden --settings-json '{"defaultSeverity": "warn"}'
  rejected 500 "cannot look up ServiceAccount payments/api"
}

@test "invalid settings are refused with all problems" {
  evaluate_offline service --settings-path test_data/settings/several-mistakes.yml
  [[ $status -eq 1 && -z $output ]]
  [[ $stderr == *"Provided settings are not valid"* ]]
  [[ $stderr == *"there is no setting audiance; did you mean audience?"* ]]
  [[ $stderr == *"tokenExpirationSeconds: 60 is not a whole number of seconds from 600 to 86400"* ]]
  [[ $stderr == *"findings.role-arn-malformd: there is no such finding; did you mean role-arn-malformed?"* ]]
}

@test "artifacthub-pkg.yml is the output of kwctl for metadata.yml and questions-ui.yml" {
  [[ $(basename "$KWCTL") == kwctl ]] || skip "only with kwctl"
  "$KWCTL" scaffold artifacthub --output "$BATS_TEST_TMPDIR/artifacthub-pkg.yml"
  # The time of the generation differs.
  diff <(sed '/^createdAt:/d' artifacthub-pkg.yml) <(sed '/^createdAt:/d' "$BATS_TEST_TMPDIR/artifacthub-pkg.yml")
}
