package kube

import (
	"maps"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// The ports of an engine's pod.
const (
	StreamsPort = 4195
	StatusPort  = 4196

	portStreams = "streams"
	portMetrics = "metrics"

	// ConfigDir is where a pod finds its stream config.
	ConfigDir = "/etc/inflect/streams"

	containerName = "engine"
	volumeConfig  = "config"
	volumeFiles   = "files"
	volumeScratch = "tmp"

	envInstance = "INFLECT_INSTANCE"
	envPassword = "INFLECT_STREAMS_PASSWORD"
)

// nobody is the user of distroless images.
const nobody = 65532

// surge is how many pods more than wanted there may be during a rollout. Unavailable ones there may be none, so that a
// rollout costs no partition its reader for longer than a rebalance takes.
const surge = 1

// preStop is how long a pod goes on before it is told to end: what watches pods notices by then that it is leaving, and
// posts nothing to it any more.
const preStop = 2 * time.Second

// lostNode is how long a pod waits for its node to be heard of again, once that counts as lost, before another takes its
// place. Both may work at the same time: Kafka's group keeps their work apart.
const lostNode = 30 * time.Second

func (r *renderer) deployment() object {
	spec := object{
		"selector":                object{"matchLabels": selector(r.pipeline.Name)},
		"revisionHistoryLimit":    2,
		"progressDeadlineSeconds": 300,
		"strategy":                object{"type": "RollingUpdate", "rollingUpdate": object{"maxUnavailable": 0, "maxSurge": surge}},
		"template":                r.template(),
	}
	switch {
	case r.paused():
		spec["replicas"] = 0
	case !r.served.KEDA:
		least, _ := Bounds(r.pipeline.Scaling, r.demand)
		spec["replicas"] = max(1, least)
	}
	// With KEDA the number of pods belongs to its HPA: a field that is applied by nobody is nobody's to reset.
	return object{"spec": spec}
}

func (r *renderer) template() object {
	grace := int64(defaultGrace.Seconds())
	if r.pod.Grace > 0 {
		grace = int64(time.Duration(r.pod.Grace).Seconds())
	}
	spec := object{
		"automountServiceAccountToken":  false,
		"enableServiceLinks":            false,
		"terminationGracePeriodSeconds": grace,
		"securityContext": object{
			"runAsNonRoot": true, "runAsUser": nobody, "runAsGroup": nobody, "fsGroup": nobody,
			"seccompProfile": object{"type": corev1.SeccompProfileTypeRuntimeDefault},
		},
		"containers":  []object{r.container()},
		"volumes":     r.volumes(),
		"tolerations": r.tolerations(),
		"topologySpreadConstraints": []object{{
			"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": corev1.ScheduleAnyway,
			"labelSelector": object{"matchLabels": selector(r.pipeline.Name)},
		}},
	}
	if r.pod.ServiceAccount != "" {
		spec["serviceAccountName"] = r.pod.ServiceAccount
	}
	if r.pod.PriorityClass != "" {
		spec["priorityClassName"] = r.pod.PriorityClass
	}
	if len(r.pod.NodeSelector) > 0 {
		spec["nodeSelector"] = r.pod.NodeSelector
	}
	if r.pod.Affinity != nil {
		spec["affinity"] = r.pod.Affinity
	}
	if len(r.pod.ImagePullSecrets) > 0 {
		var refs []object
		for _, name := range r.pod.ImagePullSecrets {
			refs = append(refs, object{"name": name})
		}
		spec["imagePullSecrets"] = refs
	}
	meta := object{"labels": merge(r.pod.Labels, labels(r.pipeline))}
	if len(r.pod.Annotations) > 0 {
		meta["annotations"] = r.pod.Annotations
	}
	return object{"metadata": meta, "spec": spec}
}

// tolerations are the settings', and how long a pod stays with a node of which nothing is heard: Kubernetes' own five
// minutes are for pods with a state, and a pipeline of one pod would stand still for that long.
func (r *renderer) tolerations() []corev1.Toleration {
	out := slices.Clone(r.pod.Tolerations)
	seconds := int64(lostNode.Seconds())
	for _, taint := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
		// Without a key or an effect it is for all of them.
		own := func(t corev1.Toleration) bool {
			return (t.Key == taint || t.Key == "") && (t.Effect == corev1.TaintEffectNoExecute || t.Effect == "")
		}
		if !slices.ContainsFunc(r.pod.Tolerations, own) {
			out = append(out, corev1.Toleration{Key: taint, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds})
		}
	}
	return out
}

