package kube

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
)

// byPipeline is the index of caches by the label of that name.
const byPipeline = "pipeline"

var indexers = cache.Indexers{byPipeline: func(o any) ([]string, error) {
	m, err := meta.Accessor(o)
	if err != nil {
		return nil, err
	}
	return []string{m.GetLabels()[labelPipeline]}, nil
}}

// ours keeps a watch to the objects of this package.
func ours(o *metav1.ListOptions) {
	o.LabelSelector = labelManagedBy + "=" + managedBy + "," + labelPipeline
}

func metadataInformer(client metadata.Interface, k Kind, namespace string) cache.SharedIndexInformer {
	return metadatainformer.NewFilteredMetadataInformer(client, k.GroupVersionResource, namespace, 0, indexers, ours).Informer()
}

func podInformer(client kubernetes.Interface, namespace string) (cache.SharedIndexInformer, error) {
	return trimmed(factory(client, namespace).Core().V1().Pods().Informer(), func(o any) any {
		p, ok := o.(*corev1.Pod)
		if !ok {
			return o
		}
		// Nothing else is looked at, and there may be thousands.
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace, UID: p.UID, Labels: p.Labels,
			ResourceVersion: p.ResourceVersion, DeletionTimestamp: p.DeletionTimestamp, CreationTimestamp: p.CreationTimestamp},
			Spec: corev1.PodSpec{NodeName: p.Spec.NodeName}, Status: p.Status}
	})
}

// Instance is a pod that runs a pipeline.
type Instance struct {
	Name, Pipeline, IP, Node string
	// Running says that its engine has been started and was not told to end, Ready that it passes its probe.
	Running, Ready bool
	// Why is why it does not run, as far as anybody says. Crashed says that its engine ends whenever it
	// is started.
	Why      string
	Crashed  bool
	Restarts int32
	// Started is when its container did, zero while it does not run.
	Started time.Time
}

// Streams and Status are the URLs of the pod's two listeners.
func (i Instance) Streams() string { return i.url(StreamsPort) }

// Status is the URL of the listener with probes, metrics and status.
func (i Instance) Status() string { return i.url(StatusPort) }

func (i Instance) url(port int) string { return "http://" + net.JoinHostPort(i.IP, strconv.Itoa(port)) }

// Pods are a pipeline's pods as they were seen last, or those of all pipelines for "", by name.
func (c *Cluster) Pods(name string) []Instance {
	var found []any
	if name == "" {
		found = c.pods.GetStore().List()
	} else {
		found, _ = c.pods.GetIndexer().ByIndex(byPipeline, name)
	}
	out := make([]Instance, 0, len(found))
	for _, o := range found {
		p := o.(*corev1.Pod)
		// One that was evicted, or that its node never took, is a mere record by then: another has taken its place.
		if p.Status.Phase != corev1.PodFailed && p.Status.Phase != corev1.PodSucceeded {
			out = append(out, instance(p))
		}
	}
	slices.SortFunc(out, func(a, b Instance) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// maxLastWords bounds what is shown of an engine's last words.
const maxLastWords = 500

// lastWords are how an engine ended by itself, with the last line that it wrote.
func lastWords(s *corev1.ContainerStateTerminated) string {
	words := strings.TrimSpace(s.Message)
	words = words[strings.LastIndexByte(words, '\n')+1:]
	if len(words) > maxLastWords {
		words = strings.ToValidUTF8(words[:maxLastWords], "") + "…"
	}
	if words == "" {
		words = s.Reason
	}
	return fmt.Sprintf("its engine ended with code %d: %s", s.ExitCode, words)
}

func instance(p *corev1.Pod) Instance {
	i := Instance{Name: p.Name, Pipeline: p.Labels[labelPipeline], IP: p.Status.PodIP, Node: p.Spec.NodeName}
	for _, s := range p.Status.ContainerStatuses {
		if s.Name != containerName {
			continue
		}
		i.Restarts, i.Ready = s.RestartCount, s.Ready
		i.Running = s.State.Running != nil && p.DeletionTimestamp == nil && i.IP != ""
		if r := s.State.Running; r != nil {
			i.Started = r.StartedAt.Time
		}
		if w := s.State.Waiting; w != nil {
			i.Why = strings.TrimSpace(w.Reason + " " + w.Message)
			if last := s.LastTerminationState.Terminated; last != nil && w.Reason == "CrashLoopBackOff" {
				i.Why, i.Crashed = lastWords(last), true
			}
		}
		if ended := s.State.Terminated; ended != nil && p.DeletionTimestamp == nil {
			i.Why = lastWords(ended)
		}
	}
	if p.Spec.NodeName == "" {
		i.Why = "no node has been found for it"
		for _, c := range p.Status.Conditions {
			if c.Type == corev1.PodScheduled && c.Message != "" {
				i.Why = c.Message
			}
		}
	}
	return i
}
