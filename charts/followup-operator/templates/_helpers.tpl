{{/* Name of everything the chart makes: the release's, with the chart's unless the release already says it. */}}
{{- define "followup-operator.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" (.Release.Name | trunc 35 | trimSuffix "-") .Chart.Name -}}
{{- end -}}
{{- end -}}

{{/* Labels that select the operator's pods; they must never change. */}}
{{- define "followup-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "followup-operator.labels" -}}
{{ include "followup-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: followup
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "followup-operator.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "followup-operator.webhookImage" -}}
{{ .Values.webhook.image.repository }}:{{ .Values.webhook.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{/* ClusterRole that the operator binds to each webhook's ServiceAccount, in the SlackApp's namespace only. Its name is not
the release's: a RoleBinding can't be aimed at another role, so the bindings must survive a new release name; and Helm refuses
a second release in the cluster, whose operator would fight the first over every SlackApp. */}}
{{- define "followup-operator.webhookRole" -}}
followup-webhook
{{- end -}}

{{/* Name of the Secret with the administrator's connection string; says what to do when it is not given. */}}
{{- define "followup-operator.databaseSecret" -}}
{{- with .Values.database.existingSecret.name -}}
{{ . }}
{{- else -}}
{{- fail (printf `

database.existingSecret.name is not set: the operator needs a Postgres database.
Put the connection string of its administrator into a Secret and name it:

  printf %%s 'postgres://admin:password@host:5432/followup?sslmode=verify-full' >dsn
  kubectl create secret generic followup-database --namespace %s --from-file=%s=dsn
  helm install ... --set database.existingSecret.name=followup-database
` .Release.Namespace .Values.database.existingSecret.key) -}}
{{- end -}}
{{- end -}}

{{/* Security context of both containers; with the pod's it meets the restricted Pod Security Standard. */}}
{{- define "followup-operator.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
