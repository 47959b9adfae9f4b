package kube

import (
	"encoding/json"
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/inflect-dev/inflect/pipeline"
)

// Object is one object as it is applied: JSON with exactly the fields that this package owns.
type Object struct {
	Kind Kind
	Name string
	Body []byte
}

// Kind is what an object is and where the API server has it.
type Kind struct {
	schema.GroupVersionResource

	Name string
}

// The kinds that a pipeline may have objects of, in the order in which they are applied. Removal goes the other way.
var (
	configMaps = Kind{schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, "ConfigMap"}
	auths      = Kind{schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "triggerauthentications"}, "TriggerAuthentication"}
	// The budget comes before the pods that it protects.
	budgets       = Kind{schema.GroupVersionResource{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}, "PodDisruptionBudget"}
	deployments   = Kind{schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, "Deployment"}
	scaledObjects = Kind{schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}, "ScaledObject"}
	monitors      = Kind{schema.GroupVersionResource{Group: "monitoring.coreos.com", Version: "v1", Resource: "podmonitors"}, "PodMonitor"}
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{configMaps, auths, budgets, deployments, scaledObjects, monitors} }

// Served says which optional APIs the cluster has.
type Served struct{ KEDA, Monitors bool }

// Demand is what is known of a pipeline at run time that decides how it is scaled.
type Demand struct {
	// Partitions is how many the source topic has, 0 when nobody knows.
	Partitions int
	// Rate is how many records one pod was seen to get through in a second, 0 when nobody knows yet.
	Rate float64
}

// Render is a pipeline's objects. With state paused it has no pods, and without a config its ConfigMaps are left out,
// which leaves those that exist as they are.
func Render(p pipeline.Pipeline, config []byte, s Settings, served Served, d Demand) ([]Object, error) {
	pod, errs := s.pod(p.Spec)
	if fatal := errs.Fatal(); len(fatal) > 0 {
		return nil, fatal
	}
	p.Spec = p.WithDefaults()
	r := renderer{pipeline: p, settings: s, pod: pod, served: served, demand: d, name: ObjectName(p.Name)}
	bundled, err := bundle(p.Name, config)
	if err != nil {
		return nil, err
	}
	if len(config) > 0 {
		r.configMaps(bundled)
	}
	if served.KEDA && s.Trigger.Secret != "" {
		r.add(auths, r.name, r.auth())
	}
	if p.Scaling.Max > 1 {
		r.add(budgets, r.name, r.budget())
	}
	r.add(deployments, r.name, r.deployment())
	if served.KEDA {
		r.add(scaledObjects, r.name, r.scaledObject())
	}
	if served.Monitors && s.Monitors {
		r.add(monitors, r.name, r.monitor())
	}
	return r.out, r.err
}

type renderer struct {
	pipeline pipeline.Pipeline
	settings Settings
	pod      Pod
	served   Served
	demand   Demand
	name     string
	out      []Object
	err      error
}

// object is a JSON object; the API server does not care about the order of keys, and encoding/json sorts them.
type object = map[string]any

func (r *renderer) add(kind Kind, name string, body object) {
	body["apiVersion"], body["kind"] = kind.GroupVersion().String(), kind.Name
	meta, _ := body["metadata"].(object)
	if meta == nil {
		meta = object{}
		body["metadata"] = meta
	}
	own, _ := meta["labels"].(map[string]string)
	meta["name"], meta["namespace"], meta["labels"] = name, r.settings.Namespace, merge(own, labels(r.pipeline))
	b, err := json.Marshal(body)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("rendering %s %s: %w", kind.Name, name, err)
	}
	r.out = append(r.out, Object{Kind: kind, Name: name, Body: b})
}

func (r *renderer) configMaps(parts []part) {
	for i, part := range parts {
		body := object{
			"metadata": object{"annotations": object{annotationRevision: strconv.FormatInt(r.pipeline.Revision, 10)}},
			"data":     part.data,
		}
		if part.binary != nil {
			body["binaryData"] = part.binary
		}
		r.add(configMaps, configMapName(r.name, i), body)
	}
}

// configMapName is that of the nth part of a config.
func configMapName(name string, n int) string {
	if n == 0 {
		return name
	}
	return fmt.Sprintf("%s.%d", name, n)
}

func (r *renderer) paused() bool { return r.pipeline.State == pipeline.Paused }

func (r *renderer) budget() object {
	// One pod at a time: the group rebalances once for each, and the others go on.
	return object{"spec": object{
		"maxUnavailable": 1, "selector": object{"matchLabels": selector(r.pipeline.Name)},
		// Pods of a pipeline that has failed are not ready, and would keep a node from being emptied for as long.
		"unhealthyPodEvictionPolicy": "AlwaysAllow",
	}}
}

func (r *renderer) monitor() object {
	return object{
		"metadata": object{"labels": r.settings.MonitorLabels},
		"spec": object{
			"selector":            object{"matchLabels": selector(r.pipeline.Name)},
			"podMetricsEndpoints": []object{{"port": portMetrics, "path": "/metrics", "interval": "15s"}},
		},
	}
}
