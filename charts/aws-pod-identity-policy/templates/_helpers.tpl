{{- define "aws-pod-identity-policy.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /*
The manifests of deploy/ are the source: a template reads one, changes what the values say, and prints it.
*/ -}}

{{- define "aws-pod-identity-policy.subjects" -}}
{{- range .Values.policyServer.namespaces }}
- kind: ServiceAccount
  name: {{ $.Values.policyServer.serviceAccountName }}
  namespace: {{ . }}
{{- end }}
{{- end }}

{{- /*
A policy of deploy/, or its variant for kube-system. Arguments: root, file, values (those of the policy), kubeSystem. Settings
in the file are defaults.
*/ -}}
{{- define "aws-pod-identity-policy.policy" -}}
{{- $values := .root.Values }}
{{- $policy := .root.Files.Get (printf "files/%s.yaml" .file) | fromYaml }}
{{- $_ := set $policy.metadata "labels" (include "aws-pod-identity-policy.labels" .root | fromYaml) }}
{{- $spec := $policy.spec }}
{{- $_ := set $spec "policyServer" $values.policyServer.name }}
{{- $_ := set $spec "module" $values.module }}
{{- $_ := set $spec "mode" $values.mode }}
{{- $_ := set $spec "failurePolicy" .values.failurePolicy }}
{{- $_ := set $spec "timeoutSeconds" .values.timeoutSeconds }}
{{- $_ := set $spec "timeoutEvalSeconds" .values.timeoutSeconds }}
{{- $settings := merge (deepCopy $values.settings) $spec.settings }}
{{- range .values.additional }}
{{- $entry := dict "group" .group "kind" .kind "paths" .paths }}
{{- $_ := set $settings "podTemplates" (append $settings.podTemplates $entry) }}
{{- $rule := dict "apiGroups" (list .group) "apiVersions" (list "*") "resources" (list .resource) "operations" (list "CREATE" "UPDATE") }}
{{- $_ := set $spec "rules" (append $spec.rules $rule) }}
{{- end }}
{{- if .kubeSystem }}
{{- $_ := set $policy.metadata "name" (printf "%s-kube-system" $policy.metadata.name) }}
{{- $_ := set $spec "failurePolicy" "Ignore" }}
{{- range $key, $value := $values.kubeSystem.settings }}
{{- $_ := set $settings $key $value }}
{{- end }}
{{- $_ := set $spec "namespaceSelector" (dict "matchExpressions" (list (dict "key" "kubernetes.io/metadata.name" "operator" "In" "values" (list "kube-system")))) }}
{{- else }}
{{- $names := index $spec.namespaceSelector.matchExpressions 0 }}
{{- $_ := set $names "values" (concat (index $names "values") $values.excludedNamespaces | uniq) }}
{{- end }}
{{- $_ := set $spec "settings" $settings }}
{{- toYaml $policy }}
{{- end }}
