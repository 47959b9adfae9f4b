package kube

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inflect-dev/inflect/pipeline"
)

func TestADeploymentSaysWhoSetItsReplicas(t *testing.T) {
	t.Parallel()
	early, late := metav1.NewTime(time.Unix(1000, 0)), metav1.NewTime(time.Unix(2000, 0))
	field := func(who string, at *metav1.Time, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: who, Time: at, FieldsV1: metav1.NewFieldsV1(fields)}
	}
	const replicas, image = `{"f:spec":{"f:replicas":{}}}`, `{"f:spec":{"f:template":{}}}`
	tests := []struct {
		name   string
		fields []metav1.ManagedFieldsEntry
		want   Scaler
		at     time.Time
	}{
		{name: "nobody"},
		{name: "nobody, of those who set something", fields: []metav1.ManagedFieldsEntry{field("inflect", &late, image)}},
		{name: "ourselves", fields: []metav1.ManagedFieldsEntry{field("inflect", &early, replicas)}, want: Ourselves, at: early.Time},
		{name: "ourselves, who left it to an autoscaler", fields: []metav1.ManagedFieldsEntry{field("inflect-keeper", &early, replicas)}, want: Ourselves, at: early.Time},
		{name: "the last of two", fields: []metav1.ManagedFieldsEntry{field("kubectl-edit", &late, replicas), field("inflect", &early, replicas)}, want: "kubectl-edit", at: late.Time},
		{name: "the autoscaler", fields: []metav1.ManagedFieldsEntry{field("kube-controller-manager", &late, replicas)}, want: Autoscaler, at: late.Time},
		{name: "KEDA", fields: []metav1.ManagedFieldsEntry{field("keda-operator", &late, replicas)}, want: Operator, at: late.Time},
		{name: "nonsense", fields: []metav1.ManagedFieldsEntry{field("x", &late, `{`), field("y", nil, replicas), {Manager: "z", Time: &late}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			three := int32(3)
			d := trimDeployment(&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "a", Generation: 7, ManagedFields: tt.fields}, Spec: appsv1.DeploymentSpec{Replicas: &three}}).(*deployment)
			if d.by != tt.want || !d.at.Equal(tt.at) || d.replicas != 3 || d.Generation != 7 || d.ManagedFields != nil {
				t.Errorf("%d by %q at %s, generation %d, fields %v", d.replicas, d.by, d.at, d.Generation, d.ManagedFields)
			}
		})
	}
}

func TestAnAutoscalerSaysWhatItDecidedOn(t *testing.T) {
	t.Parallel()
	use, target, average := int32(93), int32(70), resource.MustParse("2500m")
	at := metav1.NewTime(time.Unix(1000, 0))
	h := &autoscalingv2.HorizontalPodAutoscaler{
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceCPU, Target: autoscalingv2.MetricTarget{AverageUtilization: &target}}}}},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{DesiredReplicas: 3, CurrentReplicas: 2, LastScaleTime: &at,
			CurrentMetrics: []autoscalingv2.MetricStatus{
				{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricStatus{Current: autoscalingv2.MetricValueStatus{AverageValue: &average}}},
				{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricStatus{Name: corev1.ResourceCPU, Current: autoscalingv2.MetricValueStatus{AverageUtilization: &use}}},
			},
			Conditions: []autoscalingv2.HorizontalPodAutoscalerCondition{{Type: autoscalingv2.ScalingActive, Status: corev1.ConditionFalse, Reason: "FailedGetExternalMetric", Message: "no brokers"}},
		},
	}
	got := trimAutoscaler(h).(*autoscaler)
	if got.desired != 3 || !got.scaled.Equal(at.Time) || got.metric != 5 || got.cpu != 93 || got.target != 70 || got.stalled != "no brokers" {
		t.Errorf("got %+v", got)
	}
	h.Status.Conditions[0].Reason = "ScalingDisabled"
	h.Status.CurrentMetrics, h.Status.LastScaleTime = nil, nil
	if got := trimAutoscaler(h).(*autoscaler); got.stalled != "" || got.metric != 0 || got.cpu != 0 || !got.scaled.IsZero() {
		t.Errorf("without a pod: %+v", got)
	}
}

func TestAPodSaysWhyItDoesNotRun(t *testing.T) {
	t.Parallel()
	ended := &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error", Message: "starting\nno such processor: inflect_new\n"}
	tests := []struct {
		name    string
		status  corev1.ContainerStatus
		leaving bool
		why     string
		crashed bool
	}{
		{name: "it runs", status: corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}, LastTerminationState: corev1.ContainerState{Terminated: ended}}},
		{name: "its image is missing", status: corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "not found"}}}, why: "ErrImagePull not found"},
		{name: "it ended just now", status: corev1.ContainerStatus{State: corev1.ContainerState{Terminated: ended}}, why: "its engine ended with code 1: no such processor: inflect_new"},
		{name: "it ends again and again", crashed: true, why: "its engine ended with code 1: no such processor: inflect_new",
			status: corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}, LastTerminationState: corev1.ContainerState{Terminated: ended}}},
		{name: "it was too large", crashed: true, why: "its engine ended with code 137: OOMKilled",
			status: corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
				LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled"}}}},
		{name: "it was told to end", leaving: true, status: corev1.ContainerStatus{State: corev1.ContainerState{Terminated: ended}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.status.Name = containerName
			p := &corev1.Pod{Spec: corev1.PodSpec{NodeName: "n"}, Status: corev1.PodStatus{PodIP: "10.0.0.1", ContainerStatuses: []corev1.ContainerStatus{tt.status}}}
			if tt.leaving {
				now := metav1.Now()
				p.DeletionTimestamp = &now
			}
			if got := instance(p); got.Why != tt.why || got.Crashed != tt.crashed {
				t.Errorf("%q (%t), want %q (%t)", got.Why, got.Crashed, tt.why, tt.crashed)
			}
		})
	}
}

func TestBoundsEndAtThePartitions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		scaling     pipeline.Scaling
		partitions  int
		least, most int
	}{
		{name: "as the pipeline says", scaling: pipeline.Scaling{Min: 1, Max: 3}, partitions: 6, least: 1, most: 3},
		{name: "no more than partitions", scaling: pipeline.Scaling{Min: 1, Max: 12}, partitions: 6, least: 1, most: 6},
		{name: "not even at least", scaling: pipeline.Scaling{Min: 8, Max: 12}, partitions: 6, least: 6, most: 6},
		{name: "nobody knows the topic", scaling: pipeline.Scaling{Min: 0, Max: 12}, least: 0, most: 12},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if least, most := Bounds(tt.scaling, Demand{Partitions: tt.partitions}); least != tt.least || most != tt.most {
				t.Errorf("%d to %d, want %d to %d", least, most, tt.least, tt.most)
			}
		})
	}
}
