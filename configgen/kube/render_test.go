package kube_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/pipeline"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const plain = `
namespace: inflect
streams_secret: inflect-streams
pod:
  image: registry.example/inflect-connect:1.0.0
`

const everything = `
namespace: streaming
streams_secret: inflect-streams
env_secret: inflect-env
files_secret: inflect-files
monitors: true
monitor_labels: {release: monitoring}
allow_override: [image, env, service_account]
trigger:
  secret: inflect-keda
  keys: [username, password, ca]
  metadata: {sasl: scram_sha512, tls: enable}
pod:
  image: registry.example/inflect-connect:1.0.0
  image_pull_policy: IfNotPresent
  image_pull_secrets: [registry]
  service_account: engines
  priority_class: streaming
  resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {memory: 1Gi}}
  node_selector: {pool: streaming}
  tolerations: [{key: dedicated, operator: Equal, value: streaming, effect: NoSchedule}]
  labels: {team: platform}
  annotations: {example.org/scrape: "true"}
  env: [{name: GOMAXPROCS, value: "2"}]
  grace: 90s
`

func settings(t *testing.T, text string) kube.Settings {
	t.Helper()
	s, err := kube.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s.Brokers = []string{"kafka-1:9092", "kafka-2:9092"}
	s.Group = func(name string) string { return "inflect." + name }
	s.Environment = map[string]string{"INFLECT_REGISTRY": "http://registry:8081"}
	return s
}

func orders(change ...func(*pipeline.Spec)) pipeline.Pipeline {
	p := pipeline.Pipeline{Revision: 7, Spec: pipeline.Spec{Name: "orders-eu", Source: pipeline.Source{Topic: "orders"}, Target: pipeline.Target{Topic: "orders-clean"}}}
	for _, c := range change {
		c(&p.Spec)
	}
	return p
}

func TestRender(t *testing.T) {
	t.Parallel()
	scaled := func(s *pipeline.Spec) {
		s.Scaling = pipeline.Scaling{Min: 0, Max: 12, LagSeconds: 20, CPU: 80, Poll: pipeline.Duration(2 * time.Second), Cooldown: pipeline.Duration(2 * time.Minute)}
		s.Source.Start = "latest"
		s.Kubernetes = json.RawMessage(`{"resources":{"limits":{"cpu":"2"}},"labels":{"tier":"gold"},"env":[{"name":"TOKEN","secret":{"name":"orders","key":"token"}}],"grace":"2m"}`)
	}
	tests := []struct {
		name, settings string
		pipeline       pipeline.Pipeline
		config         string
		served         kube.Served
		demand         kube.Demand
	}{
		{name: "minimal", settings: plain, pipeline: orders(), config: "input: {}\n", served: kube.Served{KEDA: true}},
		{name: "full", settings: everything, pipeline: orders(scaled), config: "input: {}\n", served: kube.Served{KEDA: true, Monitors: true},
			demand: kube.Demand{Partitions: 6, Rate: 12345}},
		{name: "paused", settings: plain, pipeline: orders(func(s *pipeline.Spec) { s.State = pipeline.Paused }), served: kube.Served{KEDA: true}},
		{name: "without-keda", settings: plain, pipeline: orders(func(s *pipeline.Spec) { s.Scaling.Min, s.Scaling.Max = 3, 5 }), config: "input: {}\n"},
		{name: "without-keda-few-partitions", settings: plain, pipeline: orders(func(s *pipeline.Spec) { s.Scaling.Min, s.Scaling.Max = 3, 5 }), demand: kube.Demand{Partitions: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			objects, err := kube.Render(tt.pipeline, []byte(tt.config), settings(t, tt.settings), tt.served, tt.demand)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for _, o := range objects {
				text, err := yaml.JSONToYAML(o.Body)
				if err != nil {
					t.Fatal(err)
				}
				got.WriteString("---\n")
				got.Write(text)
			}
			golden(t, tt.name+".yaml", got.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); rewrite with -update:\n%s", file, diff)
	}
}

func TestPodsRunAsNobodyWithNothing(t *testing.T) {
	t.Parallel()
	objects, err := kube.Render(orders(), []byte("input: {}\n"), settings(t, everything), kube.Served{KEDA: true}, kube.Demand{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.Kind.Name != "Deployment" {
			continue
		}
		for _, want := range []string{`"runAsNonRoot":true`, `"readOnlyRootFilesystem":true`, `"drop":["ALL"]`, `"allowPrivilegeEscalation":false`,
			`"seccompProfile":{"type":"RuntimeDefault"}`, `"automountServiceAccountToken":false`, `"maxUnavailable":0`} {
			if !bytes.Contains(o.Body, []byte(want)) {
				t.Errorf("%s is missing", want)
			}
		}
	}
}

func TestChangedConfigsLeaveThePodTemplateAlone(t *testing.T) {
	t.Parallel()
	deployment := func(config string, revision int64) string {
		p := orders()
		p.Revision = revision
		objects, err := kube.Render(p, []byte(config), settings(t, plain), kube.Served{KEDA: true}, kube.Demand{Rate: float64(revision)})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			if o.Kind.Name == "Deployment" {
				return string(o.Body)
			}
		}
		return ""
	}
	if deployment("input: {}\n", 1) != deployment(strings.Repeat("output: {}\n", 1<<17), 2) {
		t.Error("another config makes another Deployment, which would restart its pods")
	}
}

func TestLargeConfigsAreCompressedAndSplit(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 1<<20)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(noise)
	text := func(n int) []byte {
		var b bytes.Buffer
		for b.Len() < n {
			b.WriteString(strings.ToValidUTF8(string(noise), "?"))
		}
		return b.Bytes()[:n]
	}
	tests := []struct {
		name   string
		config []byte
		maps   int
		fails  bool
	}{
		{name: "small", config: text(1000), maps: 1},
		{name: "large and repetitive", config: bytes.Repeat([]byte("abc"), 1<<20), maps: 1},
		{name: "large and noisy", config: text(1500 << 10), maps: 2},
		{name: "more than there is room for", config: randomText(20 << 20), fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			objects, err := kube.Render(orders(), tt.config, settings(t, plain), kube.Served{}, kube.Demand{})
			if tt.fails {
				if err == nil || !strings.Contains(err.Error(), "at most") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			maps := 0
			for _, o := range objects {
				if o.Kind.Name == "ConfigMap" {
					maps++
				}
				if len(o.Body) > 1<<20 {
					t.Errorf("%s %s has %d bytes", o.Kind.Name, o.Name, len(o.Body))
				}
			}
			if maps < tt.maps || maps > tt.maps+1 {
				t.Errorf("there are %d ConfigMaps, want %d", maps, tt.maps)
			}
		})
	}
}

func randomText(n int) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	out := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(out)
	for i := range out {
		out[i] = letters[out[i]&63]
	}
	return out
}

func TestNamesAreSafe(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range []string{"a", "orders-eu", strings.Repeat("a", 63), strings.Repeat("a", 62) + "b", strings.Repeat("a-", 31) + "a", "1-2"} {
		got := kube.ObjectName(name)
		if errs := validation.IsDNS1123Label(got); len(errs) > 0 {
			t.Errorf("%s: %s is no label: %v", name, got, errs)
		}
		if seen[got] {
			t.Errorf("%s is the name of two pipelines", got)
		}
		seen[got] = true
	}
}

func TestThresholdsComeOfMeasuredRates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		scaling pipeline.Scaling
		rate    float64
		want    int64
	}{
		{name: "given in records", scaling: pipeline.Scaling{LagThreshold: 77, LagSeconds: 5}, rate: 1000, want: 77},
		{name: "nothing measured", scaling: pipeline.Scaling{LagSeconds: 10}, want: 20000},
		{name: "measured", scaling: pipeline.Scaling{LagSeconds: 10}, rate: 12345, want: 120000},
		{name: "slow", scaling: pipeline.Scaling{LagSeconds: 0.1}, rate: 1, want: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := kube.Threshold(tt.scaling, tt.rate); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
