#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
#
# The policy as its users run it: `kwctl run` with requests as an API server sends them, and recorded answers
# of a cluster. Runs the same on policy-host:
#
#   KWCTL=target/debug/policy-host POLICY=policy.wasm bats e2e.bats

bats_require_minimum_version 1.5.0

: "${KWCTL:=kwctl}" "${POLICY:=annotated-policy.wasm}"

ROLE=arn:aws:iam::111122223333:role/payments/api

setup() {
  cd "$BATS_TEST_DIRNAME" || return
}

# judge REQUEST SESSION [FLAG...]: asks about test_data/requests/REQUEST.json, with the cluster answering from
# test_data/sessions/SESSION.yml. Sets $status, $output (the admission response) and $stderr.
judge() {
  local request=$1 session=$2
  shift 2
  run --separate-stderr "$KWCTL" run \
    --request-path "test_data/requests/$request.json" \
    --allow-context-aware \
    --replay-host-capabilities-interactions "test_data/sessions/$session.yml" \
    "$@" "$POLICY"
  show
}

# judge_alone REQUEST [FLAG...]: the same without access to a cluster.
judge_alone() {
  local request=$1
  shift
  run --separate-stderr "$KWCTL" run --request-path "test_data/requests/$request.json" "$@" "$POLICY"
  show
}

# What bats prints when a test fails.
show() {
  printf 'status: %s\noutput: %s\nstderr: %s\n' "$status" "$output" "${stderr:-}"
}

# holds FILTER [ARGUMENT...]: the jq filter is true of the admission response.
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

accepted_without_a_change() {
  accepted && holds 'has("patch") | not' && holds 'has("patchType") | not'
}

# rejected CODE TEXT: the code is always there, because API servers turn a missing one into 400.
rejected() {
  [[ $status -eq 0 ]] && holds '.allowed == false and (has("patch") | not)' &&
    holds '.status.code == $code' --argjson code "$1" &&
    holds '.status.message | contains($text)' --arg text "$2"
}

# audited KEY VALUE: kwctl 1.36 prints the name of the annotations with a letter too many.
audited() {
  holds '(.auditAnnotations // .auditAnnnotations)[$key] == $value' --arg key "$1" --arg value "$2"
}

# Prints the object of test_data/requests/$1.json with the patch applied, as the API server does it.
patched() {
  jq --argjson patch "$(jq --raw-output .patch <<<"$output" | base64 --decode)" '
    def keys_of($path): $path | ltrimstr("/") | split("/") | map(gsub("~1"; "/") | gsub("~0"; "~"));
    def typed($keys): reduce $keys[] as $key ({value: ., path: []};
      (if .value | type != "array" then $key elif $key == "-" then .value | length else $key | tonumber end)
        as $key | {value: .value[$key]?, path: (.path + [$key])}) | .path;
    .request.object | reduce $patch[] as $step (.;
      if $step.op == "add" then setpath(typed(keys_of($step.path)); $step.value)
      else error("the policy only ever adds, but: \($step)") end)
  ' "test_data/requests/$1.json"
}

# pod_has POD FILTER [ARGUMENT...]
pod_has() {
  local pod=$1 filter=$2
  shift 2
  jq --exit-status "$@" "$filter" <<<"$pod" >/dev/null || {
    echo "the pod has not: $filter"
    jq . <<<"$pod"
    return 1
  }
}

# A policy that does what it is for.

