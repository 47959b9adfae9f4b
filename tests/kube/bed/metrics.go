package bed

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The API of pods' use, https://github.com/kubernetes/metrics.
const (
	metricsGroup = "metrics.k8s.io/v1beta1"
	metricsRoot  = "/apis/" + metricsGroup
	// sampling is the time over which a use is taken; metrics servers have 15 s by default.
	sampling = 2 * time.Second
)

// meter is what a metrics server is to the API server: it tells what processor time the pods' processes really take.
type meter struct {
	bed *Bed

	mu   sync.Mutex
	last map[string]sample // by pod name
}

type sample struct {
	at    time.Time
	total time.Duration
	// cores is the use over the window before.
	window time.Duration
	cores  float64
}

// serveMetrics registers the API and serves it until the test ends.
func (b *Bed) serveMetrics(certs string) {
	b.t.Helper()
	m := &meter{bed: b, last: map[string]sample{}}
	pair, err := tls.LoadX509KeyPair(filepath.Join(certs, "tls.crt"), filepath.Join(certs, "tls.key"))
	b.must(err)
	l, err := (&net.ListenConfig{}).Listen(b.t.Context(), "tcp", "127.0.0.1:0")
	b.must(err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+metricsRoot, m.discover)
	mux.HandleFunc("GET "+metricsRoot+"/namespaces/{namespace}/pods", m.list)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.ServeTLS(l, "", "") })
	wg.Go(func() {
		for pause(ctx, sampling) {
			m.sample(time.Now())
		}
	})
	b.t.Cleanup(func() {
		cancel()
		_ = server.Close()
		wg.Wait()
	})
	b.aggregate("metrics.k8s.io", "v1beta1", "kube-system", "metrics-server", l.Addr().(*net.TCPAddr).Port, certs)
	b.Until("the use of pods is served", func(ctx context.Context) error {
		_, err := b.Client.Discovery().RESTClient().Get().AbsPath(metricsRoot).DoRaw(ctx)
		return err
	})
}

func (m *meter) sample(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := map[string]sample{}
	for _, n := range m.bed.Nodes {
		for name, total := range n.CPU() {
			s := sample{at: now, total: total}
			if before, ok := m.last[name]; ok && total >= before.total {
				s.window = now.Sub(before.at)
				s.cores = (total - before.total).Seconds() / s.window.Seconds()
			}
			next[name] = s
		}
	}
	m.last = next
}

func (m *meter) discover(w http.ResponseWriter, _ *http.Request) {
	answer(w, metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: metricsGroup,
		APIResources: []metav1.APIResource{{Name: "pods", Namespaced: true, Kind: "PodMetrics", Verbs: metav1.Verbs{"get", "list"}}}})
}

func (m *meter) list(w http.ResponseWriter, r *http.Request) {
	pods, err := m.bed.Client.CoreV1().Pods(r.PathValue("namespace")).List(r.Context(), metav1.ListOptions{LabelSelector: r.URL.Query().Get("labelSelector")})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	items := []any{}
	for _, p := range pods.Items {
		s, ok := m.last[p.Name]
		if !ok || s.window == 0 {
			continue
		}
		items = append(items, map[string]any{
			"metadata":  map[string]any{"name": p.Name, "namespace": p.Namespace, "labels": p.Labels},
			"timestamp": metav1.NewTime(s.at), "window": s.window.String(),
			"containers": []any{map[string]any{"name": p.Spec.Containers[0].Name,
				"usage": map[string]any{string(corev1.ResourceCPU): fmt.Sprintf("%dn", int64(s.cores*1e9))}}},
		})
	}
	answer(w, map[string]any{"kind": "PodMetricsList", "apiVersion": metricsGroup, "metadata": map[string]any{}, "items": items})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	// Who asked may have gone.
	_ = json.NewEncoder(w).Encode(body)
}
