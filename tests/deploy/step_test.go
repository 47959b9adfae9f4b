package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"sigs.k8s.io/yaml"

	"github.com/inflect-dev/inflect/configgen/kube"
)

// TestKustomizeIsTheChart compares the base, object by object, with what the chart makes of its defaults.
func TestKustomizeIsTheChart(t *testing.T) {
	t.Parallel()
	chart := render(t, `
registry: {url: "http://registry:8081"}
streams: {existingSecret: inflect-streams}`)
	var base []object
	var k struct{ Resources []string }
	if err := yaml.Unmarshal([]byte(read(t, kustomize, "kustomization.yaml")), &k); err != nil {
		t.Fatal(err)
	}
	for _, name := range k.Resources {
		base = append(base, decode(t, read(t, kustomize, name))...)
	}
	got, want := byName(base), byName(chart)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Fatalf("other objects than the chart's (-chart +kustomize):\n%s", diff)
	}
	for name, o := range want {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if o.kind() == "ConfigMap" {
				if diff := cmp.Diff(settings(t, o), settings(t, got[name]), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("(-chart +kustomize):\n%s", diff)
				}
				return
			}
			if diff := cmp.Diff(plain(map[string]any(o)), plain(map[string]any(got[name]))); diff != "" {
				t.Errorf("(-chart +kustomize):\n%s", diff)
			}
		})
	}
}

func byName(objects []object) map[string]object {
	out := map[string]object{}
	for _, o := range objects {
		out[o.kind()+" "+o.name()] = o
	}
	return out
}

func settings(t *testing.T, o object) kube.Settings {
	t.Helper()
	s, err := kube.Parse([]byte(o.text("data", "kubernetes.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// helms is what only a release of the chart has.
var helms = []string{"namespace", "app.kubernetes.io/instance", "app.kubernetes.io/version", "helm.sh/chart", "checksum/settings", "imagePullPolicy"}

// plain leaves out what is Helm's, what is empty then, and where variables have their values from: an overlay of the base
// changes a ConfigMap where a release has values.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if slices.Contains(helms, key) {
				continue
			}
			if key == "env" {
				value = names(value)
			}
			if value = plain(value); value != nil {
				out[key] = value
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	}
	return v
}

func names(env any) any {
	var out []any
	list, _ := env.([]any)
	for _, e := range list {
		out = append(out, object(e.(map[string]any)).text("name"))
	}
	return out
}

// TestSchemaKnowsEveryValue holds that each value of the chart is described, and that nothing is described that is not one.
func TestSchemaKnowsEveryValue(t *testing.T) {
	t.Parallel()
	var schema, values map[string]any
	if err := json.Unmarshal([]byte(read(t, chart, "values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(read(t, chart, "values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	inStep(t, "", schema, values)
}

func inStep(t *testing.T, path string, schema, values map[string]any) {
	t.Helper()
	properties, _ := schema["properties"].(map[string]any)
	if properties == nil { // a $ref: of one kind throughout
		return
	}
	if schema["additionalProperties"] != false {
		t.Errorf("%s takes what it does not know, a misspelt value among them", path)
	}
	for name := range properties {
		// Helm hands every chart a global value.
		if _, ok := values[name]; !ok && path+name != "global" {
			t.Errorf("values.yaml does not show %s%s", path, name)
		}
	}
	for name, value := range values {
		described, ok := properties[name].(map[string]any)
		if !ok {
			t.Errorf("values.schema.json does not know %s%s", path, name)
		}
		if inner, ok := value.(map[string]any); ok {
			inStep(t, path+name+".", described, inner)
		}
	}
}

// TestEveryValueIsUsed: a value that no template reads does nothing when it is set.
func TestEveryValueIsUsed(t *testing.T) {
	t.Parallel()
	templates, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	if err != nil || len(templates) == 0 {
		t.Fatalf("there are no templates: %v", err)
	}
	var text strings.Builder
	for _, name := range templates {
		text.WriteString(read(t, name))
	}
	var values map[string]any
	if err := yaml.Unmarshal([]byte(read(t, chart, "values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	var look func(path string, values map[string]any)
	look = func(path string, values map[string]any) {
		for name, value := range values {
			if inner, ok := value.(map[string]any); ok && len(inner) > 0 && name != "resources" && name != "labels" {
				look(path+"."+name, inner)
				continue
			}
			// Inside {{ with .Values.transforms.git }} it is .repository.
			used := regexp.MustCompile(regexp.QuoteMeta(path+"."+name) + `\b|[ (]\.` + name + `\b`)
			if !used.MatchString(text.String()) {
				t.Errorf("no template uses %s.%s", path, name)
			}
		}
	}
	look(".Values", values)
}

// TestTheDockerfileMakesTheSameImages compares it with what deploy/image builds without an engine.
func TestTheDockerfileMakesTheSameImages(t *testing.T) {
	t.Parallel()
	dockerfile, layout, command := read(t, "../../deploy/Dockerfile"), read(t, "../../deploy/image/layout.go"), read(t, "../../deploy/image/main.go")
	stages := strings.Split(dockerfile, "\nFROM ")
	for _, name := range []string{"inflect", "inflect-connect"} {
		i := slices.IndexFunc(stages, func(s string) bool { return strings.HasPrefix(s, "scratch AS "+name+"\n") })
		if i < 0 {
			t.Fatalf("the Dockerfile has no stage %s on top of nothing", name)
		}
		if !strings.Contains(command, fmt.Sprintf("%q:", name)) {
			t.Errorf("deploy/image does not build %s", name)
		}
		for _, line := range []string{"USER 65532:65532", `ENTRYPOINT ["/inflect"]`, "ENV PATH=/ SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
			"COPY --from=build /out/" + name + " /inflect", "COPY --from=build /out/root /"} {
			if !strings.Contains(stages[i], line) {
				t.Errorf("stage %s of the Dockerfile lacks %s", name, line)
			}
		}
	}
	for _, path := range regexp.MustCompile(`name: "([^"]+)"`).FindAllStringSubmatch(layout, -1) {
		file := strings.TrimSuffix(path[1], "/")
		if slices.Contains([]string{"oci-layout", "index.json", "inflect"}, file) || strings.HasPrefix(file, "blobs/") {
			continue
		}
		if !strings.Contains(dockerfile, "/out/root/"+file) {
			t.Errorf("the Dockerfile does not make /%s", file)
		}
	}
	for _, flag := range []string{"-trimpath", "-s -w -X main.version=", "CGO_ENABLED=0", "-buildvcs=false"} {
		if !strings.Contains(dockerfile, flag) || !strings.Contains(command, flag) {
			t.Errorf("%s is not in both", flag)
		}
	}
}
