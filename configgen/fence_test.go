package configgen

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inflect-dev/inflect/configgen/kube"
)

func TestOnlyTransactionsOfPodsThatAreGoneAreOrphans(t *testing.T) {
	t.Parallel()
	pods := []kube.Instance{{Name: "inflect-orders-abc-1", Pipeline: "orders"}, {Name: "inflect-orders-abc-12", Pipeline: "orders"}}
	open := []string{
		"inflect.orders-inflect-orders-abc-1-0",   // a pod that lives
		"inflect.orders-inflect-orders-abc-1.1-0", // its next slot
		"inflect.orders-inflect-orders-abc-12-1",  // the other one
		"inflect.orders-inflect-orders-abc-2-0",   // one that is gone
		"inflect.orders-inflect-orders-abc-123-0", // another one, whose name begins as one that lives
		"inflect.orders-engine-0-0",               // an engine outside of Kubernetes
		"inflect.replay.orders",                   // the control plane's own
		"somebody.else-inflect-orders-abc-2-0",    // not ours
		"inflect.refunds-inflect-refunds-abc-9-0", // of a pipeline without pods
	}
	got := slices.Sorted(maps.Keys(orphans(open, "inflect.", pods)))
	want := []string{"inflect.orders-inflect-orders-abc-123-0", "inflect.orders-inflect-orders-abc-2-0", "inflect.refunds-inflect-refunds-abc-9-0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
