package bed

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	corelisters "k8s.io/client-go/listers/core/v1"
)

// scheduler gives pods to nodes that are ready, and spreads those of one owner. It looks at nothing else: every node has
// room for everything.
type scheduler struct {
	bed  *Bed
	pods corelisters.PodLister
	// placed are the pods that were bound, by node: what is listed may not show it yet.
	placed map[types.UID]string
}

// place binds a pod to a node, if there is one. It is for one goroutine.
func (s *scheduler) place(ctx context.Context, p *corev1.Pod) error {
	nodes, err := s.bed.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("looking for a node for pod %s: %w", p.Name, err)
	}
	best, fewest := "", 0
	for i := range nodes.Items {
		n := &nodes.Items[i]
		if !usable(n) {
			continue
		}
		if load := s.siblings(p, n.Name); best == "" || load < fewest {
			best, fewest = n.Name, load
		}
	}
	if best == "" {
		return fmt.Errorf("placing pod %s: no node is ready", p.Name)
	}
	err = s.bed.Client.CoreV1().Pods(p.Namespace).Bind(ctx, &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace, UID: p.UID},
		Target: corev1.ObjectReference{Kind: "Node", Name: best}}, metav1.CreateOptions{})
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil // it was placed, or is gone
	}
	if err != nil {
		return fmt.Errorf("binding pod %s: %w", p.Name, err)
	}
	s.placed[p.UID] = best
	return nil
}

// siblings is how many pods of the same owner a node has.
func (s *scheduler) siblings(p *corev1.Pod, node string) int {
	all, err := s.pods.Pods(p.Namespace).List(labels.Everything())
	if err != nil {
		return 0
	}
	n := 0
	for _, other := range all {
		a, b := metav1.GetControllerOf(p), metav1.GetControllerOf(other)
		at := other.Spec.NodeName
		if at == "" {
			at = s.placed[other.UID]
		}
		if at == node && other.DeletionTimestamp == nil && a != nil && b != nil && a.UID == b.UID {
			n++
		}
	}
	return n
}

func usable(n *corev1.Node) bool {
	if n.DeletionTimestamp != nil || n.Spec.Unschedulable {
		return false
	}
	for _, t := range n.Spec.Taints {
		if t.Effect == corev1.TaintEffectNoSchedule || t.Effect == corev1.TaintEffectNoExecute {
			return false
		}
	}
	return isReady(n)
}

func isReady(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}
