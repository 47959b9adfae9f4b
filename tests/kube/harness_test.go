package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
	"github.com/inflect-dev/inflect/tests/parts"
)

const (
	namespace       = "inflect"
	engineImage     = "registry.example/inflect-connect:test"
	streamsPassword = "streams-password-of-the-tests"
	patience        = bed.Patience
)

// scale multiplies the sizes of what is measured.
func scale() int {
	if n, err := strconv.Atoi(os.Getenv("INFLECT_KUBE_SCALE")); err == nil && n > 0 {
		return n
	}
	return 1
}

// system is a control plane on a cluster.
type system struct {
	*bed.Bed

	t        *testing.T
	kafka    *parts.Cluster
	database *parts.Database
	serve    *parts.Server
	url      string
	admin    *kadm.Client
	// args and env are those of a control plane, but for where it listens.
	args, env []string
	// saved are the revisions that updates made, by pipeline.
	saved map[string]int64
}

// installation is what a test wants otherwise than the others.
type installation struct {
	// kafka starts a cluster of the test's own.
	kafka func(*bed.Bed) *parts.Cluster
	// secrets are made in the namespace, by name, and manifests applied.
	secrets   map[string]map[string]string
	manifests string
	// settings are further lines of the settings for Kubernetes, args and env further ones of the control plane.
	settings  string
	args, env []string
}

func start(t *testing.T, o bed.Options) *system {
	t.Helper()
	return install(t, o, installation{})
}

func install(t *testing.T, o bed.Options, i installation) *system {
	t.Helper()
	o.Images = map[string]string{engineImage: parts.Inflect(t)}
	s := &system{t: t, saved: map[string]int64{}, database: parts.Postgres(t), Bed: bed.Start(t, o)}
	if i.kafka == nil {
		i.kafka = func(*bed.Bed) *parts.Cluster { return parts.Kafka(t) }
	}
	s.kafka = i.kafka(s.Bed)
	s.admin = s.kafka.Admin(t)
	s.Namespace(namespace)
	s.secret("inflect-streams", map[string]string{"password": streamsPassword})
	for name, data := range i.secrets {
		s.secret(name, data)
	}
	s.Apply(i.manifests)
	rights, err := os.ReadFile("../../deploy/kustomize/rbac.yaml")
	s.must(err)
	s.Apply(inNamespace(t, string(rights), namespace))
	dir := t.TempDir()
	settings := filepath.Join(dir, "kubernetes.yaml")
	s.must(os.WriteFile(settings, []byte("namespace: "+namespace+"\nstreams_secret: inflect-streams\npod:\n  image: "+engineImage+
		"\n  grace: 20s\n  resources: {requests: {cpu: 100m, memory: 128Mi}}\n"+i.settings), 0o600))
	s.args = append([]string{"--brokers", strings.Join(s.kafka.Addrs(), ","), "--transforms", dir,
		"--kube-settings", settings, "--kubeconfig", s.AccountKubeconfig(namespace, "inflect"), "--log-level", "debug"}, i.args...)
	s.env = append([]string{"INFLECT_POSTGRES=" + s.database.URL(), "INFLECT_STREAMS_PASSWORD=" + streamsPassword}, i.env...)
	s.serve, s.url = s.control()
	s.Until("the control plane is ready", func(context.Context) error {
		code, body, _ := s.ask(http.MethodGet, "/readyz", nil)
		if code != http.StatusOK {
			return fmt.Errorf("%d %s", code, body)
		}
		return nil
	})
	t.Cleanup(func() {
		if t.Failed() {
			s.showPods()
		}
	})
	return s
}

// control starts a control plane.
func (s *system) control() (serve *parts.Server, url string) {
	s.t.Helper()
	listen := freeAddress(s.t)
	return parts.Start(s.t, "serve", parts.Program{Path: parts.Inflect(s.t), Ready: "msg=serving",
		Args: append([]string{"serve", "--listen", listen}, s.args...), Env: s.env}), "http://" + listen
}

