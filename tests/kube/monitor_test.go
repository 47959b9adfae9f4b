package kube

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// definition is that of one of the kinds of Prometheus' operator, as the operator brings it.
func definition(t *testing.T, plural string) string {
	t.Helper()
	file, err := cache.Monitoring(plural)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMonitorsAreMadeWhereTheirAPIIs has a pipeline that is to be monitored on a cluster that learns of monitors later, and
// of KEDA.
func TestMonitorsAreMadeWhereTheirAPIIs(t *testing.T) {
	t.Parallel()
	s := install(t, bed.Options{Pending: true}, installation{settings: "monitors: true\n", args: []string{"--resync", "2s"}})
	spec := s.spec("seen", 2)
	spec.Scaling = pipeline.Scaling{Min: 1, Max: 2}
	s.create(spec)
	s.has("seen", "Deployment/inflect-seen", "PodDisruptionBudget/inflect-seen")
	if have := s.all("seen"); slices.Contains(have, "PodMonitor/inflect-seen") {
		t.Fatalf("there are %v on a cluster that has no monitors", have)
	}

	s.Apply(definition(t, "podmonitors"))
	t.Logf("the monitor was there %s after its API", s.has("seen", "PodMonitor/inflect-seen").Round(100*time.Millisecond))
	monitors := s.Dynamic.Resource(schema.GroupVersionResource{Group: "monitoring.coreos.com", Version: "v1", Resource: "podmonitors"}).Namespace(namespace)
	u, err := monitors.Get(t.Context(), "inflect-seen", metav1.GetOptions{})
	s.must(err)
	// What the definition does not know would have been dropped.
	endpoints, _, err := unstructured.NestedSlice(u.Object, "spec", "podMetricsEndpoints")
	if err != nil || len(endpoints) != 1 || endpoints[0].(map[string]any)["port"] != "metrics" || endpoints[0].(map[string]any)["path"] != "/metrics" {
		t.Errorf("it looks at %v (%v)", endpoints, err)
	}
	selector, _, err := unstructured.NestedStringMap(u.Object, "spec", "selector", "matchLabels")
	s.must(err)
	s.Until("its selector finds the pipeline's one pod, with a port of that name", func(ctx context.Context) error {
		pods, err := s.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: labels.FormatLabels(selector)})
		if err != nil {
			return err
		}
		if len(pods.Items) != 1 || !slices.ContainsFunc(pods.Items[0].Spec.Containers[0].Ports, func(p corev1.ContainerPort) bool { return p.Name == "metrics" }) {
			return fmt.Errorf("%v finds %d pods: %+v", selector, len(pods.Items), pods.Items)
		}
		return nil
	})
	budget, err := s.Client.PolicyV1().PodDisruptionBudgets(namespace).Get(t.Context(), "inflect-seen", metav1.GetOptions{})
	s.must(err)
	allows := budget.Spec.UnhealthyPodEvictionPolicy
	if budget.Spec.MaxUnavailable == nil || budget.Spec.MaxUnavailable.IntValue() != 1 || allows == nil || *allows != policyv1.AlwaysAllow {
		t.Errorf("the budget is %+v, want one pod at a time, and any that is not ready", budget.Spec)
	}

	s.remove("seen")
	s.gone("seen")

	// KEDA comes, and takes a number of pods over that was ours.
	kept := s.spec("kept", 3)
	kept.Scaling = pipeline.Scaling{Min: 2, Max: 3}
	s.create(kept)
	s.has("kept", "Deployment/inflect-kept")
	s.DefineKEDA()
	s.has("kept", "ScaledObject/inflect-kept")
	d, err := s.deployment("kept")
	s.must(err)
	if *d.Spec.Replicas != 2 || d.Generation != 1 {
		t.Errorf("once KEDA is there it has %d pods at generation %d, want 2 as before", *d.Spec.Replicas, d.Generation)
	}
	s.remove("kept")
	s.gone("kept")

	// The control plane's settings are called that where it is installed.
	_, err = s.Client.CoreV1().ConfigMaps(namespace).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "inflect-settings"},
		Data: map[string]string{"kubernetes.yaml": "namespace: inflect\n"}}, metav1.CreateOptions{})
	s.must(err)
	s.create(s.spec("settings", 1))
	s.Until("a name that is taken is refused", func(context.Context) error {
		st, err := s.status("settings")
		if err == nil && !strings.Contains(st.Message, "choose another name") {
			err = fmt.Errorf("it is %s: %s", st.Phase, st.Message)
		}
		return err
	})
	s.remove("settings")
	s.Until("it is forgotten", func(context.Context) error {
		if code, body, _ := s.ask(http.MethodGet, "/api/v1/pipelines/settings/status", nil); code != http.StatusNotFound {
			return fmt.Errorf("%d %s", code, body)
		}
		return nil
	})
	m, err := s.Client.CoreV1().ConfigMaps(namespace).Get(t.Context(), "inflect-settings", metav1.GetOptions{})
	if err != nil || len(m.Data) != 1 || len(m.Labels) > 0 {
		t.Errorf("it is %v with labels %v (%v), want it left alone", m.Data, m.Labels, err)
	}
}
