{{/* Call with (list . (list of volume roots) (list of restore roots) (map of labels) role). */}}
{{- define "backup.agentConfig" -}}
{{- $root := index . 0 -}}
{{- $agents := $root.Values.agents -}}
coordinators:
  {{- range $agents.coordinators | default (list (printf "https://%s.%s.svc:%d" (include "backup.coordinator" $root) $root.Release.Namespace (int $root.Values.coordinator.service.port))) }}
  - {{ . | quote }}
  {{- end }}
# A node whose role changes enrols anew.
role: {{ index . 4 }}
serviceAccountTokenFile: /var/run/k8sbackup/token
authorityFile: /var/run/k8sbackup/ca.crt
stateDir: {{ $agents.stateDir }}
hostRoot: /host
kubeletRoot: {{ $agents.kubeletRoot | default $agents.kubeletPath }}
# Whether files may be restored into volumes of running pods, by name or by a path below kubelet's directory.
restoreIntoVolumes: {{ and $agents.restores $agents.restoreIntoVolumes }}
volumeRoots:
  - {{ printf "%s/pods" ($agents.kubeletRoot | default $agents.kubeletPath) | quote }}
  {{- range index . 1 }}
  - {{ . | quote }}
  {{- end }}
{{- with index . 2 }}
restoreRoots:
  {{- range . }}
  - {{ . | quote }}
  {{- end }}
{{- end }}
{{- with $agents.reading }}
reading:
  {{- range $name, $value := . }}
  {{ $name }}: {{ $value | quote }}
  {{- end }}
{{- end }}
{{- with index . 3 }}
labels:
  {{- range $name, $value := . }}
  {{ $name | quote }}: {{ $value | quote }}
  {{- end }}
{{- end }}
logLevel: {{ $agents.logLevel }}
{{- end -}}

{{- define "backup.controlPlaneConfig" -}}
{{- with .Values.agents.controlPlane -}}
{{- include "backup.agentConfig" (list $ (list) .restoreRoots .labels "control-plane") -}}
{{- end -}}
{{- end -}}

{{- define "backup.workerConfig" -}}
{{- with .Values.agents.worker -}}
{{- include "backup.agentConfig" (list $ .volumeRoots .restoreRoots .labels "worker") -}}
{{- end -}}
{{- end -}}
