package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

// scaler has one pipeline on pods.
type scaler struct{}

func (scaler) Scale(_ context.Context, name string) (pipeline.Scale, error) {
	if name != "orders" {
		return pipeline.Scale{}, pipeline.Errorf(pipeline.CodeNotFound, "", "there is no pipeline %q", name)
	}
	started := noon
	return pipeline.Scale{
		Name: name, Scales: true, Replicas: 2, Ready: 1, Wanted: 4, Rate: 812.5,
		Figures: pipeline.Figures{Lag: 9214, Threshold: 3000, Min: 1, Max: 3, Partitions: 3},
		Growth:  &pipeline.Growth{Max: 12, MetadataAge: pipeline.Duration(5 * time.Minute)},
		Instances: []pipeline.ScaleInstance{
			{Instance: pipeline.Instance{ID: "inflect-orders-a", Revision: 2, State: "running", Partitions: []pipeline.Partition{{Topic: "orders", Lag: 4000}}}, Node: "node-1", Ready: true, Started: &started},
			{Instance: pipeline.Instance{ID: "inflect-orders-b", State: "starting", Reason: "no node has been found for it", Partitions: []pipeline.Partition{}}},
		},
	}, nil
}

func (scaler) ScalingChanges(_ context.Context, _, cursor string, limit int) (pipeline.Page[pipeline.ScalingChange], error) {
	all := []pipeline.ScalingChange{
		{ID: 3, Time: noon, Pipeline: "orders", Of: pipeline.ScaledReplicas, From: 1, To: 2, Cause: pipeline.ByLag, Message: "9,214 records behind", Actor: "autoscaler"},
		{ID: 2, Time: noon, Of: pipeline.ScaledMax, From: 2, To: 3, Cause: pipeline.ByEdit, Message: "scaling.max was changed", Actor: "ann"},
		{ID: 1, Time: noon, Of: pipeline.ScaledReplicas, To: 1, Cause: pipeline.ByStart, Message: "it was started"},
	}
	if cursor != "" {
		return pipeline.Page[pipeline.ScalingChange]{Items: all[2:]}, nil
	}
	return pipeline.Page[pipeline.ScalingChange]{Items: all[:min(limit, 2)], Next: "older"}, nil
}

func TestScalingIsShownWithItsHistory(t *testing.T) {
	t.Parallel()
	s := serve(t)
	first := s.do(http.MethodGet, "/api/v1/pipelines/orders/scaling", "")
	var got struct {
		pipeline.Scale
		History []pipeline.ScalingChange `json:"history"`
		Next    string                   `json:"next"`
	}
	if err := json.Unmarshal(first.body, &got); first.status != http.StatusOK || err != nil {
		t.Fatalf("%d %s (%v)", first.status, first.body, err)
	}
	if got.Threshold != 3000 || got.Wanted != 4 || len(got.Instances) != 2 || len(got.History) != 2 || got.History[0].Cause != pipeline.ByLag {
		t.Errorf("got %s", first.body)
	}
	if older := s.do(http.MethodGet, "/api/v1/pipelines/orders/scaling?limit=2&cursor="+got.Next, ""); !strings.Contains(string(older.body), "it was started") {
		t.Errorf("the next page is %s", older.body)
	}
	for path, want := range map[string]int{
		"/api/v1/pipelines/nobody/scaling": http.StatusNotFound, "/api/v1/pipelines/orders/scaling?limit=0": http.StatusBadRequest,
		"/api/v1/pipelines/orders/scaling?page=2": http.StatusBadRequest,
	} {
		if a := s.do(http.MethodGet, path, ""); a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
	without := serve(t, func(o *api.Options) { o.Scaling = nil })
	if a := without.do(http.MethodGet, "/api/v1/pipelines/orders/scaling", ""); a.status != http.StatusServiceUnavailable {
		t.Errorf("a server without scaling answers %d %s", a.status, a.body)
	}
}
