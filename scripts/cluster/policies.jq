# The policy server's configuration, from the list of ClusterAdmissionPolicies that the API server stores, as
# Kubewarden's controller writes it into the key policies.yml of the policy server's ConfigMap
# (internal/controller/policyserver_controller_configmap.go), except for the module.
#
#   jq --arg wasm FILE.wasm --from-file policies.jq <policies.json
[
  .items[]
  | {
      key: "clusterwide-\(.metadata.name)",
      value: ({
        namespacedName: {Namespace: "", Name: .metadata.name},
        "module": "file://\($wasm)",
        policyMode: .spec.mode,
        allowedToMutate: (.spec.mutating // false),
        contextAwareResources: .spec.contextAwareResources,
        settings: .spec.settings,
        message: .spec.message,
        timeoutEvalSeconds: .spec.timeoutEvalSeconds,
        # Cluster-wide policies have every host capability.
        hostCapabilities: ["*"],
      } | del(.[] | nulls)),
    }
] | from_entries
