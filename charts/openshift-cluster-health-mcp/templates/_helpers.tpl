{{- define "mcp.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "mcp.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "mcp.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "mcp.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Of objects without a namespace: two releases must not fight over one. */}}
{{- define "mcp.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "mcp.fullname" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "mcp.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "mcp.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "mcp.selectorLabels" -}}
app.kubernetes.io/name: {{ include "mcp.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mcp.labels" -}}
{{ include "mcp.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "mcp.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "mcp.host" -}}
{{- printf "%s.%s.svc" (include "mcp.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* Whether something is switched on: true, false, or auto with the API it needs. Gives "true" or nothing. */}}
{{- define "mcp.on" -}}
{{- $switch := toString .switch -}}
{{- if or (eq $switch "true") (and (eq $switch "auto") (.root.Capabilities.APIVersions.Has .api)) -}}true{{- end -}}
{{- end -}}

{{/* "true" or nothing: whether the server speaks TLS. */}}
{{- define "mcp.tls" -}}
{{- include "mcp.on" (dict "switch" .Values.tls.enabled "api" "route.openshift.io/v1" "root" .) -}}
{{- end -}}

{{- define "mcp.scheme" -}}
{{- if include "mcp.tls" . -}}https{{- else -}}http{{- end -}}
{{- end -}}

{{- define "mcp.tlsSecret" -}}
{{- default (printf "%s-tls" (include "mcp.fullname" .)) .Values.tls.secretName -}}
{{- end -}}

{{- define "mcp.url" -}}
{{- printf "%s://%s:%d/mcp" (include "mcp.scheme" .) (include "mcp.host" .) (int .Values.service.port) -}}
{{- end -}}

{{/* What restricted-v2 asks of a pod, over anything that was set beside it. */}}
{{- define "mcp.podSecurityContext" -}}
{{- $fixed := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.podSecurityContext) $fixed) -}}
{{- end -}}

{{- define "mcp.securityContext" -}}
{{- $fixed := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "runAsNonRoot" true "capabilities" (dict "drop" (list "ALL")) -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.securityContext) $fixed) -}}
{{- end -}}
