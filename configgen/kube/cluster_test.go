package kube

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/client-go/rest"
)

// TestWhatIsAboutToGoIsAppliedAgain has an object that somebody holds on to while it is deleted, as KEDA does with a
// ScaledObject: what is applied to it goes with it.
func TestWhatIsAboutToGoIsAppliedAgain(t *testing.T) {
	t.Parallel()
	going, applied := true, 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPatch {
			http.Error(w, "only what is applied is answered", http.StatusNotImplemented)
			return
		}
		applied++
		w.Header().Set("Content-Type", "application/json")
		deleted := ""
		if going {
			deleted = `,"deletionTimestamp":"2026-01-01T00:00:00Z"`
		}
		_, _ = io.WriteString(w, `{"apiVersion":"keda.sh/v1alpha1","kind":"ScaledObject","metadata":{"name":"a","uid":"u","generation":1`+deleted+`}}`)
	}))
	t.Cleanup(api.Close)
	c, err := Connect(&rest.Config{Host: api.URL}, Settings{Namespace: "inflect"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	apply := func() {
		t.Helper()
		if err := c.apply(t.Context(), Object{Kind: scaledObjects, Name: "a", Body: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	apply()
	going = false
	apply()
	if applied != 2 {
		t.Errorf("it was applied %d times, want once more after it was gone", applied)
	}
}
