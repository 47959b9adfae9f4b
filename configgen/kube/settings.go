package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/inflect-dev/inflect/pipeline"
)

// Settings are the installation's, the same for all pipelines. They are read from YAML or JSON with [Parse].
type Settings struct {
	// Namespace is where workloads are made.
	Namespace string `json:"namespace"`
	// StreamsSecret names the Secret that has the streams API's password under the key "password".
	StreamsSecret string `json:"streams_secret"`
	// EnvSecret names a Secret whose keys become the engines' environment: INFLECT_KAFKA_PASSWORD and its like. Empty for
	// none.
	EnvSecret string `json:"env_secret,omitempty"`
	// FilesSecret names a Secret with certificates, whose keys become files of FilesDir in the engines. Empty for none.
	FilesSecret string `json:"files_secret,omitempty"`
	// Trigger says how KEDA reaches the brokers.
	Trigger Trigger `json:"trigger,omitzero"`
	// Monitors asks for a PodMonitor, Prometheus' operator's, per pipeline, and MonitorLabels are those by which a Prometheus
	// selects its own.
	Monitors      bool              `json:"monitors,omitempty"`
	MonitorLabels map[string]string `json:"monitor_labels,omitempty"`
	// AllowOverride names fields of Pod that a pipeline may set beside those that only concern itself. Who may edit a
	// pipeline could otherwise run any image under any account, or read any Secret of the namespace.
	AllowOverride []string `json:"allow_override,omitempty"`
	// Pod is every pipeline's, unless its spec.kubernetes says otherwise.
	Pod Pod `json:"pod"`

	// Environment is the engines', beside what Secrets bring; it holds nothing secret.
	Environment map[string]string `json:"-"`
	// Brokers and Group are as rendered streams have them.
	Brokers []string                 `json:"-"`
	Group   func(name string) string `json:"-"`
	// Resync is how often it is looked which optional APIs there are, 30 s by default.
	Resync time.Duration `json:"-"`
}

// FilesDir is where FilesSecret is mounted.
const FilesDir = "/etc/inflect/files"

