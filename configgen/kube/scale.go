package kube

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/inflect-dev/inflect/pipeline"
)

// Scaler is who set a Deployment's number of pods.
type Scaler string

// Autoscaler is Kubernetes' own, Operator KEDA, which takes over at no pod at all, and Ourselves this package. Anybody
// else goes by the name that the API server has noted, and Nobody is who has none.
const (
	Autoscaler Scaler = "autoscaler"
	Operator   Scaler = "KEDA"
	Ourselves  Scaler = "inflect"
	Nobody     Scaler = ""
)

// Workload is how many pods a pipeline is to have, and what the cluster says about it.
type Workload struct {
	Replicas int
	// By is who wrote that into the Deployment itself, and At when. Autoscalers do not: they scale it, which the API server
	// notes only of numbers that have an owner.
	By Scaler
	At time.Time
	// Desired is what the autoscaler has decided, and Scaled when it last changed the number, which it says a moment after
	// it did so. Both are zero without one.
	Desired int
	Scaled  time.Time
	// Metric is the lag that the autoscaler was told last. KEDA counts no more of it than partitions can be of use for.
	Metric int64
	// CPU and TargetCPU are the pods' use in percent of what they ask for; 0 where it is not measured.
	CPU, TargetCPU int
	// Stalled is why the autoscaler cannot decide; empty when it can, or there is none.
	Stalled string
}

// Workload is what was seen last of a pipeline's Deployment and autoscaler; ok is false when it has none.
func (c *Cluster) Workload(name string) (w Workload, ok bool) {
	c.mu.Lock()
	deployed, autoscaled := c.caches[deployments.Name], c.autoscalers
	c.mu.Unlock()
	for _, o := range indexed(deployed, name) {
		d := o.(*deployment)
		w, ok = Workload{Replicas: d.replicas, By: d.by, At: d.at}, d.DeletionTimestamp == nil
	}
	for _, o := range indexed(autoscaled, name) {
		h := o.(*autoscaler)
		w.Desired, w.Scaled, w.Metric, w.CPU, w.TargetCPU, w.Stalled = h.desired, h.scaled, h.metric, h.cpu, h.target, h.stalled
	}
	return w, ok
}

// Autoscales says whether KEDA is there.
func (c *Cluster) Autoscales() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.served.KEDA
}

// deployment is what the cache keeps of one.
type deployment struct {
	metav1.PartialObjectMetadata

	replicas int
	by       Scaler
	at       time.Time
	// applied says that the number is one that we apply.
	applied bool
}

// autoscaler is what the cache keeps of one that KEDA made.
type autoscaler struct {
	metav1.PartialObjectMetadata

	desired     int
	scaled      time.Time
	metric      int64
	cpu, target int
	stalled     string
}

func deploymentInformer(client kubernetes.Interface, namespace string) (cache.SharedIndexInformer, error) {
	return trimmed(factory(client, namespace).Apps().V1().Deployments().Informer(), trimDeployment)
}

func trimDeployment(o any) any {
	d, ok := o.(*appsv1.Deployment)
	if !ok {
		return o
	}
	out := &deployment{replicas: 1}
	if d.Spec.Replicas != nil {
		out.replicas = int(*d.Spec.Replicas)
	}
	out.by, out.at = scaledBy(d.ManagedFields)
	out.applied = slices.ContainsFunc(d.ManagedFields, func(f metav1.ManagedFieldsEntry) bool { return f.Manager == manager && setsReplicas(f) })
	out.ObjectMeta = *d.ObjectMeta.DeepCopy()
	out.ManagedFields = nil
	return out
}

// autoscalerInformer sees the autoscalers that KEDA makes: it gives them the labels of their ScaledObjects.
func autoscalerInformer(client kubernetes.Interface, namespace string) (cache.SharedIndexInformer, error) {
	return trimmed(factory(client, namespace).Autoscaling().V2().HorizontalPodAutoscalers().Informer(), trimAutoscaler)
}

