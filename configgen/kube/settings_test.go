package kube_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/pipeline"
)

func TestParseNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"no namespace", "streams_secret: s\npod: {image: i}", "namespace is missing"},
		{"no secret", "namespace: ns\npod: {image: i}", "streams_secret is missing"},
		{"no image", "namespace: ns\nstreams_secret: s", "pod.image is missing"},
		{"a field that is none", "namespace: ns\nimages: i", `"images"`},
		{"no YAML", "\tnamespace", "reading the Kubernetes settings"},
		{"no quantity", "namespace: ns\nstreams_secret: s\npod: {image: i, resources: {limits: {cpu: much}}}", "pod.resources.limits.cpu"},
		{"less than is asked for", "namespace: ns\nstreams_secret: s\npod: {image: i, resources: {requests: {cpu: 2000m}, limits: {cpu: 500m}}}", "pod.resources.requests.cpu"},
		{"a Secret without keys", "namespace: ns\nstreams_secret: s\npod: {image: i}\ntrigger: {secret: keda}", "secret and keys"},
		{"keys without a Secret", "namespace: ns\nstreams_secret: s\npod: {image: i}\ntrigger: {keys: [sasl]}", "secret and keys"},
		{"a monitor's label of ours", "namespace: ns\nstreams_secret: s\npod: {image: i}\nmonitor_labels: {inflect.dev/pipeline: a}", "monitor_labels.inflect.dev/pipeline"},
		{"an override that is none", "namespace: ns\nstreams_secret: s\nallow_override: [name]\npod: {image: i}", `"name" is none of`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := kube.Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestOverridesAreChecked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, override string
		// field is that of the problem, empty for none.
		field string
		code  pipeline.Code
	}{
		{name: "none", override: ``},
		{name: "resources", override: `{"resources":{"requests":{"cpu":"500m","memory":"1Gi"}}}`},
		{name: "a misspelt field", override: `{"resource":{}}`, field: "kubernetes.resource", code: pipeline.CodeUnknownField},
		{name: "no quantity", override: `{"resources":{"requests":{"cpu":"lots"}}}`, field: "kubernetes.resources.requests.cpu", code: pipeline.CodeInvalid},
		{name: "another type", override: `{"resources":{"requests":{"cpu":2}}}`, field: "kubernetes.resources.requests", code: pipeline.CodeInvalid},
		{name: "no object", override: `[]`, field: "kubernetes", code: pipeline.CodeInvalid},
		{name: "an image", override: `{"image":"evil"}`, field: "kubernetes.image", code: pipeline.CodeInvalid},
		{name: "an account", override: `{"service_account":"admin"}`, field: "kubernetes.service_account", code: pipeline.CodeInvalid},
		{name: "a Secret", override: `{"env":[{"name":"A","secret":{"name":"b","key":"c"}}]}`, field: "kubernetes.env", code: pipeline.CodeInvalid},
		{name: "one of our labels", override: `{"labels":{"inflect.dev/pipeline":"other"}}`, field: "kubernetes.labels.inflect.dev/pipeline", code: pipeline.CodeInvalid},
		{name: "a label that is none", override: `{"labels":{"a b":"c"}}`, field: "kubernetes.labels.a b", code: pipeline.CodeInvalid},
		{name: "an effect that is none", override: `{"tolerations":[{"effect":"Maybe"}]}`, field: "kubernetes.tolerations[0].effect", code: pipeline.CodeInvalid},
		{name: "too little time", override: `{"grace":"2s"}`, field: "kubernetes.grace", code: pipeline.CodeInvalid},
		{name: "a toleration of no key", override: `{"tolerations":[{"value":"a"}]}`, field: "kubernetes.tolerations[0].operator", code: pipeline.CodeInvalid},
		{name: "a value of any", override: `{"tolerations":[{"key":"a","operator":"Exists","value":"b"}]}`, field: "kubernetes.tolerations[0].value", code: pipeline.CodeInvalid},
		{name: "seconds of an effect that has none", override: `{"tolerations":[{"key":"a","effect":"NoSchedule","tolerationSeconds":5}]}`, field: "kubernetes.tolerations[0].tolerationSeconds", code: pipeline.CodeInvalid},
		{name: "too much time", override: `{"grace":"48h"}`, field: "kubernetes.grace", code: pipeline.CodeInvalid},
	}
	s := settings(t, plain)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			errs := s.Check(pipeline.Spec{Name: "a", Kubernetes: json.RawMessage(tt.override)})
			switch {
			case tt.field == "" && len(errs) > 0:
				t.Errorf("got %v", errs)
			case tt.field != "" && (len(errs) == 0 || errs[0].Field != tt.field || errs[0].Code != tt.code):
				t.Errorf("got %v, want a problem of %s", errs, tt.field)
			}
		})
	}
	allowing := settings(t, everything)
	for _, tt := range []struct{ name, override, field string }{
		{name: "an allowed image", override: `{"image":"ours"}`},
		{name: "more than the installation's limit", override: `{"resources":{"requests":{"memory":"2Gi"}}}`, field: "kubernetes.resources.requests.memory"},
		{name: "another limit as well", override: `{"resources":{"requests":{"memory":"2Gi"},"limits":{"memory":"2Gi"}}}`},
		{name: "a variable of the installation", override: `{"env":[{"name":"GOMAXPROCS","value":"4"}]}`},
		{name: "a variable twice", override: `{"env":[{"name":"A"},{"name":"A"}]}`, field: "kubernetes.env[1].name"},
		{name: "a variable of each pod", override: `{"env":[{"name":"INFLECT_INSTANCE","value":"a"}]}`, field: "kubernetes.env[0].name"},
	} {
		errs := allowing.Check(pipeline.Spec{Name: "a", Kubernetes: json.RawMessage(tt.override)})
		if (len(errs) > 0) != (tt.field != "") || len(errs) > 0 && errs[0].Field != tt.field {
			t.Errorf("%s: got %v, want a problem of %q", tt.name, errs, tt.field)
		}
	}
}

func TestAShareOfNothingIsWarnedOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, settings, override string
		cpu                      int
		warns                    bool
	}{
		{name: "no share", settings: plain},
		{name: "of nothing", settings: plain, cpu: 70, warns: true},
		{name: "of what the installation asks for", settings: everything, cpu: 70},
		{name: "of what the pipeline asks for", settings: plain, cpu: 70, override: `{"resources":{"requests":{"cpu":"1"}}}`},
		{name: "of a limit, which is asked for as well", settings: plain, cpu: 70, override: `{"resources":{"limits":{"cpu":"1"}}}`},
	} {
		spec := pipeline.Spec{Name: "a", Kubernetes: json.RawMessage(tt.override)}
		spec.Scaling.CPU = tt.cpu
		errs := settings(t, tt.settings).Check(spec)
		if warns := len(errs) == 1 && errs[0].Warning && errs[0].Field == "scaling.cpu"; warns != tt.warns || !warns && len(errs) > 0 {
			t.Errorf("%s: got %v, want a warning: %t", tt.name, errs, tt.warns)
		}
	}
}

func FuzzOverrides(f *testing.F) {
	f.Add(`{"resources":{"requests":{"cpu":"500m"}},"tolerations":[{"key":"a"}],"env":[{"name":"A"}]}`)
	f.Add(`{"grace":"1h","labels":{"":""}}`)
	s, err := kube.Parse([]byte(everything))
	if err != nil {
		f.Fatal(err)
	}
	s.Group = func(name string) string { return name }
	f.Fuzz(func(t *testing.T, override string) {
		p := pipeline.Pipeline{Spec: pipeline.Spec{Name: "a", Kubernetes: json.RawMessage(override)}}
		objects, err := kube.Render(p, []byte("input: {}\n"), s, kube.Served{KEDA: true}, kube.Demand{})
		if err != nil {
			return
		}
		for _, o := range objects {
			if !json.Valid(o.Body) {
				t.Errorf("%s is no JSON", o.Body)
			}
		}
	})
}
