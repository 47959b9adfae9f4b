package kube

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/inflect-dev/inflect/pipeline"
)

// answering is a cluster whose API server has one object, if any, and answers to what is applied.
func answering(t *testing.T, has string, applied func() (answer string)) *Cluster {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.Method {
		case http.MethodPatch:
			_, _ = io.WriteString(w, applied())
		case http.MethodGet:
			_, _ = fmt.Fprintf(w, `{"apiVersion":"keda.sh/v1alpha1","kind":"ScaledObjectList","items":[%s]}`, has)
		}
	}))
	t.Cleanup(api.Close)
	c, err := Connect(&rest.Config{Host: api.URL}, Settings{Namespace: "inflect"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// scaler is a ScaledObject as the API server tells of it.
func scaler(metadata string) string {
	return `{"apiVersion":"keda.sh/v1alpha1","kind":"ScaledObject","metadata":{"name":"a","uid":"u","generation":1` + metadata + `}}`
}

// TestWhatIsAboutToGoIsAppliedAgain has an object that somebody holds on to while it is deleted, as KEDA does with a
// ScaledObject: what is applied to it goes with it.
func TestWhatIsAboutToGoIsAppliedAgain(t *testing.T) {
	t.Parallel()
	going, applied := `,"deletionTimestamp":"2026-01-01T00:00:00Z"`, 0
	c := answering(t, "", func() string {
		applied++
		return scaler(going)
	})
	apply := func() {
		t.Helper()
		if err := c.apply(t.Context(), Object{Kind: scaledObjects, Name: "a", Body: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	apply()
	going = ""
	apply()
	if applied != 2 {
		t.Errorf("it was applied %d times, want once more after it was gone", applied)
	}
}

func TestWhatIsSomebodyElsesIsLeftAlone(t *testing.T) {
	t.Parallel()
	const ours, theirs = `"app.kubernetes.io/managed-by":"inflect","inflect.dev/pipeline":"a"`, `"app.kubernetes.io/managed-by":"Helm"`
	for _, tt := range []struct {
		name, has string
		code      pipeline.Code
	}{
		{name: "nothing is there"},
		{name: "a pipeline's", has: scaler(`,"labels":{` + ours + `}`)},
		{name: "ours, without its labels", has: scaler(`,"managedFields":[{"manager":"kubectl","operation":"Update"},{"manager":"inflect","operation":"Apply"}]`)},
		{name: "a chart's", has: scaler(`,"labels":{` + theirs + `},"managedFields":[{"manager":"helm","operation":"Update"}]`), code: pipeline.CodeInvalid},
		{name: "of somebody who says nothing", has: scaler(``), code: pipeline.CodeInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			applied := false
			c := answering(t, tt.has, func() string {
				applied = true
				return scaler("")
			})
			err := c.apply(t.Context(), Object{Kind: scaledObjects, Name: "a", Body: []byte(`{}`)})
			if refused := tt.code != ""; (err != nil) != refused || refused && pipeline.CodeOf(err) != tt.code || applied == refused {
				t.Errorf("applied is %t: %v, want %q", applied, err, tt.code)
			}
		})
	}
}

func TestANumberOfPodsIsKeptAsItWasSeen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		seen deployment
		want string
	}{
		{name: "ours", seen: deployment{applied: true, replicas: 3}, want: `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"inflect-a","uid":"u","resourceVersion":"7"},"spec":{"replicas":3}}`},
		{name: "an autoscaler's", seen: deployment{replicas: 3}},
		{name: "ours, and what it would become", seen: deployment{applied: true, replicas: 1}},
		{name: "ours, paused", seen: deployment{applied: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent []byte
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent, _ = io.ReadAll(r.Body)
				http.Error(w, "it has changed", http.StatusConflict)
			}))
			t.Cleanup(api.Close)
			c, err := Connect(&rest.Config{Host: api.URL}, Settings{Namespace: "inflect"}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			if c.caches[deployments.Name], err = deploymentInformer(c.typed, "inflect"); err != nil {
				t.Fatal(err)
			}
			tt.seen.ObjectMeta = metav1.ObjectMeta{Namespace: "inflect", Name: "inflect-a", UID: "u", ResourceVersion: "7", Labels: selector("a")}
			if err := c.caches[deployments.Name].GetStore().Add(&tt.seen); err != nil {
				t.Fatal(err)
			}
			err = c.keepReplicas(t.Context(), "a", "inflect-a")
			if string(sent) != tt.want || (tt.want != "") != (err != nil) || err != nil && pipeline.CodeOf(err) != pipeline.CodeUnavailable {
				t.Errorf("sent %s (%v), want %s", sent, err, tt.want)
			}
		})
	}
}

func TestEvictedPodsAreNone(t *testing.T) {
	t.Parallel()
	c := answering(t, "", nil)
	for name, phase := range map[string]corev1.PodPhase{"pending": corev1.PodPending, "running": corev1.PodRunning, "evicted": corev1.PodFailed, "over": corev1.PodSucceeded} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "inflect", Name: name, Labels: selector("a")}, Status: corev1.PodStatus{Phase: phase}}
		if err := c.pods.GetStore().Add(pod); err != nil {
			t.Fatal(err)
		}
	}
	for _, pipelines := range []string{"", "a"} {
		if got := c.Pods(pipelines); len(got) != 2 || got[0].Name != "pending" || got[1].Name != "running" {
			t.Errorf("of %q there are %+v, want those that run or will", pipelines, got)
		}
	}
}

// TestWhatMayNotBeSeenIsNamed has a service account without the right to list something: nothing can be done before it is
// seen, and whoever waits is told why.
func TestWhatMayNotBeSeenIsNamed(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/deployments"):
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"deployments is forbidden","reason":"Forbidden","code":403}`)
		case !strings.Contains(r.URL.Path, "/namespaces/"): // which APIs there are
			http.NotFound(w, r)
		case r.URL.Query().Get("watch") != "":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			_, _ = io.WriteString(w, `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1"},"items":[]}`)
		}
	}))
	t.Cleanup(api.Close)
	c, err := Connect(&rest.Config{Host: api.URL}, Settings{Namespace: "inflect"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	deadline, tick := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		err := c.Remove(t.Context(), "a")
		if pipeline.CodeOf(err) != pipeline.CodeUnavailable {
			t.Fatalf("got %v", err)
		}
		if strings.Contains(err.Error(), "deployments is forbidden") {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it says only: %v", err)
		}
	}
}
