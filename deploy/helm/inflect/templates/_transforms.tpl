{{- /* Where the control plane finds the transforms: git-sync keeps `current` a link to the commit it has checked out. */ -}}
{{- define "inflect.transforms" -}}
--transforms=/transforms
{{- with .Values.transforms.git }}{{ if .repository }}/current{{ with .path }}/{{ . }}{{ end }}{{ end }}{{ end }}
{{- end -}}

{{- /* The sidecar that brings them. The control plane starts without waiting for it: a repository that is away keeps nobody
from pausing a pipeline. */ -}}
{{- define "inflect.gitSync" -}}
{{- with .Values.transforms.git -}}
- name: git-sync
  image: {{ .image | quote }}
  imagePullPolicy: {{ $.Values.image.pullPolicy }}
  env:
    - {name: GITSYNC_REPO, value: {{ .repository | quote }}}
    - {name: GITSYNC_REF, value: {{ .branch | quote }}}
    - {name: GITSYNC_ROOT, value: /transforms}
    - {name: GITSYNC_LINK, value: current}
    - {name: GITSYNC_PERIOD, value: {{ .period }}}
    - {name: GITSYNC_DEPTH, value: "1"}
    - {name: GITSYNC_SUBMODULES, value: "off"}
    - {name: GITSYNC_INIT_MAX_FAILURES, value: "-1"}
    - {name: GITSYNC_MAX_FAILURES, value: "-1"}
    {{- if .secret }}
    {{- if .ssh }}
    - {name: GITSYNC_SSH_KEY_FILE, value: /etc/git-secret/ssh}
    - {name: GITSYNC_SSH_KNOWN_HOSTS_FILE, value: /etc/git-secret/known_hosts}
    - {name: GITSYNC_ADD_USER, value: "true"}
    {{- else }}
    - name: GITSYNC_USERNAME
      valueFrom: {secretKeyRef: {name: {{ .secret }}, key: username}}
    - {name: GITSYNC_PASSWORD_FILE, value: /etc/git-secret/password}
    {{- end }}
    {{- end }}
  resources: {{- toYaml .resources | nindent 4 }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: {{ not .ssh }}
    capabilities: {drop: [ALL]}
  volumeMounts:
    - {name: transforms, mountPath: /transforms}
    - {name: git-tmp, mountPath: /tmp}
    {{- if .secret }}
    - {name: git, mountPath: /etc/git-secret, readOnly: true}
    {{- end }}
{{- end }}
{{- end -}}
