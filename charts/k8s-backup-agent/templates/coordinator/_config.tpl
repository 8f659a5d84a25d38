{{- define "backup.coordinatorConfig" -}}
{{- include "backup.checks" . -}}
cluster: {{ .Values.cluster | quote }}
listen: "0.0.0.0:7443"
hosts:
  {{- $service := include "backup.coordinator" . }}
  - {{ $service | quote }}
  - {{ printf "%s.%s" $service .Release.Namespace | quote }}
  - {{ printf "%s.%s.svc" $service .Release.Namespace | quote }}
  - {{ printf "%s.%s.svc.cluster.local" $service .Release.Namespace | quote }}
  {{- range .Values.coordinator.hosts }}
  - {{ . | quote }}
  {{- end }}
state: /var/lib/k8sbackup
plans: /var/lib/k8sbackup/plans
store:
  {{- if .Values.store.s3.bucket }}
  s3:
    {{- with .Values.store.s3 }}
    bucket: {{ .bucket | quote }}
    {{- with .prefix }}
    prefix: {{ . | quote }}
    {{- end }}
    {{- with .endpoint }}
    endpoint: {{ . | quote }}
    {{- end }}
    {{- with .region }}
    region: {{ . | quote }}
    {{- end }}
    addressing: {{ .addressing }}
    conditionalWrites: {{ .conditionalWrites }}
    {{- if .caConfigMap.name }}
    caFile: /etc/k8sbackup/store-ca/ca.crt
    {{- end }}
    {{- with .objectLock }}
    objectLock: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- if include "backup.hasStoreSecret" $ }}
    credentials: {file: /etc/k8sbackup/store/credentials, profile: {{ .credentials.profile | quote }}}
    {{- end }}
    {{- end }}
  {{- else }}
  local: /backup
  {{- end }}
  {{- with .Values.store.throttle }}
  throttle: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.store.retry }}
  retry: {{- toYaml . | nindent 4 }}
  {{- end }}
keyFile: /etc/k8sbackup/key/repository.key
kubernetes:
  namespace: {{ .Release.Namespace | quote }}
  home: resources
  lease: {{ include "backup.coordinator" . }}
  caConfigMap: {{ .Values.name }}-ca
  authoritySecret: {{ .Values.name }}-authority
  enrolment:
    audience: k8s-backup
    controlPlaneServiceAccount: {{ include "backup.controlPlane" . }}
    workerServiceAccount: {{ include "backup.worker" . }}
health: {listen: "0.0.0.0:8080"}
{{- range $section := list "limits" "checks" "drills" "prune" }}
{{- with index $.Values.coordinator $section }}
{{ $section }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
logLevel: {{ .Values.coordinator.logLevel }}
{{- end -}}
