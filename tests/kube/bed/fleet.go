package bed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// startNodes registers nodes and has them run what is made until the test ends.
func (b *Bed) startNodes(count int, images map[string]string) {
	b.t.Helper()
	dir := filepath.Join(b.dir, "pods")
	b.must(os.MkdirAll(dir, 0o755))
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.t.Context()))
	// All pods are looked at again with each heartbeat: one found no node, or could not be removed.
	factory := informers.NewSharedInformerFactory(b.Client, heartbeat)
	pods := factory.Core().V1().Pods()
	informer, lister := pods.Informer(), pods.Lister()
	s := &scheduler{bed: b, pods: lister, placed: map[types.UID]string{}}
	byName := map[string]*Node{}
	network, subnet := 10+rand.IntN(200), rand.IntN(200)
	for i := range max(count, 1) {
		n := &Node{name: fmt.Sprintf("node-%d", i+1), client: b.Client, dir: dir, images: images, prefix: fmt.Sprintf("127.%d.%d.", network, subnet+i),
			fail: b.t.Logf, pods: map[types.UID]*pod{}, starts: map[string]int{}}
		n.look = func() {
			all, err := lister.List(labels.Everything())
			if err != nil {
				n.fail("looking for the pods of %s: %v", n.name, err)
			}
			for _, p := range all {
				if p.Spec.NodeName == n.name {
					n.sync(ctx, p)
				}
			}
		}
		byName[n.name] = n
		b.Nodes = append(b.Nodes, n)
	}
	seen := func(o any) {
		p := o.(*corev1.Pod)
		if n := byName[p.Spec.NodeName]; n != nil {
			n.sync(ctx, p)
			return
		}
		if p.Spec.NodeName == "" && p.DeletionTimestamp == nil {
			if err := s.place(ctx, p); err != nil && ctx.Err() == nil {
				b.t.Log(err)
			}
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    seen,
		UpdateFunc: func(_, o any) { seen(o) },
		DeleteFunc: func(o any) {
			if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = gone.Obj
			}
			if p, ok := o.(*corev1.Pod); ok && byName[p.Spec.NodeName] != nil {
				byName[p.Spec.NodeName].discard(p.UID)
			}
		},
	})
	b.must(err)
	b.t.Cleanup(func() {
		cancel()
		factory.Shutdown()
		for _, n := range b.Nodes {
			for _, p := range n.all() {
				p.kill()
			}
			n.work.Wait()
		}
	})
	for _, n := range b.Nodes {
		b.must(n.register(ctx))
	}
	// A node is tainted when it is made, until the controller that looks after nodes has seen it.
	b.Until("all nodes take pods", func(ctx context.Context) error {
		list, err := b.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range list.Items {
			if !usable(&list.Items[i]) {
				return fmt.Errorf("%s has the taints %v", list.Items[i].Name, list.Items[i].Spec.Taints)
			}
		}
		return nil
	})
	factory.Start(ctx.Done())
	b.Node = b.Nodes[0]
}
