#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154 # Each test is a subshell; helpers.bash sets the other variables.
#
# The setting roleTrust, and the component deploy/role-trust.

load helpers

# The component deploy/role-trust without policies, for this cluster.
role_trust_manifests() {
  local directory=$BATS_TEST_TMPDIR/role-trust version=batch/v1
  serves batch/v1 cronjobs || version=batch/v1beta1
  mkdir -p "$directory"
  cat >"$directory/kustomization.yaml" <<EOT
components: ["$(realpath --relative-to="$directory" "$ROOT/deploy/role-trust")"]
patches:
  - target: {kind: ConfigMap, name: aws-role-trust-source}
    patch: '- {op: replace, path: /data/issuer, value: "$1"}'
EOT
  kubectl kustomize "$directory" | sed "s|^apiVersion: batch/v1$|apiVersion: $version|"
}

teardown() {
  if [[ -e $BATS_SUITE_TMPDIR/role-trust ]]; then role_trust_away; fi
}

role_trust_away() {
  kubectl --namespace kubewarden delete --ignore-not-found cronjob/aws-role-trust configmap/aws-role-trust \
    configmap/aws-role-trust-source serviceaccount/aws-role-trust role/aws-role-trust rolebinding/aws-role-trust \
    role/aws-pod-identity-policy-role-trust rolebinding/aws-pod-identity-policy-role-trust
  settings '{"roleTrust": null, "findings": null}'
  rm "$BATS_SUITE_TMPDIR/role-trust"
}

# roles ISSUER: the output of `aws iam list-roles` for 300 roles. Those with an even number trust the account of their number,
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
# replaces the AWS CLI: it prints $BATS_TEST_TMPDIR/listing.json.
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

@test "roles that do not trust a service account are warned about, and rejected by setting, with the roles of 300" {
  [[ -n ${CLUSTER_HOOKS:-} ]] || skip "needs a way to change the settings (CLUSTER_HOOKS)"
  [[ -x ${PROGRAM:-} ]] || skip "needs the program aws-pod-identity (PROGRAM)"
  issuer=$(kubectl get --raw /.well-known/openid-configuration | jq --raw-output .issuer)
  prefix=arn:aws:iam::111122223333:role
  touch "$BATS_SUITE_TMPDIR/role-trust"
  role_trust_manifests "$issuer" | kubectl apply --filename -
  settings '{"roleTrust": {"namespace": "kubewarden"}}'

  # Before the CronJob has run, the policy has no roles, and rejects no account.
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
