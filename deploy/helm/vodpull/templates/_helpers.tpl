{{- define "vodpull.name" -}}
{{- if contains "vodpull" .Release.Name }}{{ .Release.Name | trunc 50 }}{{ else }}{{ printf "%s-vodpull" .Release.Name | trunc 50 }}{{ end }}
{{- end }}

{{- /* Labels of everything of one role. Takes (dict "root" $ "role" "api"). */ -}}
{{- define "vodpull.selector" -}}
app.kubernetes.io/name: vodpull
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "vodpull.labels" -}}
{{ include "vodpull.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "vodpull.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
{{- if eq .Values.sandbox.kind "localhost" }}
  type: Localhost
  localhostProfile: {{ .Values.sandbox.seccompProfile }}
{{- else if eq .Values.sandbox.kind "unconfined" }}
  type: Unconfined
{{- else }}
  type: RuntimeDefault
{{- end }}
{{- if ne .Values.sandbox.kind "none" }}
appArmorProfile:
  type: Unconfined
{{- end }}
{{- end }}

{{- /* The container of one role, without resources and volumes. Takes (dict "root" $ "role" "api"). */ -}}
{{- define "vodpull.container" -}}
name: {{ .role }}
image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [serve, --role, {{ .role }}, --host, "0.0.0.0"]
ports:
  - {name: http, containerPort: 8080}
envFrom:
  - secretRef: {name: {{ .root.Values.existingSecret }}}
env:
  - {name: VODPULL_STORAGE_URL, value: {{ .root.Values.storageUrl | quote }}}
  - {name: VODPULL_PUBLIC_URL, value: {{ .root.Values.publicUrl | quote }}}
  - {name: VODPULL_LOG_FORMAT, value: json}
  - {name: VODPULL_GRACE_S, value: {{ .root.Values.graceSeconds | quote }}}
  - {name: VODPULL_SANDBOX, value: {{ eq .root.Values.sandbox.kind "none" | ternary "auto" "require" }}}
{{- if eq .role "worker" }}
  - {name: VODPULL_ENCODE_SLOTS, value: {{ .root.Values.worker.encodeSlots | quote }}}
{{- end }}
{{- range $name, $value := .root.Values.settings }}
  - {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 10
  timeoutSeconds: 10
{{- end }}
