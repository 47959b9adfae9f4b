package bed

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const nodeName = "node-1"

// Node runs pods as processes. It has room for any number of them.
type Node struct {
	client kubernetes.Interface
	dir    string
	images map[string]string
	prefix string // of the pods' addresses
	fail   func(format string, args ...any)

	work sync.WaitGroup
	mu   sync.Mutex
	pods map[types.UID]*pod
	next int
	// starts counts the processes that were started, by pod name.
	starts map[string]int
}

// startNode registers a node and runs what is scheduled until the test ends.
func startNode(t testing.TB, client kubernetes.Interface, dir string, images map[string]string) *Node {
	t.Helper()
	n := &Node{client: client, dir: dir, images: images, prefix: fmt.Sprintf("127.%d.%d.", 10+rand.IntN(200), rand.IntN(250)),
		fail: t.Logf, pods: map[types.UID]*pod{}, starts: map[string]int{}}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := n.register(t.Context()); err != nil {
		t.Fatalf("registering the node: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	factory := informers.NewSharedInformerFactory(client, 0)
	informer := factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { n.sync(ctx, o.(*corev1.Pod)) },
		UpdateFunc: func(_, o any) { n.sync(ctx, o.(*corev1.Pod)) },
		DeleteFunc: func(o any) {
			if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = gone.Obj
			}
			if p, ok := o.(*corev1.Pod); ok {
				n.discard(p.UID)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	factory.Start(ctx.Done())
	t.Cleanup(func() {
		cancel()
		factory.Shutdown()
		for _, p := range n.all() {
			p.kill()
		}
		n.work.Wait()
	})
	return n
}

func (n *Node) register(ctx context.Context) error {
	node, err := n.client.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName,
		Labels: map[string]string{"kubernetes.io/hostname": nodeName}}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "Test",
		LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now()}}
	_, err = n.client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{})
	return err
}

// sync does what a scheduler and a kubelet do when they see a pod.
func (n *Node) sync(ctx context.Context, p *corev1.Pod) {
	switch {
	case p.DeletionTimestamp != nil:
		n.mu.Lock()
		running := n.pods[p.UID]
		n.mu.Unlock()
		if running == nil || running.leaving.Swap(true) {
			if running == nil && p.Spec.NodeName == nodeName {
				n.work.Go(func() { n.remove(ctx, p) })
			}
			return
		}
		n.work.Go(func() {
			running.stop(ctx)
			n.remove(ctx, p)
		})
	case p.Spec.NodeName == "":
		err := n.client.CoreV1().Pods(p.Namespace).Bind(ctx, &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace, UID: p.UID},
			Target: corev1.ObjectReference{Kind: "Node", Name: nodeName}}, metav1.CreateOptions{})
		if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) && ctx.Err() == nil {
			n.fail("binding pod %s: %v", p.Name, err)
		}
	case p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed:
		n.start(ctx, p)
	}
}

func (n *Node) remove(ctx context.Context, p *corev1.Pod) {
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
	out := make(map[string]int, len(n.starts))
	for name, count := range n.starts {
		out[name] = count
	}
	return out
}

// Log is the file with a pod's output.
func (n *Node) Log(pod string) string { return n.dir + "/" + pod + ".log" }

// report writes a pod's status.
func (n *Node) report(ctx context.Context, p *corev1.Pod, s corev1.PodStatus) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": p.UID}, "status": s})
	if err == nil {
		_, err = n.client.CoreV1().Pods(p.Namespace).Patch(ctx, p.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	}
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) && ctx.Err() == nil {
		n.fail("reporting pod %s: %v", p.Name, err)
	}
}