@test "a pod gets the role of its service account" {
  judge pod role
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

@test "everything else in the pod stays as it is" {
  judge pod role
  pod=$(patched pod)
  taken_out=$(jq --sort-keys '
    def without_token: map(select(.name != "aws-iam-token"));
    .spec.volumes |= without_token
    | (.spec.initContainers[], .spec.containers[]) |= (
      .volumeMounts |= without_token
      | .env |= map(select(.name | startswith("AWS_") | not))
      | if .env == [] then del(.env) else . end)
  ' <<<"$pod")
  [[ $taken_out == "$(jq --sort-keys .request.object test_data/requests/pod.json)" ]]
}

@test "a pod that has been injected is accepted as it is" {
  judge pod role
  pod=$(patched pod)
  again=$BATS_TEST_TMPDIR/again.json
  jq --argjson pod "$pod" '.request.object = $pod' test_data/requests/pod.json >"$again"
  run --separate-stderr "$KWCTL" run --request-path "$again" --allow-context-aware \
    --replay-host-capabilities-interactions test_data/sessions/role.yml "$POLICY"
  show
  accepted_without_a_change
  holds '.warnings == null'
  audited skipped "everything is in place"
}

@test "containers named in the annotation are left out" {
  judge pod-without-sidecar role
  accepted
  pod=$(patched pod-without-sidecar)
  pod_has "$pod" '.spec.containers[1] == $before.request.object.spec.containers[1]' \
    --argjson before "$(<test_data/requests/pod-without-sidecar.json)"
  pod_has "$pod" '.spec.containers[0].env | any(.name == "AWS_ROLE_ARN")'
}

@test "a pod on Windows finds its token on drive C" {
  judge pod-on-windows role
  accepted
  pod_has "$(patched pod-on-windows)" '.spec.containers | all(.env[-1].value ==
    "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token")'
}

@test "the service account sets the options" {
  judge pod role-with-options
  accepted
  pod=$(patched pod)
  pod_has "$pod" '.spec.volumes[-1].projected.sources[0].serviceAccountToken.expirationSeconds == 3600'
  pod_has "$pod" '.spec.containers | all(.env | any(. == {name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional"}))'
}

# What is none of its business.

@test "a pod whose service account has no role is left alone" {
  judge pod no-role
  accepted_without_a_change
  audited identity none
}

@test "a pod with the label is left alone" {
  judge_alone pod-skipped-by-label
  accepted_without_a_change
  audited skipped "label eks.amazonaws.com/skip-pod-identity-webhook"
}

@test "a pod that is changed or deleted is left alone" {
  judge_alone pod-updated
  accepted_without_a_change
  judge_alone pod-deleted
  accepted_without_a_change
}

@test "other kinds are left alone" {
  judge_alone service
  accepted_without_a_change
}

@test "a service account with a good role is accepted" {
  judge_alone service-account
  accepted_without_a_change
  holds '.warnings == null'
}

# Rejections.

@test "a service account with a malformed role is rejected" {
  judge_alone service-account-with-malformed-role
  rejected 403 "the account ID has 11 digits, not 12"
  rejected 403 "[role-arn-malformed]"
}

@test "a pod whose service account has a malformed role is rejected" {
  judge pod malformed-role
  rejected 403 "ServiceAccount payments/api: annotation eks.amazonaws.com/role-arn"
  rejected 403 "[role-arn-malformed]"
}

@test "a pod with half an identity of its own is rejected" {
  judge pod-with-half-an-identity role
  rejected 403 'container "api": AWS_ROLE_ARN'
  rejected 403 "[web-identity-incomplete]"
}

@test "a pod whose service account is missing is rejected" {
  judge pod missing
  rejected 403 'service account "api" does not exist in namespace payments'
  rejected 403 "[service-account-missing]"
}

# A host that does not answer.

@test "a pod is not accepted when the policy server may not read service accounts" {
  judge pod forbidden
  rejected 500 "cannot look up ServiceAccount payments/api"
  rejected 500 "ClusterRole"
  holds '.status.message | contains("\n") | not'
}

@test "a pod is not accepted when the policy has no access to the cluster" {
  judge_alone pod
  rejected 500 "contextAwareResources"
}

@test "a pod is not accepted when the lookup fails for a reason that is not known" {
  judge pod role-from-cache
  rejected 500 "cannot look up ServiceAccount payments/api"
}

# Settings.

@test "settings change what is injected" {
  judge pod role --settings-path test_data/settings/eu-west-1.yml
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

@test "settings change which annotations are read" {
  judge pod role-under-another-prefix --settings-json '{"annotationPrefix": "irsa.example.com"}'
  accepted
  audited role-arn "$ROLE"
}

@test "settings change what is asked of the cluster" {
  judge pod role-from-cache --settings-json '{"serviceAccountLookup": "cached"}'
  accepted
  audited role-arn "$ROLE"
}

@test "settings turn a rejection into a warning" {
  judge pod malformed-role --settings-json '{"findings": {"role-arn-malformed": "warn"}}'
  accepted_without_a_change
  holds '.warnings | length == 1 and (.[0] | endswith("[role-arn-malformed]"))'

  judge pod malformed-role --settings-json '{"defaultSeverity": "warn"}'
  accepted_without_a_change
  holds '.warnings | length == 1'
}

@test "settings admit a pod whose service account cannot be read, without an identity" {
  judge pod forbidden --settings-json '{"lookupFailure": "admit"}'
  accepted_without_a_change
  audited identity none
  holds '(.auditAnnotations // .auditAnnnotations)["lookup-failure"] | startswith("cannot look up ServiceAccount payments/api")'
  holds '.warnings | length == 1 and (.[0] | contains("admitted without an AWS identity"))'

  judge pod forbidden --settings-json '{"defaultSeverity": "warn"}'
  rejected 500 "cannot look up ServiceAccount payments/api"
}

@test "settings that are not valid are refused with all that is wrong" {
  judge_alone service --settings-path test_data/settings/several-mistakes.yml
  [[ $status -eq 1 && -z $output ]]
  [[ $stderr == *"Provided settings are not valid"* ]]
  [[ $stderr == *"there is no setting audiance; did you mean audience?"* ]]
  [[ $stderr == *"tokenExpirationSeconds: 60 is not a whole number of seconds from 600 to 86400"* ]]
  [[ $stderr == *"findings.role-arn-malformd: there is no such finding; did you mean role-arn-malformed?"* ]]
}
