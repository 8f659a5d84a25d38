{{/* Names and labels. Selectors never have versions in them: they cannot be changed later. */}}

{{- define "backup.coordinator" -}}{{ .Values.name }}-coordinator{{- end -}}
{{- define "backup.controlPlane" -}}{{ .Values.name }}-agent-control-plane{{- end -}}
{{- define "backup.worker" -}}{{ .Values.name }}-agent-worker{{- end -}}

{{/* Cluster-wide names: two installations must not meet. */}}
{{- define "backup.inCluster" -}}{{- if ne .Values.name .Release.Namespace -}}-{{ .Release.Namespace }}{{- end -}}{{- end -}}
{{- define "backup.clusterName" -}}{{ include "backup.coordinator" . }}{{ include "backup.inCluster" . }}{{- end -}}

{{- define "backup.keySecret" -}}{{ .Values.repositoryKey.existingSecret | default (printf "%s-repository-key" .Values.name) }}{{- end -}}
{{- define "backup.storeSecret" -}}{{ .Values.store.s3.credentials.existingSecret | default (printf "%s-store" .Values.name) }}{{- end -}}
{{- define "backup.hasStoreSecret" -}}{{- with .Values.store.s3 -}}
{{- if and .bucket (or .credentials.existingSecret .credentials.accessKeyId) -}}yes{{- end -}}
{{- end -}}{{- end -}}

{{/* Call with (list . "component"). */}}
{{- define "backup.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "backup.labels" -}}
{{- $root := index . 0 -}}
{{ include "backup.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ $root.Chart.Name }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Call with (list . .Values.images.coordinator). */}}
{{- define "backup.image" -}}
{{- $root := index . 0 -}}{{- $image := index . 1 -}}
{{- if $image.digest -}}{{ $image.repository }}@{{ $image.digest }}
{{- else -}}{{ $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}{{- end -}}
{{- end -}}

{{- define "backup.priorityClass" -}}
{{- if .Values.priorityClass.create -}}{{ .Values.name }}{{ include "backup.inCluster" . }}{{- end -}}
{{- end -}}
