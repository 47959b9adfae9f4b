package kube

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/inflect-dev/inflect/configgen/kube"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

const chart = "../../deploy/helm/inflect"

const required = `
image: {controlPlane: "registry.example/inflect:1", engine: "registry.example/inflect-connect:1"}
kafka: {brokers: ["kafka:9092"]}
`

const full = `
replicas: 2
image: {controlPlane: "registry.example/inflect:1", engine: "registry.example/inflect-connect:1", pullPolicy: Always, pullSecrets: [registry]}
kafka: {brokers: ["kafka-1:9093", "kafka-2:9093"], tls: true, sasl: SCRAM-SHA-512, username: inflect}
postgres: {trial: {enabled: true, image: "postgres:18", storage: 2Gi}}
registry: {url: "http://registry:8081", username: inflect}
envSecret: inflect-env
filesSecret: inflect-files
keda: {secret: inflect-keda, keys: [username, password], metadata: {sasl: scram_sha512, tls: enable}}
transforms: {configMap: inflect-transforms}
engine:
  resources: {requests: {cpu: 500m}, limits: {memory: 2Gi}}
  nodeSelector: {pool: streaming}
  tolerations: [{key: dedicated, operator: Exists}]
  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a]}]}]}}}
  serviceAccount: engines
  priorityClass: system-node-critical
  env: [{name: GOMAXPROCS, value: "2"}]
  labels: {team: platform}
  annotations: {example.org/a: b}
  grace: 90s
  allowOverride: [image, env]
nodeSelector: {pool: control}
tolerations: [{key: control, operator: Exists}]
hosts: [inflect.example]
ingress: {enabled: true, className: nginx, annotations: {example.org/a: b}, tlsSecret: inflect-tls}
service: {type: ClusterIP, port: 80}
monitors: true
monitorToken: inflect-prometheus
monitorLabels: {release: monitoring}
alerts: {enabled: true, labels: {release: monitoring}, disabled: [InflectDeadLetters]}
dashboards: {enabled: true, annotations: {grafana_folder: Inflect}}
`

// repository has the transforms come out of one, by ssh.
const repository = required + `
transforms: {watch: true, git: {repository: "ssh://git@git.example/streams.git", branch: main, path: kafka/transforms, period: 1m,
  image: "registry.example/git-sync:4", secret: inflect-git, ssh: true, size: 1Gi, resources: {limits: {memory: 512Mi}}}}
`

// TestManifestsAreTaken has a real API server look at all that deploy/ makes, as strictly as it can.
func TestManifestsAreTaken(t *testing.T) {
	t.Parallel()
	b := bed.Start(t, bed.Options{Pending: true, Definitions: true})
	b.Namespace(namespace)
	b.Apply(definition(t, "podmonitors"))
	b.Apply(definition(t, "servicemonitors"))
	b.Apply(definition(t, "prometheusrules"))
	helm := helmIn(t)
	for name, values := range map[string]string{"default": required, "full": full, "repository": repository} {
		t.Run("helm with "+name+" values", func(t *testing.T) {
			file := valuesFile(t, values)
			helm(t, "lint", "--strict", chart, "--values", file)
			manifests := helm(t, "template", "inflect", chart, "--namespace", namespace, "--kube-version", "1.36.3", "--values", file)
			if n := len(bed.Decode(t, manifests)); n < 9 {
				t.Errorf("there are only %d objects", n)
			}
			b.DryRun(manifests)
			if s := settingsOf(t, manifests); name == "full" {
				workloadsAreTaken(t, b, s)
			}
		})
	}
	t.Run("kustomize", func(t *testing.T) {
		var k struct{ Resources []string }
		text, err := os.ReadFile("../../deploy/kustomize/kustomization.yaml")
		if err == nil {
			err = yaml.Unmarshal(text, &k)
		}
		if err != nil || len(k.Resources) == 0 {
			t.Fatalf("reading the kustomization: %v", err)
		}
		for _, name := range k.Resources {
			text, err := os.ReadFile(filepath.Join("../../deploy/kustomize", name))
			if err != nil {
				t.Fatal(err)
			}
			b.DryRun(inNamespace(t, string(text), namespace))
			if name == "settings.yaml" {
				settingsOf(t, string(text))
			}
		}
	})
}

