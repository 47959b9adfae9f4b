package deploy

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/inflect-dev/inflect/tests/parts"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

func TestMain(m *testing.M) { parts.Main(m) }

const (
	chart     = "../../deploy/helm/inflect"
	trial     = "../../deploy/helm/inflect-trial"
	kustomize = "../../deploy/kustomize"
	namespace = "inflect"
	// required are the least values that the chart wants.
	required = `
image: {controlPlane: "inflect:dev", engine: "inflect-connect:dev"}
kafka: {brokers: ["kafka:9092"]}
`
	// patience is how long a test waits for something that has to come. A loaded machine may take some of it.
	patience = 5 * time.Minute
)

// object is a Kubernetes object.
type object map[string]any

func (o object) kind() string { return o.text("kind") }
func (o object) name() string { return o.text("metadata", "name") }

// at is what lies at a path of an object; nil when nothing does.
func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func (o object) text(path ...string) string {
	s, _ := o.at(path...).(string)
	return s
}

// run runs a program, and fails the test with what it says if it fails.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	var complaints strings.Builder
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stderr = &complaints
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("running %s %s: %v\n%s%s", filepath.Base(program), strings.Join(args, " "), err, output, &complaints)
	}
	return string(output)
}

func helm(t *testing.T) string {
	t.Helper()
	path, err := cache.Helm()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// render is what the chart makes of values on top of the required ones.
func render(t *testing.T, values string) []object {
	t.Helper()
	return decode(t, run(t, helm(t), "template", "inflect", chart, "--namespace", namespace, "--kube-version", "1.36.3",
		"--values", file(t, required), "--values", file(t, values)))
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// decode reads the objects of a YAML stream.
func decode(t *testing.T, text string) []object {
	t.Helper()
	var out []object
	for _, document := range strings.Split("\n"+text, "\n---") {
		var o object
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			t.Fatalf("%v:\n%s", err, document)
		}
		if o != nil {
			out = append(out, o)
		}
	}
	return out
}

// find is the one object of a kind and name.
func find(t *testing.T, objects []object, kind, name string) object {
	t.Helper()
	for _, o := range objects {
		if o.kind() == kind && o.name() == name {
			return o
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}

// read is a file of the tree.
func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// until waits for a condition and fails with what it last said.
func until(t *testing.T, what string, f func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waiting until %s: %v", what, err)
		case <-tick.C:
		}
	}
}

// request asks an HTTP server. What keeps it from answering is told in place of the body, with the code 0.
func request(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}
