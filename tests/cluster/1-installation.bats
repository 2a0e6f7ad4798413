#!/usr/bin/env bats
# shellcheck disable=SC2016 # What looks like an expansion in single quotes is jq's.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154 # Each test is a subshell; helpers.bash sets the other variables.
#
# The installed objects.

load helpers

# Kubewarden's controller creates the webhooks of deploy/. If it does not run, webhooks.jq replaces it. This test compares both.
@test "the webhook configurations are those of the policies in the cluster" {
  found=$(kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations --output json \
    --selector app.kubernetes.io/part-of=kubewarden)
  kubectl explain validatingwebhookconfiguration.webhooks.matchConditions >/dev/null 2>&1 && conditions=true ||
    conditions=false
  derived=$(kubectl get clusteradmissionpolicies --output json |
    jq --arg namespace "${KUBEWARDEN_NAMESPACE:-kubewarden}" --arg url "" --arg ca "" \
      --from-file "$ROOT/scripts/cluster/webhooks.jq")
  [[ $(jq '[.items[] | select(.metadata.name | startswith("clusterwide-aws-pod-identity"))] | length' <<<"$derived") -eq 5 ]]
  # The API server adds the scope of a rule. API servers before 1.27 drop matchConditions.
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
@test "the API server accepts the renderings of the Helm chart, and the default one has the installed objects" {
  for name in default all-values pod-templates rancher; do
    run --separate-stderr kubectl apply --dry-run=server --validate=false --output json --filename - < <(
      awk -v RS='---\n' '!/kind: PrometheusRule/ { print "---"; printf "%s", $0 }' \
        "$ROOT/charts/aws-pod-identity-policy/tests/$name/expected.yaml" |
        sed 's/^  policyServer: .*/  policyServer: default/'
    )
    show
    [[ $status -eq 0 ]]
    case $name in
      default) rendered=$output ;;
      pod-templates) custom=$output ;;
    esac
  done
  # On a cluster with another registry, the module has another address.
  holds "$(kubectl get clusteradmissionpolicies --output json)" '
    def specs: [.items[] | select(.kind == "ClusterAdmissionPolicy") | {(.metadata.name): (.spec | del(.module))}] | add;
    "aws-pod-identity-pod-templates" as $of_custom
    | (specs | with_entries(select(.key | startswith("aws-pod-identity")))) as $installed
    | ($rendered | specs) == ($installed | del(.[$of_custom]))
      # The rendering has one more custom resource.
      and ($custom | specs[$of_custom] | .rules |= .[:-1] | .settings.podTemplates |= .[:-1]) == $installed[$of_custom]
  ' --argjson rendered "$rendered" --argjson custom "$custom"
}
