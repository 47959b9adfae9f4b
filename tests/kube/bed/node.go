package bed

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	coordination "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// heartbeat is how often a node says that it is there; a kubelet does so every ten seconds.
const heartbeat = 2 * time.Second

// Node runs the pods that are bound to it as processes. It has room for any number of them.
type Node struct {
	name   string
	client kubernetes.Interface
	dir    string
	images map[string]string
	prefix string // of the pods' addresses
	fail   func(format string, args ...any)

	// cut is set while nothing is heard of the node, and it hears of nothing.
	cut atomic.Bool
	// look has the node see all its pods anew.
	look func()

	work sync.WaitGroup
	mu   sync.Mutex
	pods map[types.UID]*pod
	next int
	// starts counts the processes that were started, by pod name.
	starts map[string]int
}

// Name is the node's name.
func (n *Node) Name() string { return n.name }

func (n *Node) register(ctx context.Context) error {
	node, err := n.client.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.name,
		Labels: map[string]string{corev1.LabelHostname: n.name}}, Status: readyStatus()}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("registering %s: %w", n.name, err)
	}
	n.work.Go(func() { n.beat(ctx, node) })
	return nil
}

// readyStatus is that of a node that may have pods.
func readyStatus() corev1.NodeStatus {
	return corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue,
		Reason: "Test", LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now()}}}
}

func (n *Node) ready(ctx context.Context, node *corev1.Node) error {
	status, err := json.Marshal(map[string]any{"status": readyStatus()})
	if err == nil {
		_, err = n.client.CoreV1().Nodes().PatchStatus(ctx, node.Name, status)
	}
	if err != nil {
		return fmt.Errorf("reporting %s as ready: %w", n.name, err)
	}
	return nil
}

// beat renews the node's lease until ctx ends, and says that the node is ready whenever others have come to think
// otherwise.
func (n *Node) beat(ctx context.Context, node *corev1.Node) {
	leases := n.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	seconds := int32(40)
	lease := &coordination.Lease{ObjectMeta: metav1.ObjectMeta{Name: n.name,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: n.name, UID: node.UID}}},
		Spec: coordination.LeaseSpec{HolderIdentity: &n.name, LeaseDurationSeconds: &seconds}}
	for {
		if !n.cut.Load() {
			now := metav1.NowMicro()
			renewed, _ := json.Marshal(map[string]any{"spec": map[string]any{"renewTime": now}})
			// What fails is done again in a moment.
			if _, err := leases.Patch(ctx, n.name, types.MergePatchType, renewed, metav1.PatchOptions{}); apierrors.IsNotFound(err) {
				lease.Spec.RenewTime = &now
				_, _ = leases.Create(ctx, lease, metav1.CreateOptions{})
			}
			if seen, err := n.client.CoreV1().Nodes().Get(ctx, n.name, metav1.GetOptions{}); err == nil && !isReady(seen) && !n.cut.Load() {
				_ = n.ready(ctx, seen)
			}
		}
		if !pause(ctx, heartbeat) {
			return
		}
	}
}

// sync does what a kubelet does when it sees a pod of its own.
func (n *Node) sync(ctx context.Context, p *corev1.Pod) {
	if n.cut.Load() {
		return
	}
	switch {
	case p.DeletionTimestamp != nil:
		n.mu.Lock()
		running := n.pods[p.UID]
		n.mu.Unlock()
		if running == nil || running.leaving.Swap(true) {
			if running == nil || running.over() {
				n.work.Go(func() { n.remove(ctx, p) })
			}
			return
		}
		n.work.Go(func() {
			running.stop(ctx)
			n.remove(ctx, p)
		})
	case p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed:
		n.start(ctx, p)
	}
}

func (n *Node) remove(ctx context.Context, p *corev1.Pod) {
	if n.cut.Load() {
		return
	}
	now := int64(0)
	err := n.client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &p.UID}})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) && ctx.Err() == nil {
		n.fail("removing pod %s: %v", p.Name, err)
	}
}

// discard forgets a pod that the API server does not have any more, as after a forced deletion.
func (n *Node) discard(uid types.UID) {
	n.mu.Lock()
	p := n.pods[uid]
	delete(n.pods, uid)
	n.mu.Unlock()
	if p != nil {
		p.kill()
	}
}

func (n *Node) start(ctx context.Context, p *corev1.Pod) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pods[p.UID] != nil {
		return
	}
	n.next++
	r := newPod(n, p, fmt.Sprintf("%s%d", n.prefix, n.next%250+1))
	n.pods[p.UID] = r
	n.work.Go(func() { r.run(ctx) })
}

func (n *Node) all() []*pod {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]*pod, 0, len(n.pods))
	for _, p := range n.pods {
		out = append(out, p)
	}
	return out
}

// Cut takes the node off the network of the cluster: nothing is heard of it, and its pods go on.
func (n *Node) Cut() { n.cut.Store(true) }

// Lose is the end of the node's machine: its pods end at once, nothing is heard of it, and nobody is told.
func (n *Node) Lose() {
	n.Cut()
	for _, p := range n.all() {
		p.kill()
		<-p.ended
	}
}

// Return brings a node back that was cut off or lost: as a kubelet does, it ends what was deleted meanwhile, and starts
// again what was not.
func (n *Node) Return(ctx context.Context) {
	n.mu.Lock()
	for uid, p := range n.pods {
		if p.over() {
			delete(n.pods, uid)
		}
	}
	n.mu.Unlock()
	n.cut.Store(false)
	for _, p := range n.all() {
		p.set(ctx, func(*corev1.ContainerStatus) {})
	}
	n.look()
}

// Kill ends a pod's process as a crash does. It reports whether there was one.
func (n *Node) Kill(name string) bool {
	for _, p := range n.all() {
		if p.name == name {
			return p.crash()
		}
	}
	return false
}

// Starts is how many processes were started for pods, by pod name.
func (n *Node) Starts() map[string]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.starts)
}

// Log is the file with a pod's output, whichever node it is on.
func (n *Node) Log(pod string) string { return filepath.Join(n.dir, pod+".log") }

// CPU is the processor time that the pods' processes have taken so far, by pod name.
func (n *Node) CPU() map[string]time.Duration {
	out := map[string]time.Duration{}
	for _, p := range n.all() {
		if used, ok := p.cpu(); ok {
			out[p.name] = used
		}
	}
	return out
}

// report writes a pod's status.
func (n *Node) report(ctx context.Context, p *corev1.Pod, s corev1.PodStatus) {
	if n.cut.Load() {
		return
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": p.UID}, "status": s})
	if err == nil {
		_, err = n.client.CoreV1().Pods(p.Namespace).Patch(ctx, p.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	}
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) && ctx.Err() == nil {
		n.fail("reporting pod %s: %v", p.Name, err)
	}
}
