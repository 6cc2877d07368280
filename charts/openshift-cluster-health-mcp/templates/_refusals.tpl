{{/*
Values that cannot be honoured: those of the predecessor's chart that mean nothing any more, and combinations that would
install something unsafe or dead. All of them are told at once, each with what to do.
*/}}
{{- define "mcp.refusals" -}}
{{- $values := .Values -}}
{{- $said := list -}}
{{- if ne $values.transport "http" -}}
{{- $said = append $said "transport: a pod has no standard input to serve on; leave it out, or set it to http" -}}
{{- end -}}
{{- with $values.circuitBreaker -}}
{{- $said = append $said "circuitBreaker: calls to other services have fixed, short time limits; remove it" -}}
{{- end -}}
{{- with $values.cache -}}
{{- $said = append $said "cache: the cluster is watched, nothing is cached for a time; remove it" -}}
{{- end -}}
{{- with $values.metrics -}}
{{- if and (hasKey . "port") (ne (int .port) (int $values.httpPort)) -}}
{{- $said = append $said "metrics.port: metrics are served on httpPort; remove it" -}}
{{- end -}}
{{- if and (hasKey . "path") (ne .path "/metrics") -}}
{{- $said = append $said "metrics.path: it is /metrics; remove it" -}}
{{- end -}}
{{- if and (hasKey . "enabled") (not .enabled) -}}
{{- $said = append $said "metrics.enabled: metrics are always served; set serviceMonitor.enabled to false so that nobody collects them" -}}
{{- end -}}
{{- end -}}
{{- range $probe := list "livenessProbe" "readinessProbe" -}}
{{- range $way := list "httpGet" "exec" "tcpSocket" "grpc" -}}
{{- if hasKey (index $values $probe) $way -}}
{{- $said = append $said (printf "%s.%s: what is asked is fixed, /livez and /readyz (a server that waits for the cluster must not be restarted for it); keep only periods and thresholds" $probe $way) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $context := list "podSecurityContext" "securityContext" -}}
{{- range $field := list "runAsUser" "runAsGroup" "fsGroup" -}}
{{- if hasKey (index $values $context) $field -}}
{{- $said = append $said (printf "%s.%s: restricted-v2 gives each namespace its own range and refuses any other; remove it, the image runs as any user" $context $field) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $field, $safe := dict "privileged" false "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "runAsNonRoot" true -}}
{{- $given := merge (dict) $values.securityContext $values.podSecurityContext -}}
{{- if and (hasKey $given $field) (ne (index $given $field) $safe) -}}
{{- $said = append $said (printf "securityContext.%s: the server needs no such thing; remove it" $field) -}}
{{- end -}}
{{- end -}}
{{- with $values.securityContext.capabilities -}}
{{- if .add -}}
{{- $said = append $said "securityContext.capabilities.add: the server needs no capability; remove it" -}}
{{- end -}}
{{- end -}}
{{- with $values.networkPolicy.policyTypes -}}
{{- if ne (sortAlpha . | join ",") "Egress,Ingress" -}}
{{- $said = append $said "networkPolicy.policyTypes: both directions are always policed; remove it, or set networkPolicy.enabled to false" -}}
{{- end -}}
{{- end -}}
{{- with $values.integrations -}}
{{- with .kubernetes -}}
{{- if or (and (hasKey . "enabled") (not .enabled)) (and (hasKey . "inCluster") (not .inCluster)) -}}
{{- $said = append $said "integrations.kubernetes: the server looks at the cluster it runs in; remove it" -}}
{{- end -}}
{{- end -}}
{{- with .prometheus -}}
{{- if .tokenSecret -}}
{{- $said = append $said "integrations.prometheus.tokenSecret: the pod's own account asks; remove it" -}}
{{- end -}}
{{- end -}}
{{- with .coordinationEngine -}}
{{- if .timeout -}}
{{- $said = append $said "integrations.coordinationEngine.timeout: calls have a fixed limit, and requestTimeout bounds the whole request; remove it" -}}
{{- end -}}
{{- if .namespace -}}
{{- $said = append $said "integrations.coordinationEngine.namespace: the url says where it is; remove it" -}}
{{- end -}}
{{- end -}}
{{- with .kserve -}}
{{- if or .timeout .models .namespace -}}
{{- $said = append $said "integrations.kserve.timeout, .models and .namespace: models are found by themselves, in every namespace; remove them" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $values.autoscaling.enabled (gt (int $values.autoscaling.minReplicas) (int $values.autoscaling.maxReplicas)) -}}
{{- $said = append $said "autoscaling: minReplicas is greater than maxReplicas" -}}
{{- end -}}
{{- if and $values.remediation.enabled (eq $values.auth.mode "none") -}}
{{- $said = append $said "remediation.enabled: with auth.mode none nobody is known who could be allowed anything; set auth.mode to token-review" -}}
{{- end -}}
{{- if $values.route.enabled -}}
{{- if not $values.route.host -}}
{{- $said = append $said "route.enabled: give route.host too, the name that clients will use" -}}
{{- end -}}
{{- if not (include "mcp.tls" .) -}}
{{- $said = append $said "route.enabled: the way from the router to the server has to be encrypted; set tls.enabled to true" -}}
{{- end -}}
{{- if eq $values.auth.mode "none" -}}
{{- $said = append $said "route.enabled: with auth.mode none it would show the cluster to anybody; set auth.mode to token-review" -}}
{{- end -}}
{{- end -}}
{{- if and (eq $values.auth.mode "oidc") (or (not $values.auth.oidc.issuer) (not $values.auth.oidc.audiences)) -}}
{{- $said = append $said "auth.mode: oidc needs auth.oidc.issuer and auth.oidc.audiences" -}}
{{- end -}}
{{- if and $values.auth.passTokenForLogs (or (ne $values.auth.mode "token-review") $values.auth.tokenAudiences) -}}
{{- $said = append $said "auth.passTokenForLogs: only tokens for the API server may be shown to it; set auth.mode to token-review and leave out auth.tokenAudiences" -}}
{{- end -}}
{{- with $values.auth.requestHeader -}}
{{- if and .clientCAConfigMap (or (not .allowedNames) (not .usernameHeaders) (eq $values.auth.mode "none") (not (include "mcp.tls" $))) -}}
{{- $said = append $said "auth.requestHeader: needs allowedNames, usernameHeaders, TLS and an auth.mode other than none; without them anybody could write the headers" -}}
{{- end -}}
{{- end -}}
{{- if $said -}}
{{- fail (printf "\nThese values cannot be honoured:\n  - %s\n" (join "\n  - " $said)) -}}
{{- end -}}
{{- end -}}