// Trigger is how KEDA's Kafka trigger reaches the brokers.
type Trigger struct {
	// Secret has credentials under KEDA's names: sasl, username, password, tls, ca, cert, key. A TriggerAuthentication
	// is made of it. Empty for brokers that ask for none.
	Secret string `json:"secret,omitempty"`
	// Keys are those of Secret that are to be used.
	Keys []string `json:"keys,omitempty"`
	// Metadata is added to the trigger's own: tls: enable, sasl: scram_sha512.
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Pod is what pods are like. Its fields are the keys of a pipeline's spec.kubernetes.
type Pod struct {
	Image            string              `json:"image,omitempty"`
	ImagePullPolicy  corev1.PullPolicy   `json:"image_pull_policy,omitempty"`
	ImagePullSecrets []string            `json:"image_pull_secrets,omitempty"`
	ServiceAccount   string              `json:"service_account,omitempty"`
	PriorityClass    string              `json:"priority_class,omitempty"`
	Resources        Resources           `json:"resources,omitzero"`
	NodeSelector     map[string]string   `json:"node_selector,omitempty"`
	Tolerations      []corev1.Toleration `json:"tolerations,omitempty"`
	Affinity         *corev1.Affinity    `json:"affinity,omitempty"`
	// Env is further environment: literal values, or keys of Secrets.
	Env         []EnvVar          `json:"env,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Grace is how long a pod may take to finish what it has read, 60s by default.
	Grace pipeline.Duration `json:"grace,omitzero"`
}

// Resources are quantities by resource, as Kubernetes writes them: cpu: 500m, memory: 1Gi.
type Resources struct {
	Requests map[string]string `json:"requests,omitempty"`
	Limits   map[string]string `json:"limits,omitempty"`
}

// EnvVar is a variable with a value, or with that of a key of a Secret.
type EnvVar struct {
	Name   string     `json:"name"`
	Value  string     `json:"value,omitempty"`
	Secret *SecretKey `json:"secret,omitempty"`
}

// SecretKey is one value of a Secret.
type SecretKey struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// sensitive are the fields that a pipeline may set only where the installation allows it.
var sensitive = []string{"image", "image_pull_policy", "image_pull_secrets", "service_account", "priority_class", "env"}

const defaultGrace = time.Minute

// Parse reads settings from YAML or JSON. An unknown field is an error that names it.
func Parse(text []byte) (Settings, error) {
	var s Settings
	j, err := yaml.YAMLToJSON(text)
	if err != nil {
		return s, fmt.Errorf("reading the Kubernetes settings: %w", err)
	}
	if err := strict(j, &s); err != nil {
		return s, fmt.Errorf("reading the Kubernetes settings: %w", err)
	}
	for _, need := range []struct{ field, value string }{
		{"namespace", s.Namespace}, {"streams_secret", s.StreamsSecret}, {"pod.image", s.Pod.Image},
	} {
		if need.value == "" {
			return s, fmt.Errorf("reading the Kubernetes settings: %s is missing", need.field)
		}
	}
	for _, f := range s.AllowOverride {
		if !slices.Contains(sensitive, f) {
			return s, fmt.Errorf("reading the Kubernetes settings: allow_override: %q is none of %s", f, strings.Join(sensitive, ", "))
		}
	}
	errs := s.Pod.check("pod")
	if len(errs) == 0 {
		errs = s.Pod.checkTogether("pod")
	}
	if len(errs) > 0 {
		return s, fmt.Errorf("reading the Kubernetes settings: %w", errs)
	}
	c := &checks{root: "settings"}
	if c.labels("monitor_labels", s.MonitorLabels); len(c.errs) > 0 {
		return s, fmt.Errorf("reading the Kubernetes settings: %w", c.errs)
	}
	if (s.Trigger.Secret == "") != (len(s.Trigger.Keys) == 0) {
		return s, errors.New("reading the Kubernetes settings: trigger: secret and keys are of use together only")
	}
	return s, nil
}

// strict reads one JSON document in which every field has to be known.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// Check is what is wrong with a pipeline's spec.kubernetes, by field.
func (s Settings) Check(spec pipeline.Spec) pipeline.Errors {
	pod, errs := s.pod(spec)
	const cpu = string(corev1.ResourceCPU)
	if spec.Scaling.CPU > 0 && pod.Resources.Requests[cpu] == "" && pod.Resources.Limits[cpu] == "" {
		// The namespace may have a default that is not seen from here.
		w := pipeline.Errorf(pipeline.CodeInvalid, "scaling.cpu", "is a share of what pods ask for, and they ask for none: set kubernetes.resources.requests.cpu")
		w.Warning = true
		errs = append(errs, w)
	}
	return errs
}

// pod is the installation's pod with a pipeline's own settings over it. Maps and variables are merged, everything else is
// replaced.
func (s Settings) pod(spec pipeline.Spec) (Pod, pipeline.Errors) {
	const root = "kubernetes"
	out := s.Pod
	if len(spec.Kubernetes) == 0 {
		return out, nil
	}
	var own Pod
	if err := strict(spec.Kubernetes, &own); err != nil {
		return out, pipeline.Errors{badOverride(err)}
	}
	var given map[string]json.RawMessage
	_ = json.Unmarshal(spec.Kubernetes, &given) // it was read as a Pod
	var errs pipeline.Errors
	for _, field := range sensitive {
		if _, ok := given[field]; ok && !slices.Contains(s.AllowOverride, field) {
			errs = append(errs, pipeline.Errorf(pipeline.CodeInvalid, root+"."+field,
				"may not be set by pipelines of this installation: remove it, or have allow_override name it"))
		}
	}
	errs = append(errs, own.check(root)...)
	out = out.with(own)
	if len(errs) == 0 {
		errs = out.checkTogether(root)
	}
	return out, errs
}

func badOverride(err error) *pipeline.Error {
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return pipeline.Errorf(pipeline.CodeUnknownField, "kubernetes."+strings.Trim(name, `"`), "no such field: remove it or correct its spelling")
	}
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return pipeline.Errorf(pipeline.CodeInvalid, strings.TrimSuffix("kubernetes."+t.Field, "."), "is a JSON %s, but a %s is wanted", t.Value, t.Type)
	}
	return pipeline.Errorf(pipeline.CodeInvalid, "kubernetes", "%v", err)
}

func (p Pod) with(own Pod) Pod {
	or(&own.Image, p.Image)
	or(&own.ImagePullPolicy, p.ImagePullPolicy)
	or(&own.ServiceAccount, p.ServiceAccount)
	or(&own.PriorityClass, p.PriorityClass)
	or(&own.Grace, p.Grace)
	if own.ImagePullSecrets == nil {
		own.ImagePullSecrets = p.ImagePullSecrets
	}
	if own.Tolerations == nil {
		own.Tolerations = p.Tolerations
	}
	if own.Affinity == nil {
		own.Affinity = p.Affinity
	}
	// What a pipeline says of a variable takes the installation's place: the API server takes no name twice.
	inherited := slices.DeleteFunc(slices.Clone(p.Env), func(e EnvVar) bool {
		return slices.ContainsFunc(own.Env, func(o EnvVar) bool { return o.Name == e.Name })
	})
	own.Env = slices.Concat(inherited, own.Env)
	own.Resources.Requests = merge(p.Resources.Requests, own.Resources.Requests)
	own.Resources.Limits = merge(p.Resources.Limits, own.Resources.Limits)
	own.NodeSelector = merge(p.NodeSelector, own.NodeSelector)
	own.Labels = merge(p.Labels, own.Labels)
	own.Annotations = merge(p.Annotations, own.Annotations)
	return own
}

func or[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

func merge(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}
