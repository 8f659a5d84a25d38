{{/* Parts both kinds of agents have. */}}

{{/* Whether the node's whole root is what agents see. Call with (list . isControlPlane). */}}
{{- define "backup.wholeNode" -}}
{{- if and (index . 1) (index . 0).Values.agents.controlPlane.wholeNode -}}yes{{- end -}}
{{- end -}}

{{/*
What an agent may do. It is root, since files of all users are read, and has of root's rights only these; RuntimeDefault seccomp holds,
too. Each was taken away in a test, and what is said is what was lost then (docs/install.md has the table).
Call with (list . isControlPlane).
*/}}
{{- define "backup.agentSecurity" -}}
{{- $root := index . 0 -}}{{- $controlPlane := index . 1 -}}
# Root, since files of all owners are read; of what root may do, only what is added below.
runAsUser: 0
runAsGroup: 0
{{- if $root.Values.agents.blockVolumes }}
# Raw block volumes: an ordinary container may open no device of its node, whatever capabilities it has.
privileged: true
{{- else }}
allowPrivilegeEscalation: false
privileged: false
{{- end }}
readOnlyRootFilesystem: true
seccompProfile: {type: RuntimeDefault}
{{- with $root.Values.agents.seLinuxOptions }}
# On nodes that enforce SELinux, files of other pods are closed to an ordinary container.
seLinuxOptions: {{- toYaml . | nindent 2 }}
{{- end }}
capabilities:
  drop: [ALL]
  add:
    - DAC_READ_SEARCH # read files and directories of every owner; without it those of others are Unreadable, and snapshots PartiallyFailed
    - FOWNER # read without touching access times; restores: modes and times of files of every owner
    {{- if $root.Values.agents.restores }}
    - DAC_OVERRIDE # restores: extended attributes of files of every owner, and entries in directories closed to root
    - CHOWN # restores: owners and groups, and with them the set-id bits
    - FSETID # restores: set-group-id bits
    - SETFCAP # restores: file capabilities
    - LINUX_IMMUTABLE # restores: files that chattr had made immutable or append-only, where the policy asks for them
    - MKNOD # restores: device nodes, where the policy asks for them
    {{- end }}
    {{- if and $controlPlane $root.Values.agents.controlPlane.bootTests }}
    - SYS_PTRACE # boot tests: copy the program of the etcd that runs, which has rights the agent lacks
    - SYS_ADMIN # boot tests: a network namespace of their own, so that nobody reaches the server under test; and attributes named trusted.*
    {{- else if $root.Values.agents.freezing }}
    - SYS_ADMIN # freezing of file systems while they are read, and attributes named trusted.*; it is nearly all that root may on the node
    {{- end }}
{{- end -}}

{{/* Call with (list . isControlPlane). */}}
{{- define "backup.agentMounts" -}}
{{- $whole := include "backup.wholeNode" . -}}
{{- with index . 0 -}}
- {name: config, mountPath: /etc/k8sbackup, readOnly: true}
- {name: identity, mountPath: /var/run/k8sbackup, readOnly: true}
- {name: state, mountPath: {{ .Values.agents.stateDir }}}
{{- if not $whole }}
# Volumes that are mounted after the agent started must be seen, too: HostToContainer. Bidirectional is never needed.
- {name: kubelet, mountPath: /host{{ .Values.agents.kubeletPath }}, mountPropagation: HostToContainer, readOnly: {{ not (and .Values.agents.restores .Values.agents.restoreIntoVolumes) }}}
{{- if .Values.agents.blockVolumes }}
- {name: devices, mountPath: /host/dev, mountPropagation: HostToContainer, readOnly: true}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Call with (list . isControlPlane "name of the agents"). */}}
{{- define "backup.agentVolumes" -}}
{{- $root := index . 0 -}}
- name: config
  configMap: {name: {{ index . 2 }}}
# The only token in the pod: good for nothing but enrolment with the coordinator, and for minutes.
- name: identity
  projected:
    defaultMode: 0400
    sources:
      - serviceAccountToken: {audience: k8s-backup, expirationSeconds: {{ int $root.Values.agents.tokenSeconds }}, path: token}
      # The coordinator publishes it; agents that start first wait for it.
      - configMap:
          name: {{ $root.Values.name }}-ca
          optional: true
          items: [{key: ca.crt, path: ca.crt}]
# Identity, unreported results and spooled snapshots stay on the node when the pod is replaced.
- name: state
  hostPath: {path: {{ $root.Values.agents.stateDir }}, type: DirectoryOrCreate}
{{- if not (include "backup.wholeNode" .) }}
# Where the volumes of this node's pods are.
- name: kubelet
  hostPath: {path: {{ $root.Values.agents.kubeletPath }}, type: Directory}
{{- if $root.Values.agents.blockVolumes }}
# Where raw block volumes are devices.
- name: devices
  hostPath: {path: /dev, type: Directory}
{{- end }}
{{- end }}
{{- end -}}

{{- define "backup.agentEnvironment" -}}
- name: NODE_NAME
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
{{- end -}}
