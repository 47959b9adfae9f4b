package kube

import (
	"encoding/json"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/kube/bed"
)

func TestDebugGrowth(t *testing.T) {
	s := start(t, bed.Options{KEDA: true})
	spec := s.spec("why", 3)
	spec.Scaling = pipeline.Scaling{Min: 1, Max: 3, LagThreshold: 1000, Poll: pipeline.Duration(time.Second), Cooldown: pipeline.Duration(5 * time.Second)}
	spec.Limits.Rate = 400
	s.create(spec)
	s.runs("why")
	s.produce(spec.Source.Topic, 0, 10_000)
	s.replicas("why", 3, patience)
	d, err := s.deployment("why")
	s.must(err)
	b, _ := json.MarshalIndent(d.ManagedFields, "", " ")
	t.Log(string(b))
	var list *autoscalingv2.HorizontalPodAutoscalerList
	list, err = s.Client.AutoscalingV2().HorizontalPodAutoscalers(namespace).List(t.Context(), metav1.ListOptions{})
	s.must(err)
	b, _ = json.MarshalIndent(list.Items, "", " ")
	t.Log(string(b))
	s.act("why", "pause")
	s.replicas("why", 0, patience)
	d, _ = s.deployment("why")
	b, _ = json.MarshalIndent(d.ManagedFields, "", " ")
	t.Log(string(b))
	s.act("why", "resume")
	s.replicas("why", 1, patience)
	d, _ = s.deployment("why")
	b, _ = json.MarshalIndent(d.ManagedFields, "", " ")
	t.Log(string(b))
}