// overrides are spec.kubernetes of pipelines. The API server takes those that the settings let through, and none that they
// refuse.
var overrides = []struct {
	name, override string
	refused        bool
}{
	{name: "nothing", override: `{}`},
	{name: "a little grace", override: `{"grace": "5s"}`},
	{name: "hardly any grace", override: `{"grace": "2s"}`, refused: true},
	{name: "a variable of the installation", override: `{"env": [{"name": "GOMAXPROCS", "value": "4"}, {"name": "INFLECT_REGISTRY", "value": "http://other:8081"}]}`},
	{name: "a variable twice", override: `{"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}`, refused: true},
	{name: "as much as the limit", override: `{"resources": {"requests": {"memory": "2Gi"}}}`},
	{name: "more than the limit", override: `{"resources": {"requests": {"memory": "4Gi"}}}`, refused: true},
	{name: "a toleration of all", override: `{"tolerations": [{"operator": "Exists"}]}`},
	{name: "a toleration for a while", override: `{"tolerations": [{"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": 5}]}`},
	{name: "a value of any", override: `{"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}`, refused: true},
	{name: "a toleration of no key", override: `{"tolerations": [{"value": "b"}]}`, refused: true},
	{name: "seconds of an effect that has none", override: `{"tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}]}`, refused: true},
}

// workloadsAreTaken has the API server look at what is made of pipelines, so that authors learn when they save one what it
// would refuse.
func workloadsAreTaken(t *testing.T, b *bed.Bed, s kube.Settings) {
	t.Helper()
	s.Brokers, s.Group = []string{"kafka:9092"}, func(name string) string { return "inflect." + name }
	s.Environment = map[string]string{"INFLECT_REGISTRY": "http://registry:8081"}
	for _, tt := range overrides {
		t.Run(tt.name, func(t *testing.T) {
			p := pipeline.Pipeline{Spec: pipeline.Spec{Name: "a", Source: pipeline.Source{Topic: "a"}, Target: pipeline.Target{Topic: "b"}, Kubernetes: json.RawMessage(tt.override)}}
			p.Scaling.CPU, p.Scaling.Max = 50, 3
			if errs := s.Check(p.Spec); (len(errs) > 0) != tt.refused {
				t.Errorf("the settings say %v, want a refusal: %t", errs, tt.refused)
			}
			if tt.refused {
				return
			}
			objects, err := kube.Render(p, []byte("input: {}\n"), s, kube.Served{KEDA: true, Monitors: true}, kube.Demand{Partitions: 6, Rate: 1000})
			if err != nil || len(objects) != len(kube.Kinds()) {
				t.Fatalf("there are %d objects, want one of each kind (%v)", len(objects), err)
			}
			for _, o := range objects {
				force := true
				_, err := b.Dynamic.Resource(o.Kind.GroupVersionResource).Namespace(namespace).Patch(t.Context(), o.Name, types.ApplyPatchType, o.Body,
					metav1.PatchOptions{FieldManager: "inflect", Force: &force, DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
				if err != nil {
					t.Errorf("%s: %v", o.Kind.Name, err)
				}
			}
		})
	}
}

func valuesFile(t *testing.T, values string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// settingsOf reads the control plane's settings out of manifests as the control plane does.
func settingsOf(t *testing.T, manifests string) (settings kube.Settings) {
	t.Helper()
	for _, u := range bed.Decode(t, manifests) {
		data, _ := u.Object["data"].(map[string]any)
		if text, ok := data["kubernetes.yaml"].(string); ok && u.GetKind() == "ConfigMap" {
			settings, err := kube.Parse([]byte(text))
			if err != nil {
				t.Errorf("%v\n%s", err, text)
			}
			return settings
		}
	}
	t.Error("there are no settings for the control plane")
	return settings
}

// TestASidecarHasNoToken looks for who gets a token of the control plane's account: nobody else may make workloads.
func TestASidecarHasNoToken(t *testing.T) {
	t.Parallel()
	manifests := helmIn(t)(t, "template", "inflect", chart, "--namespace", namespace, "--kube-version", "1.36.3", "--values", valuesFile(t, repository))
	for _, u := range bed.Decode(t, manifests) {
		if u.GetKind() != "Deployment" {
			continue
		}
		var d appsv1.Deployment
		if err := kruntime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &d); err != nil {
			t.Fatal(err)
		}
		var with []string
		spec := d.Spec.Template.Spec
		for _, c := range spec.Containers {
			if slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == "/var/run/secrets/kubernetes.io/serviceaccount" }) {
				with = append(with, c.Name)
			}
		}
		if auto := spec.AutomountServiceAccountToken; len(spec.Containers) != 2 || auto == nil || *auto || !slices.Equal(with, []string{"inflect"}) {
			t.Errorf("of %d containers %v have a token; whether all get one is %v", len(spec.Containers), with, auto)
		}
		return
	}
	t.Error("there is no control plane")
}

