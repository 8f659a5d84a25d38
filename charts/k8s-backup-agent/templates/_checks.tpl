{{/* What the schema cannot say: values that do not fit each other. Included once, by the coordinator's configuration. */}}
{{- define "backup.checks" -}}
{{- $s3 := .Values.store.s3.bucket -}}{{- $local := .Values.store.local.existingClaim -}}
{{- if and (not $s3) (not $local) -}}
{{- fail "store: set store.s3.bucket or store.local.existingClaim; it says where backups are kept." -}}
{{- end -}}
{{- if and $s3 $local -}}
{{- fail "store: store.s3.bucket and store.local.existingClaim are both set; backups are kept in one place." -}}
{{- end -}}
{{- with .Values.store.s3.credentials -}}
{{- if and .existingSecret .accessKeyId -}}
{{- fail "store.s3.credentials: existingSecret and accessKeyId are both set; one of them gives the credentials." -}}
{{- end -}}
{{- if ne (empty .accessKeyId) (empty .secretAccessKey) -}}
{{- fail "store.s3.credentials: accessKeyId and secretAccessKey belong together." -}}
{{- end -}}
{{- end -}}
{{- if and .Values.repositoryKey.existingSecret .Values.repositoryKey.value -}}
{{- fail "repositoryKey: existingSecret and value are both set; one of them gives the key." -}}
{{- end -}}
{{- with .Values.coordinator -}}
{{- if and .state.existingClaim .state.claim.create -}}
{{- fail "coordinator.state: existingClaim and claim.create are both set; the state is in one claim." -}}
{{- end -}}
{{- if and .state.claim.create (gt (int .replicas) 1) (ne .state.claim.accessMode "ReadWriteMany") -}}
{{- fail "coordinator.replicas: several replicas share the state, which needs coordinator.state.claim.accessMode ReadWriteMany. Set replicas to 1 otherwise." -}}
{{- end -}}
{{- end -}}
{{- if and .Values.agents.controlPlane.enabled (not .Values.agents.controlPlane.nodeLabels) -}}
{{- fail "agents.controlPlane.nodeLabels: name at least one label of control-plane nodes." -}}
{{- end -}}
{{- end -}}
