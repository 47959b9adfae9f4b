{{- define "inflect.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "inflect.selector" -}}
app.kubernetes.io/name: inflect
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "inflect.labels" -}}
{{ include "inflect.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "inflect.streamsSecret" -}}
{{- .Values.streams.existingSecret | default (printf "%s-streams" (include "inflect.name" .)) -}}
{{- end -}}

{{- define "inflect.postgresSecret" -}}
{{- if .Values.postgres.trial.enabled -}}{{ include "inflect.name" . }}-postgres{{- else -}}{{ .Values.postgres.secret }}{{- end -}}
{{- end -}}