func TestChartRefusesWrongValues(t *testing.T) {
	t.Parallel()
	path, err := cache.Helm()
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]string{
		"no brokers": "kafka.brokers=null", "a broker without a port": "kafka.brokers={kafka}", "a misspelt value": "replica=2",
		"a mechanism that is none": "kafka.sasl=PLAINTEXT", "no image": "image.engine=", "an override that is none": "engine.allowOverride={name}",
		"a repository that nothing brings":  "transforms.git.repository=https://git.example/a.git",
		"transforms of two kinds":           "transforms.configMap=a,transforms.git.repository=https://git.example/a.git,transforms.git.image=git-sync",
		"a folder outside the repository":   "transforms.git.path=../..",
		"a Secret of which nothing is used": "keda.secret=a", "keys of no Secret": "keda.keys={sasl}", "an ingress without a host": "ingress.enabled=true",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := valuesFile(t, required)
			output, err := exec.CommandContext(t.Context(), path, "template", "inflect", chart, "--kube-version", "1.36.3", "--values", file, "--set", set).CombinedOutput()
			if err == nil || !strings.Contains(string(output), "values don't meet the specifications") {
				t.Errorf("--set %s is taken: %v %.300s", set, err, output)
			}
		})
	}
}

func helmIn(t *testing.T) func(t *testing.T, args ...string) string {
	t.Helper()
	path, err := cache.Helm()
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, args ...string) string {
		t.Helper()
		var complaints strings.Builder
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Stderr = &complaints
		output, err := cmd.Output()
		if err != nil {
			t.Fatalf("running helm %s: %v\n%s%s", strings.Join(args, " "), err, output, &complaints)
		}
		return string(output)
	}
}

// TestTheImageStarts builds the data plane's image without an engine and starts it out of its unpacked layers: as root in
// nothing but those, as nobody.
func TestTheImageStarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certificates := filepath.Join(dir, "certificates")
	if err := os.WriteFile(certificates, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "run", "./deploy/image", "-out", dir, "-version", "v9.9.9", "-images", "inflect-connect",
		"-arch", runtime.GOARCH, "-certificates", certificates)
	build.Dir = "../.."
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the image: %v\n%s", err, output)
	}
	root := t.TempDir()
	user := unpackImage(t, filepath.Join(dir, "inflect-connect.tar"), root)
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, "inflect"), "version")
	cmd.Env = []string{"PATH=/"}
	if os.Geteuid() == 0 {
		for at := root; at != "/"; at = filepath.Dir(at) {
			if err := os.Chmod(at, 0o755); err != nil && at == root {
				t.Fatal(err)
			}
			if at == os.TempDir() || filepath.Dir(at) == os.TempDir() {
				break
			}
		}
		cmd.Path, cmd.Args[0], cmd.Dir = "/inflect", "/inflect", "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}
	}
	output, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "v9.9.9") {
		t.Fatalf("starting the program of the image: %v\n%s", err, output)
	}
	if output, err := exec.CommandContext(t.Context(), filepath.Join(root, "inflect"), "serve").CombinedOutput(); err == nil || strings.Contains(string(output), "--postgres") {
		t.Errorf("the data plane's image has a control plane: %v %.200s", err, output)
	}
}

// unpackImage puts the layers of the one image of a layout into a folder, as a container runtime does, and returns its user.
func unpackImage(t *testing.T, file, root string) (user uint32) {
	t.Helper()
	blobs := map[string][]byte{}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	files(t, f, func(h *tar.Header, content []byte) { blobs[h.Name] = content })
	type descriptor struct{ Digest string }
	blob := func(d descriptor, into any) []byte {
		content, ok := blobs["blobs/sha256/"+strings.TrimPrefix(d.Digest, "sha256:")]
		if !ok {
			t.Fatalf("there is no blob %s", d.Digest)
		}
		if into != nil {
			if err := json.Unmarshal(content, into); err != nil {
				t.Fatal(err)
			}
		}
		return content
	}
	var index, inner struct{ Manifests []descriptor }
	if err := json.Unmarshal(blobs["index.json"], &index); err != nil {
		t.Fatal(err)
	}
	blob(index.Manifests[0], &inner)
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	blob(inner.Manifests[0], &manifest)
	var config struct{ Config struct{ User string } }
	blob(manifest.Config, &config)
	for _, layer := range manifest.Layers {
		z, err := gzip.NewReader(strings.NewReader(string(blob(layer, nil))))
		if err != nil {
			t.Fatal(err)
		}
		files(t, z, func(h *tar.Header, content []byte) {
			to := filepath.Join(root, h.Name)
			err := os.MkdirAll(filepath.Dir(to), 0o755)
			if h.Typeflag == tar.TypeDir {
				err = errors.Join(err, os.MkdirAll(to, 0o755))
			} else {
				err = errors.Join(err, os.WriteFile(to, content, h.FileInfo().Mode()))
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	if _, err := fmt.Sscanf(config.Config.User, "%d:", &user); err != nil || user == 0 {
		t.Errorf("the image's user is %q, want a number that is not root's", config.Config.User)
	}
	return user
}

func files(t *testing.T, from io.Reader, each func(*tar.Header, []byte)) {
	t.Helper()
	for r := tar.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		each(h, content)
	}
}
