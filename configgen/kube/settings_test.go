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
	if errs := settings(t, everything).Check(pipeline.Spec{Name: "a", Kubernetes: json.RawMessage(`{"image":"ours"}`)}); len(errs) > 0 {
		t.Errorf("an allowed image is refused: %v", errs)
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
