{{/* Labels of all objects of a release; the operator's own selectors are in the templates. */}}
{{- define "patterns.labels" -}}
app.kubernetes.io/part-of: patterns
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* The namespace whose OrderProcessors are looked after. */}}
{{- define "patterns.watched" -}}
{{ .Values.watchNamespace | default .Release.Namespace }}
{{- end }}

{{- define "patterns.stage" -}}
{{ required "stage is required: the name of the deployment, for example --set stage=dev" .Values.stage }}
{{- end }}

{{/* By digest, else by tag. */}}
{{- define "patterns.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ required "image.tag is required, or image.digest: the operator's image, as `patterns outputs` names it" .tag }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The port of AWS where it is not at its usual place. */}}
{{- define "patterns.awsPort" -}}
{{- $url := urlParse .Values.aws.endpointUrl -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{ $port | default (ternary "443" "80" (eq $url.scheme "https")) }}
{{- end }}

{{/* The operator's variables. */}}
{{- define "patterns.settings" -}}
STAGE: {{ include "patterns.stage" . | quote }}
AWS_REGION: {{ required "aws.region is required, for example --set aws.region=eu-central-1" .Values.aws.region | quote }}
{{- with .Values.aws.endpointUrl }}
AWS_ENDPOINT_URL: {{ . | quote }}
{{- end }}
{{- with .Values.credentials.workerSecret }}
WORKER_CREDENTIALS: {{ . | quote }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "patterns.webhookSecret" -}}
{{ .Values.webhook.secret | default "patterns-operator-webhook" }}
{{- end }}

{{/* Whether the webhook's certificate comes from elsewhere; at most one source does. */}}
{{- define "patterns.certificateIsBrought" -}}
{{- $webhook := .Values.webhook -}}
{{- $ways := list -}}
{{- if $webhook.secret }}{{ $ways = append $ways "webhook.secret" }}{{ end -}}
{{- if $webhook.certManager.enabled }}{{ $ways = append $ways "webhook.certManager" }}{{ end -}}
{{- if $webhook.externalSecret.enabled }}{{ $ways = append $ways "webhook.externalSecret" }}{{ end -}}
{{- if gt (len $ways) 1 -}}
{{ fail (printf "%s exclude each other: each brings the webhook's certificate" (join " and " $ways)) }}
{{- end -}}
{{- if and $webhook.certManager.enabled $webhook.url -}}
{{ fail "webhook.certManager is for the operator's Service: with webhook.url bring a certificate for its host by webhook.secret" }}
{{- end -}}
{{- if $ways }}true{{ end -}}
{{- end }}

{{- define "patterns.webhookAnnotations" -}}
{{- $notes := dict -}}
{{- if .Values.webhook.certManager.enabled -}}
{{- $_ := set $notes "cert-manager.io/inject-ca-from" (printf "%s/patterns-operator-webhook" .Release.Namespace) -}}
{{- end -}}
{{- with merge $notes .Values.webhook.annotations }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/* What the API server is to trust. */}}
{{- define "patterns.caBundle" -}}
{{- if include "patterns.certificateIsBrought" . -}}
{{- if and .Values.webhook.externalSecret.enabled (not .Values.webhook.annotations) -}}
{{ required "webhook.caBundle is required with webhook.externalSecret: base64 of its authority's certificate" .Values.webhook.caBundle }}
{{- else -}}
{{ .Values.webhook.caBundle }}
{{- end -}}
{{- else -}}
{{ index (include "patterns.certificate" . | fromJson) "ca.crt" }}
{{- end -}}
{{- end }}

{{/*
The webhook's certificate as JSON: tls.crt, tls.key and ca.crt in base64, and when and for whom it was made. It is made once
a rendering and kept in the values, since each call would make another. A Secret that is there is kept for nine months of
the twelve for which its certificate is good; `helm template` sees no cluster, and always makes one.
*/}}
{{- define "patterns.certificate" -}}
{{- if include "patterns.certificateIsBrought" . -}}
{{ dict "secret" (include "patterns.webhookSecret" .) | toJson }}
{{- else -}}
{{- if not (hasKey .Values "certificate") -}}
{{- $host := printf "patterns-operator.%s.svc" .Release.Namespace -}}
{{- if .Values.webhook.url -}}
{{- $host = (urlParse .Values.webhook.url).hostname -}}
{{- end -}}
{{- $there := lookup "v1" "Secret" .Release.Namespace (include "patterns.webhookSecret" .) | default dict -}}
{{- $notes := dig "metadata" "annotations" dict $there -}}
{{- $made := get $notes "patterns.example.com/made" | default "0" -}}
{{- $young := lt (sub (now | unixEpoch | int64) ($made | int64)) (mul 275 24 3600) -}}
{{- if and $young (eq $host (get $notes "patterns.example.com/host" | default "")) -}}
{{- $_ := set .Values "certificate" (merge (dict "made" $made "host" $host) $there.data) -}}
{{- else -}}
{{- $ips := list -}}
{{- $names := list $host -}}
{{- if regexMatch "^[0-9.]+$|:" $host -}}
{{- $ips = list $host -}}
{{- $names = list -}}
{{- end -}}
{{- $authority := genCA "patterns-operator-webhook" 365 -}}
{{- $pair := genSignedCert "patterns-operator" $ips $names 365 $authority -}}
{{- $parts := dict "tls.crt" ($pair.Cert | b64enc) "tls.key" ($pair.Key | b64enc) "ca.crt" ($authority.Cert | b64enc) -}}
{{- $_ := set .Values "certificate" (merge (dict "made" (now | unixEpoch) "host" $host) $parts) -}}
{{- end -}}
{{- end -}}
{{ .Values.certificate | toJson }}
{{- end -}}
{{- end }}
