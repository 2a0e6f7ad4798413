# The webhook configurations, from the list of ClusterAdmissionPolicies that the API server stores, as
# Kubewarden's controller creates them (internal/controller/policy_subreconciler_webhook.go), except for the address,
# which is a URL in place of a Service. $url and $ca may be empty.
#
#   jq --arg namespace kubewarden --arg url https://… --arg ca BASE64 --from-file webhooks.jq <policies.json
{
  apiVersion: "v1",
  kind: "List",
  items: [
    .items[]
    | "clusterwide-\(.metadata.name)" as $name
    | {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: (if .spec.mutating then "MutatingWebhookConfiguration" else "ValidatingWebhookConfiguration" end),
        metadata: {
          name: $name,
          labels: {"app.kubernetes.io/part-of": "kubewarden"},
          annotations: {kubewardenPolicyName: .metadata.name, kubewardenPolicyNamespace: ""},
        },
        webhooks: [
          {
            name: "\($name).kubewarden.admission",
            clientConfig: {url: "\($url)/validate/\($name)", caBundle: $ca},
            rules: .spec.rules,
            failurePolicy: .spec.failurePolicy,
            matchPolicy: .spec.matchPolicy,
            # Kubewarden's namespace is excluded, and matchLabels are ignored.
            namespaceSelector: (
              if .spec.allowInsideAdmissionControllerNamespace then .spec.namespaceSelector
              else {
                matchExpressions: (
                  [{key: "kubernetes.io/metadata.name", operator: "NotIn", values: [$namespace]}]
                  + (.spec.namespaceSelector.matchExpressions // [])
                ),
              } end
            ),
            objectSelector: .spec.objectSelector,
            sideEffects: (.spec.sideEffects // "None"),
            timeoutSeconds: .spec.timeoutSeconds,
            matchConditions: .spec.matchConditions,
            admissionReviewVersions: ["v1"],
          }
          | del(.[] | nulls)
        ],
      }
  ],
}
