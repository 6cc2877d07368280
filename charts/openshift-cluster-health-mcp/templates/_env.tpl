{{/* The server's settings: docs/configuration.md says what each means. A test compares the names with the program's. */}}
{{- define "mcp.env" -}}
- name: MCP_HTTP_PORT
  value: {{ .Values.httpPort | quote }}
- name: MCP_SERVER_NAME
  value: {{ .Values.serverName | quote }}
{{- $hosts := .Values.allowedHosts }}
{{- if .Values.route.enabled }}
{{- $hosts = append $hosts .Values.route.host }}
{{- end }}
{{- with $hosts }}
- name: MCP_ALLOWED_HOSTS
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.allowedOrigins }}
- name: MCP_ALLOWED_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
- name: REQUEST_TIMEOUT
  value: {{ .Values.requestTimeout | quote }}
{{- with .Values.auth }}
- name: MCP_AUTH
  value: {{ .mode }}
{{- if eq .mode "none" }}
- name: MCP_ALLOW_ANONYMOUS
  value: "true"
{{- end }}
{{- with .tokenAudiences }}
- name: MCP_TOKEN_AUDIENCES
  value: {{ join "," . | quote }}
{{- end }}
{{- if .passTokenForLogs }}
- name: MCP_PASS_CALLERS_TOKEN
  value: logs
{{- end }}
{{- if eq .mode "oidc" }}
- name: MCP_OIDC_ISSUER
  value: {{ .oidc.issuer | quote }}
- name: MCP_OIDC_AUDIENCES
  value: {{ join "," .oidc.audiences | quote }}
- name: MCP_OIDC_USERNAME_CLAIM
  value: {{ .oidc.usernameClaim | quote }}
{{- with .oidc.usernamePrefix }}
- name: MCP_OIDC_USERNAME_PREFIX
  value: {{ . | quote }}
{{- end }}
- name: MCP_OIDC_GROUPS_CLAIM
  value: {{ .oidc.groupsClaim | quote }}
{{- with .oidc.groupsPrefix }}
- name: MCP_OIDC_GROUPS_PREFIX
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .requestHeader }}
{{- if .clientCAConfigMap }}
- name: MCP_REQUESTHEADER_CLIENT_CA_FILE
  value: /etc/mcp-server/requestheader/ca.crt
- name: MCP_REQUESTHEADER_ALLOWED_NAMES
  value: {{ join "," .allowedNames | quote }}
- name: MCP_REQUESTHEADER_USERNAME_HEADERS
  value: {{ join "," .usernameHeaders | quote }}
- name: MCP_REQUESTHEADER_GROUP_HEADERS
  value: {{ join "," .groupHeaders | quote }}
- name: MCP_REQUESTHEADER_EXTRA_HEADERS_PREFIX
  value: {{ .extraHeadersPrefix | quote }}
{{- end }}
{{- end }}
- name: MCP_CALLER_RATE
  value: {{ .callerRate | quote }}
- name: MCP_AUDIT_LOG
  value: {{ .audit | quote }}
{{- end }}
{{- if include "mcp.tls" . }}
- name: MCP_TLS_CERT_FILE
  value: /etc/mcp-server/tls/tls.crt
- name: MCP_TLS_KEY_FILE
  value: /etc/mcp-server/tls/tls.key
{{- end }}
{{- if .Values.route.enabled }}
- name: MCP_PUBLIC_URL
  value: {{ printf "https://%s" .Values.route.host | quote }}
{{- end }}
{{- if .Values.integrations.kserve.enabled }}
- name: ENABLE_KSERVE
  value: "true"
{{- if .Values.integrations.kserve.probeModels }}
- name: KSERVE_PROBE_MODELS
  value: "true"
{{- with .Values.integrations.kserve.predictorPort }}
- name: KSERVE_PREDICTOR_PORT
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.integrations.prometheus }}
- name: ENABLE_PROMETHEUS
  value: {{ .enabled | quote }}
{{- if .enabled }}
{{- with .url }}
- name: PROMETHEUS_URL
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.integrations.alertmanager }}
{{- if .enabled }}
- name: ALERTMANAGER_URL
  value: {{ .url | default "https://alertmanager-main.openshift-monitoring.svc:9094" | quote }}
{{- end }}
{{- end }}
{{- with .Values.integrations.coordinationEngine }}
{{- if .enabled }}
- name: ENABLE_COORDINATION_ENGINE
  value: "true"
{{- with .url }}
- name: COORDINATION_ENGINE_URL
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.remediation.enabled }}
- name: MCP_ENABLE_REMEDIATION
  value: "true"
{{- end }}
{{- with .Values.tracing.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
- name: LOG_LEVEL
  value: {{ .Values.logging.level | quote }}
- name: LOG_FORMAT
  value: {{ .Values.logging.format | quote }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