func (r *renderer) container() object {
	port := func(n int) string { return ":" + strconv.Itoa(n) }
	c := object{
		"name":  containerName,
		"image": r.pod.Image,
		"args": []string{"streams", "--streams-dir=" + ConfigDir,
			"--streams-listen=" + port(StreamsPort), "--metrics-listen=" + port(StatusPort)},
		"ports": []object{
			{"name": portStreams, "containerPort": StreamsPort, "protocol": corev1.ProtocolTCP},
			{"name": portMetrics, "containerPort": StatusPort, "protocol": corev1.ProtocolTCP},
		},
		"env": r.env(),
		"securityContext": object{
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
			"capabilities": object{"drop": []string{"ALL"}},
		},
		"volumeMounts": r.mounts(),
		// Alive once its listener is there, ready once its stream runs: a pipeline that has failed is not ready, and would
		// not get better by being started again. The long limit is for machines under load.
		"startupProbe":   probe("/livez", 1, 120),
		"readinessProbe": probe("/readyz", 2, 2),
		"livenessProbe":  probe("/livez", 10, 3),
		// What an engine said before it ended is what the pipeline's status says.
		"terminationMessagePolicy": corev1.TerminationMessageFallbackToLogsOnError,
		"lifecycle":                object{"preStop": object{"sleep": object{"seconds": int64(preStop.Seconds())}}},
	}
	if r.pod.ImagePullPolicy != "" {
		c["imagePullPolicy"] = r.pod.ImagePullPolicy
	}
	if r.settings.EnvSecret != "" {
		c["envFrom"] = []object{{"secretRef": object{"name": r.settings.EnvSecret}}}
	}
	res := object{}
	if len(r.pod.Resources.Requests) > 0 {
		res["requests"] = r.pod.Resources.Requests
	}
	if len(r.pod.Resources.Limits) > 0 {
		res["limits"] = r.pod.Resources.Limits
	}
	if len(res) > 0 {
		c["resources"] = res
	}
	return c
}

func probe(path string, period, failures int) object {
	return object{"httpGet": object{"path": path, "port": portMetrics}, "periodSeconds": period, "failureThreshold": failures, "timeoutSeconds": 5}
}

// env is the engine's environment. A pod's name is its own among the pipeline's and the same for every start of its
// container, which is what transactional ids need.
func (r *renderer) env() []object {
	out := []object{
		{"name": envInstance, "valueFrom": object{"fieldRef": object{"apiVersion": "v1", "fieldPath": "metadata.name"}}},
		{"name": envPassword, "valueFrom": secretRef(SecretKey{Name: r.settings.StreamsSecret, Key: "password"})},
	}
	for _, name := range slices.Sorted(maps.Keys(r.settings.Environment)) {
		if !slices.ContainsFunc(r.pod.Env, func(e EnvVar) bool { return e.Name == name }) {
			out = append(out, object{"name": name, "value": r.settings.Environment[name]})
		}
	}
	for _, e := range r.pod.Env {
		if e.Secret != nil {
			out = append(out, object{"name": e.Name, "valueFrom": secretRef(*e.Secret)})
			continue
		}
		out = append(out, object{"name": e.Name, "value": e.Value})
	}
	return out
}

func secretRef(k SecretKey) object {
	return object{"secretKeyRef": object{"name": k.Name, "key": k.Key}}
}

func (r *renderer) volumes() []object {
	// All parts that a config may have are named, and optional, so that a config that grows does not change the template.
	var sources []object
	for i := range maxParts {
		source := object{"name": configMapName(r.name, i)}
		if i > 0 {
			source["optional"] = true
		}
		sources = append(sources, object{"configMap": source})
	}
	out := []object{
		{"name": volumeConfig, "projected": object{"sources": sources}},
		{"name": volumeScratch, "emptyDir": object{}},
	}
	if r.settings.FilesSecret != "" {
		out = append(out, object{"name": volumeFiles, "secret": object{"secretName": r.settings.FilesSecret}})
	}
	return out
}

func (r *renderer) mounts() []object {
	out := []object{
		{"name": volumeConfig, "mountPath": ConfigDir, "readOnly": true},
		{"name": volumeScratch, "mountPath": "/tmp"},
	}
	if r.settings.FilesSecret != "" {
		out = append(out, object{"name": volumeFiles, "mountPath": FilesDir, "readOnly": true})
	}
	return out
}
