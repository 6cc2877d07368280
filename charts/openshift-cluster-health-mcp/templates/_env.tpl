{{/* The server's settings: docs/configuration.md says what each means. A test compares the names with the program's. */}}
{{- define "mcp.env" -}}
- name: MCP_HTTP_PORT
  value: {{ .Values.httpPort | quote }}
- name: MCP_SERVER_NAME
  value: {{ .Values.serverName | quote }}
{{- with .Values.allowedHosts }}
- name: MCP_ALLOWED_HOSTS
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.allowedOrigins }}
- name: MCP_ALLOWED_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
- name: REQUEST_TIMEOUT
  value: {{ .Values.requestTimeout | quote }}
- name: LOG_LEVEL
  value: {{ .Values.logging.level | quote }}
- name: LOG_FORMAT
  value: {{ .Values.logging.format | quote }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