func (s *system) secret(name string, data map[string]string) {
	s.t.Helper()
	_, err := s.Client.CoreV1().Secrets(namespace).Create(s.t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: data}, metav1.CreateOptions{})
	s.must(err)
}

// client is one that needs no credentials.
func (s *system) client(options ...kgo.Opt) *kgo.Client {
	s.t.Helper()
	return s.kafka.Client(s.t, append([]kgo.Opt{kgo.SeedBrokers(s.kafka.DirectAddrs()...)}, options...)...)
}

// inNamespace is manifests as kustomize would have them, in a namespace.
func inNamespace(t *testing.T, manifests, namespace string) string {
	t.Helper()
	var out strings.Builder
	for _, u := range bed.Decode(t, manifests) {
		u.SetNamespace(namespace)
		if list, ok := u.Object["subjects"].([]any); ok {
			for _, subject := range list {
				subject.(map[string]any)["namespace"] = namespace
			}
		}
		text, err := u.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		out.WriteString("\n---\n")
	}
	return out.String()
}

func (s *system) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// ask asks the control plane.
func (s *system) ask(method, path string, body any, headers ...string) (int, []byte, http.Header) {
	s.t.Helper()
	var r io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		s.must(err)
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, r)
	s.must(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := client.Do(req)
	if err != nil {
		return 0, []byte(err.Error()), nil
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	s.must(err)
	return resp.StatusCode, out, resp.Header
}

func (s *system) create(spec pipeline.Spec) {
	s.t.Helper()
	if code, body, _ := s.ask(http.MethodPost, "/api/v1/pipelines", spec); code != http.StatusCreated {
		s.t.Fatalf("creating pipeline %s: %d %s", spec.Name, code, body)
	}
}

func (s *system) update(name string, change func(*pipeline.Spec)) {
	s.t.Helper()
	code, body, h := s.ask(http.MethodGet, "/api/v1/pipelines/"+name, nil)
	var p pipeline.Pipeline
	if err := json.Unmarshal(body, &p); code != http.StatusOK || err != nil {
		s.t.Fatalf("reading pipeline %s: %d %s (%v)", name, code, body, err)
	}
	change(&p.Spec)
	code, body, _ = s.ask(http.MethodPut, "/api/v1/pipelines/"+name, p.Spec, "If-Match", h.Get("ETag"))
	if err := json.Unmarshal(body, &p); code != http.StatusOK || err != nil {
		s.t.Fatalf("updating pipeline %s: %d %s (%v)", name, code, body, err)
	}
	s.saved[name] = p.Revision
}

// unleash takes the bound off a pipeline's rate. A test that waits for pods holds them to a rate at which the lag outlasts
// the slowest machine's way to more pods, and then lets them go.
func (s *system) unleash(name string) {
	s.t.Helper()
	s.update(name, func(p *pipeline.Spec) { p.Limits.Rate = 0 })
}

func (s *system) remove(name string) {
	s.t.Helper()
	_, _, h := s.ask(http.MethodGet, "/api/v1/pipelines/"+name, nil)
	if code, body, _ := s.ask(http.MethodDelete, "/api/v1/pipelines/"+name, nil, "If-Match", h.Get("ETag")); code >= 300 {
		s.t.Fatalf("deleting pipeline %s: %d %s", name, code, body)
	}
}

func (s *system) act(name, verb string) {
	s.t.Helper()
	if code, body, _ := s.ask(http.MethodPost, "/api/v1/pipelines/"+name+":"+verb, nil); code >= 300 {
		s.t.Fatalf("%s of pipeline %s: %d %s", verb, name, code, body)
	}
}

// read is what the control plane answers under a path. On a busy machine that may be an error for a moment.
func read[T any](s *system, path string) (out T, err error) {
	s.t.Helper()
	code, body, _ := s.ask(http.MethodGet, path, nil)
	if code != http.StatusOK {
		return out, fmt.Errorf("reading %s: %d %s", path, code, body)
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return out, fmt.Errorf("reading %s: %w", path, err)
	}
	return out, nil
}

func (s *system) status(name string) (pipeline.Status, error) {
	s.t.Helper()
	return read[pipeline.Status](s, "/api/v1/pipelines/"+name+"/status")
}

// runs waits until a pipeline runs its newest revision everywhere. The status may be of the one before for a moment after
// a change.
func (s *system) runs(name string) time.Duration {
	s.t.Helper()
	return s.Until("pipeline "+name+" runs", func(context.Context) error {
		st, err := s.status(name)
		if err != nil {
			return err
		}
		if st.Phase != pipeline.PhaseRunning || st.AppliedRevision != st.Revision || st.Revision < s.saved[name] || len(st.Instances) == 0 {
			return fmt.Errorf("it is %s at revision %d of %d on %d pods: %s", st.Phase, st.AppliedRevision, st.Revision, len(st.Instances), st.Message)
		}
		return nil
	})
}

// produce writes n records spread over a topic's partitions; record n has n as its key and its value.
func (s *system) produce(topic string, from, n int) {
	s.t.Helper()
	client := s.client(kgo.MaxBufferedRecords(200_000))
	failed := make(chan error, 1)
	for i := from; i < from+n; i++ {
		client.Produce(s.t.Context(), event(topic, i), func(_ *kgo.Record, err error) {
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	s.must(client.Flush(s.t.Context()))
	select {
	case err := <-failed:
		s.t.Fatalf("producing: %v", err)
	default:
	}
}

// event is the nth record of a test: n is its key and its value.
func event(topic string, n int) *kgo.Record {
	return &kgo.Record{Topic: topic, Key: []byte(strconv.Itoa(n)), Value: fmt.Appendf(nil, `{"n":%d}`, n)}
}

// lag is how many records, markers included, a pipeline's group is behind.
func (s *system) lag(ctx context.Context, name, topic string) (int64, error) {
	ends, err := s.admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return 0, err
	}
	begins, err := s.admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return 0, err
	}
	committed, err := s.admin.FetchOffsets(ctx, "inflect."+name)
	if err != nil {
		return 0, err
	}
	var sum int64
	ends.Each(func(end kadm.ListedOffset) {
		at, ok := committed.Lookup(topic, end.Partition)
		if !ok {
			begin, _ := begins.Lookup(topic, end.Partition)
			at.At = begin.Offset
		}
		sum += end.Offset - at.At
	})
	return sum, nil
}

func (s *system) caughtUp(name, topic string, limit time.Duration) time.Duration {
	s.t.Helper()
	return bed.Until(s.t, "pipeline "+name+" has read everything", limit, func(ctx context.Context) error {
		n, err := s.lag(ctx, name, topic)
		if err == nil && n != 0 {
			err = fmt.Errorf("it is %d records behind", n)
		}
		return err
	})
}

func (s *system) pods(name string) []corev1.Pod {
	s.t.Helper()
	list, err := s.Client.CoreV1().Pods(namespace).List(s.t.Context(), metav1.ListOptions{LabelSelector: "inflect.dev/pipeline=" + name})
	s.must(err)
	return list.Items
}

func (s *system) deployment(name string) (*appsv1.Deployment, error) {
	return s.Client.AppsV1().Deployments(namespace).Get(s.t.Context(), "inflect-"+name, metav1.GetOptions{})
}

// replicas waits until a pipeline has exactly as many pods, all ready.
func (s *system) replicas(name string, want int32, limit time.Duration) time.Duration {
	s.t.Helper()
	return bed.Until(s.t, fmt.Sprintf("pipeline %s has %d pods", name, want), limit, func(context.Context) error {
		d, err := s.deployment(name)
		if err != nil {
			return err
		}
		if d.Spec.Replicas == nil || *d.Spec.Replicas != want || d.Status.Replicas != want || d.Status.ReadyReplicas != want {
			return fmt.Errorf("it wants %v, has %d, of which %d are ready", *d.Spec.Replicas, d.Status.Replicas, d.Status.ReadyReplicas)
		}
		return nil
	})
}

// settled waits until every partition of a topic is with a member of a pipeline's group, of which each pod has the same
// number, and nothing is about to change.
func (s *system) settled(name, topic string, pods int) {
	s.t.Helper()
	s.Until("group inflect."+name+" is settled", func(ctx context.Context) error {
		t, err := s.admin.ListTopics(ctx, topic)
		if err != nil {
			return err
		}
		groups, err := s.admin.DescribeGroups(ctx, "inflect."+name)
		if err != nil {
			return err
		}
		g := groups["inflect."+name]
		assigned := len(g.AssignedPartitions()[topic])
		if g.State != "Stable" || len(g.Members) < pods || len(g.Members)%pods != 0 || assigned != len(t[topic].Partitions) {
			return fmt.Errorf("it is %s with %d members and %d partitions", g.State, len(g.Members), assigned)
		}
		return nil
	})
}

// shares waits until the pods of a pipeline have as many partitions each, the largest number first.
func (s *system) shares(name string, want ...int) {
	s.t.Helper()
	s.Until(fmt.Sprintf("the pods of pipeline %s have %v partitions", name, want), func(context.Context) error {
		st, err := s.status(name)
		if err != nil {
			return err
		}
		var have []int
		var which []string
		for _, i := range st.Instances {
			have = append(have, len(i.Partitions))
			which = append(which, fmt.Sprintf("%s: %v", i.ID, i.Partitions))
		}
		slices.SortFunc(have, func(a, b int) int { return b - a })
		if !slices.Equal(have, want) {
			return fmt.Errorf("they have %v: %s", have, strings.Join(which, ", "))
		}
		return nil
	})
}

// empty waits until a pipeline has no pods, those included that are about to end.
func (s *system) empty(name string) {
	s.t.Helper()
	s.Until("pipeline "+name+" has no pods", func(context.Context) error {
		if n := len(s.pods(name)); n > 0 {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
}

// all are the names of a pipeline's objects.
func (s *system) all(name string) []string {
	s.t.Helper()
	var out []string
	for _, r := range []schema.GroupVersionResource{
		{Version: "v1", Resource: "configmaps"}, {Version: "v1", Resource: "pods"}, {Group: "apps", Version: "v1", Resource: "deployments"},
		{Group: "apps", Version: "v1", Resource: "replicasets"}, {Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"},
		{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}, {Group: "keda.sh", Version: "v1alpha1", Resource: "triggerauthentications"},
		{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"},
		{Group: "monitoring.coreos.com", Version: "v1", Resource: "podmonitors"},
	} {
		list, err := s.Dynamic.Resource(r).Namespace(namespace).List(s.t.Context(), metav1.ListOptions{})
		if err != nil {
			continue // the API is not there
		}
		for _, u := range list.Items {
			if strings.Contains(u.GetName(), "inflect-"+name) {
				out = append(out, u.GetKind()+"/"+u.GetName())
			}
		}
	}
	return out
}

// has waits until a pipeline has these objects.
func (s *system) has(name string, wanted ...string) time.Duration {
	s.t.Helper()
	return s.Until(fmt.Sprintf("pipeline %s has %v", name, wanted), func(context.Context) error {
		have := s.all(name)
		for _, w := range wanted {
			if !slices.Contains(have, w) {
				return fmt.Errorf("there are %v", have)
			}
		}
		return nil
	})
}

// gone waits until nothing of a pipeline is left.
func (s *system) gone(name string) time.Duration {
	s.t.Helper()
	return s.Until("nothing of pipeline "+name+" is left", func(context.Context) error {
		if left := s.all(name); len(left) > 0 {
			return errors.New(strings.Join(left, ", "))
		}
		return nil
	})
}

func (s *system) showPods() {
	list, err := s.Client.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return
	}
	for i, p := range list.Items {
		if i == 3 || s.Node == nil {
			break
		}
		text, _ := os.ReadFile(s.Node.Log(p.Name))
		s.t.Logf("pod %s: %+v\n%s", p.Name, p.Status.ContainerStatuses, text[max(0, len(text)-3000):])
	}
}
