package configgen

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inflect-dev/inflect/configgen/kube"
)

func TestOnlyTransactionsOfPodsThatWereHereAndAreGoneAreOrphans(t *testing.T) {
	t.Parallel()
	pod := func(pipeline, name string) kube.Instance { return kube.Instance{Name: name, Pipeline: pipeline} }
	first, other := pod("orders", "inflect-orders-abc-1"), pod("orders", "inflect-orders-abc-12")
	now := time.Now()
	known := roll{}
	known.call("inflect.", []kube.Instance{first, other, pod("orders", "inflect-orders-abc-2"), pod("refunds", "inflect-refunds-abc-9")}, now)
	known.call("inflect.", []kube.Instance{first, other}, now.Add(time.Second))
	open := []string{
		"inflect.orders-inflect-orders-abc-1-0",     // a pod that lives
		"inflect.orders-inflect-orders-abc-1.1-0",   // its next slot
		"inflect.orders-inflect-orders-abc-12-1",    // the other one
		"inflect.orders-inflect-orders-abc-2-0",     // one that is gone
		"inflect.orders-inflect-orders-abc-2.1-1",   // its next slot
		"inflect.orders-inflect-orders-abc-23-0",    // one that was never here, whose name begins as one that was
		"inflect.invoices-inflect-invoices-abc-7-0", // one of another cluster with the same brokers
		"inflect.orders-engine-0-0",                 // an engine outside of Kubernetes
		"inflect.replay.orders",                     // the control plane's own
		"inflect.refunds-inflect-refunds-abc-9-0",   // of a pipeline without pods
	}
	got := slices.Sorted(maps.Keys(known.orphans(open)))
	want := []string{"inflect.orders-inflect-orders-abc-2-0", "inflect.orders-inflect-orders-abc-2.1-1", "inflect.refunds-inflect-refunds-abc-9-0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if known.call("inflect.", nil, now.Add(fenceMemory+2*time.Second)); len(known) != 0 {
		t.Errorf("%d pods are remembered for ever", len(known))
	}
}
