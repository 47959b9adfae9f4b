package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestScalingIsShownWithItsCauses(t *testing.T) {
	t.Parallel()
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"name": "orders", "scales": true, "replicas": 2, "ready": 1, "wanted": 4, "lag": 9214, "threshold": 3000, "min": 1, "max": 3, "partitions": 3, "rate": 812.5,
			"growth": {"max": 12, "metadata_age": "5m0s"},
			"instances": [{"id": "inflect-orders-a", "revision": 2, "state": "running", "partitions": [{"topic": "in", "partition": 0, "lag": 9000}, {"topic": "in", "partition": 2, "lag": 214}], "ready": true, "restarts": 1, "node": "node-1"},
				{"id": "inflect-orders-b", "revision": 0, "state": "starting", "reason": "no node has been found for it", "partitions": [], "ready": false, "restarts": 0}],
			"history": [{"id": 2, "time": "2026-01-31T12:00:00Z", "of": "replicas", "from": 1, "to": 2, "cause": "lag", "message": "9,214 records behind", "actor": "autoscaler", "figures": {}}]}`)
	}))
	t.Cleanup(server.Close)
	out, code, err := run(t, &App{}, "pipelines", "scaling", "--last", "5", "--server", server.URL, "orders")
	if code != 0 || err != nil || asked != "/api/v1/pipelines/orders/scaling?limit=5" {
		t.Fatalf("asked %s: %d %v", asked, code, err)
	}
	for _, want := range []string{"2, of which 1 are ready", "1 to 3; the source has 3 partitions", "3000 records, so that the lag wants 4", "12 partitions, which are left alone for 5m0s",
		"inflect-orders-a", "0 2", "node-1", "starting no node has been found for it", "9,214 records behind", "autoscaler"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if out, code, err := run(t, &App{}, "pipelines", "scaling", "-o", "json", "--server", server.URL, "orders"); code != 0 || err != nil || !strings.Contains(out, `"metadata_age": "5m0s"`) {
		t.Errorf("as JSON: %d %v %s", code, err, out)
	}
	if _, code, _ := run(t, &App{}, "pipelines", "scaling", "--last", "0", "--server", server.URL, "orders"); code != 2 {
		t.Errorf("--last 0 ends with %d", code)
	}
}