func trimAutoscaler(o any) any {
	h, ok := o.(*autoscalingv2.HorizontalPodAutoscaler)
	if !ok {
		return o
	}
	out := &autoscaler{desired: int(h.Status.DesiredReplicas), metric: metricOf(h)}
	out.Name, out.Namespace, out.UID, out.Labels, out.ResourceVersion = h.Name, h.Namespace, h.UID, h.Labels, h.ResourceVersion
	out.cpu, out.target = cpuOf(h)
	if t := h.Status.LastScaleTime; t != nil {
		out.scaled = t.Time
	}
	for _, c := range h.Status.Conditions {
		if c.Type == autoscalingv2.ScalingActive && c.Status == corev1.ConditionFalse && c.Reason != "ScalingDisabled" {
			out.stalled = c.Message
		}
	}
	return out
}

func cpuOf(h *autoscalingv2.HorizontalPodAutoscaler) (now, target int) {
	for _, m := range h.Spec.Metrics {
		if m.Type == autoscalingv2.ResourceMetricSourceType && m.Resource.Name == corev1.ResourceCPU && m.Resource.Target.AverageUtilization != nil {
			target = int(*m.Resource.Target.AverageUtilization)
		}
	}
	for _, m := range h.Status.CurrentMetrics {
		if m.Type == autoscalingv2.ResourceMetricSourceType && m.Resource.Name == corev1.ResourceCPU && m.Resource.Current.AverageUtilization != nil {
			now = int(*m.Resource.Current.AverageUtilization)
		}
	}
	return now, target
}

// metricOf is the sum of what KEDA said, of which the autoscaler shows the average over the pods.
func metricOf(h *autoscalingv2.HorizontalPodAutoscaler) int64 {
	for _, m := range h.Status.CurrentMetrics {
		if m.Type == autoscalingv2.ExternalMetricSourceType && m.External.Current.AverageValue != nil {
			return int64(m.External.Current.AverageValue.AsApproximateFloat64() * float64(max(h.Status.CurrentReplicas, 1)))
		}
	}
	return 0
}

func factory(client kubernetes.Interface, namespace string) informers.SharedInformerFactory {
	return informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace), informers.WithTweakListOptions(ours))
}

// trimmed is an informer, indexed by pipeline, whose cache keeps of each object what trim makes of it.
func trimmed(informer cache.SharedIndexInformer, trim func(any) any) (cache.SharedIndexInformer, error) {
	if err := informer.AddIndexers(indexers); err != nil {
		return nil, err
	}
	return informer, informer.SetTransform(func(o any) (any, error) { return trim(o), nil })
}

func indexed(informer cache.SharedIndexInformer, name string) []any {
	if informer == nil {
		return nil
	}
	found, _ := informer.GetIndexer().ByIndex(byPipeline, name)
	return found
}

// scaledBy is who set spec.replicas last, by the API server's own book-keeping.
func scaledBy(fields []metav1.ManagedFieldsEntry) (by Scaler, at time.Time) {
	for _, f := range fields {
		if f.Time != nil && setsReplicas(f) && !f.Time.Time.Before(at) {
			by, at = scalerOf(f.Manager), f.Time.Time
		}
	}
	return by, at
}

func setsReplicas(f metav1.ManagedFieldsEntry) bool {
	var set struct {
		Spec map[string]json.RawMessage `json:"f:spec"`
	}
	if f.FieldsV1 == nil || json.Unmarshal(f.FieldsV1.GetRawBytes(), &set) != nil {
		return false
	}
	_, ok := set.Spec["f:replicas"]
	return ok
}

// scalerOf knows programs by the name under which they write, which is that of the program when it gives no other.
func scalerOf(writer string) Scaler {
	switch {
	case strings.HasSuffix(writer, "controller-manager"):
		return Autoscaler
	case strings.HasPrefix(writer, "keda"):
		return Operator
	case writer == manager, writer == keeper:
		return Ourselves
	}
	return Scaler(writer)
}

// Bounds are the least and the most pods that a pipeline may have: never more than partitions, since one more would have
// nothing to do.
func Bounds(s pipeline.Scaling, d Demand) (least, most int) {
	most = max(s.Max, s.Min, 1)
	if d.Partitions > 0 {
		most = min(most, max(d.Partitions, 1))
	}
	return min(s.Min, most), most
}
