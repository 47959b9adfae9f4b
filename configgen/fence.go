package configgen

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/inflect-dev/inflect/configgen/kube"
)

// Transactions are those of the Kafka cluster.
type Transactions interface {
	// Open are the ids of the transactions that are open and whose id begins so.
	Open(ctx context.Context, prefix string) ([]string, error)
	// Fence aborts what is open under an id, and shuts whoever held it out.
	Fence(ctx context.Context, id string) error
}

// fencePause is the time between two looks. A transaction is ended when both find nobody who could: a pod that has just
// been made may not have been seen by the first.
const fencePause = 2 * time.Second

// fenceMemory is for how long a pod that is gone is remembered: far longer than any transaction may be open.
const fenceMemory = time.Hour

// Fence ends the transactions that pods left open which are gone, until ctx ends. Transactional ids hold the name of the
// pod, so nobody else would, and who reads committed records would wait until they time out (ADR 51).
func (w *Workloads) Fence(ctx context.Context, transactions Transactions, group string, log *slog.Logger) error {
	tick := time.NewTicker(fencePause)
	defer tick.Stop()
	known, before := roll{}, map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if _, err := w.cluster.Names(); err != nil {
			continue // nobody knows which pods there are
		}
		known.call(group, w.cluster.Pods(""), time.Now())
		open, err := transactions.Open(ctx, group)
		if err != nil {
			continue // the brokers are away, and say so elsewhere
		}
		left := known.orphans(open)
		for id := range left {
			if !before[id] {
				continue
			}
			if err := transactions.Fence(ctx, id); err != nil {
				log.Warn("ending the transaction of a pod that is gone", "transaction", id, "error", err)
				continue
			}
			log.Info("ended the transaction of a pod that is gone", "transaction", id)
		}
		before = left
	}
}

// roll is the pods that were there at some time, by what their transactional ids begin with: the group and the pod's
// name. Another cluster's pods, which may use the same brokers, are not among them.
type roll map[string]attendance

type attendance struct {
	here bool
	seen time.Time
}

// call notes who is there now, and forgets who has been gone for long.
func (r roll) call(group string, pods []kube.Instance, now time.Time) {
	for owned, a := range r {
		r[owned] = attendance{seen: a.seen}
		if now.Sub(a.seen) > fenceMemory {
			delete(r, owned)
		}
	}
	for _, p := range pods {
		r[group+p.Pipeline+"-"+p.Name] = attendance{here: true, seen: now}
	}
}

// orphans are the transactional ids of pods that are gone. What follows the pod's name is a number behind a hyphen, or
// behind a dot.
func (r roll) orphans(open []string) map[string]bool {
	out := map[string]bool{}
	for _, id := range open {
		for owned, a := range r {
			rest, ok := strings.CutPrefix(id, owned)
			if ok && !a.here && (strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, ".")) {
				out[id] = true
			}
		}
	}
	return out
}
