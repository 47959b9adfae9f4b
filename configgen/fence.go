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

// Fence ends the transactions that pods left open which are gone, until ctx ends. Transactional ids hold the name of the
// pod, so nobody else would, and who reads committed records would wait until they time out (ADR 51).
func (w *Workloads) Fence(ctx context.Context, transactions Transactions, group string, log *slog.Logger) error {
	tick := time.NewTicker(fencePause)
	defer tick.Stop()
	before := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if _, err := w.cluster.Names(); err != nil {
			continue // nobody knows which pods there are
		}
		open, err := transactions.Open(ctx, group)
		if err != nil {
			continue // the brokers are away, and say so elsewhere
		}
		left := orphans(open, group, w.cluster.Pods(""))
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

// orphans are the transactional ids of pods of ours that are not there. An id is the group, the pod, and a number
// behind a dot or a hyphen.
func orphans(open []string, group string, pods []kube.Instance) map[string]bool {
	out := map[string]bool{}
	for _, id := range open {
		rest, ok := strings.CutPrefix(id, group)
		if !ok || !strings.Contains(rest, "-"+kube.ObjectName("")) {
			continue
		}
		lives := false
		for _, p := range pods {
			owned := group + p.Pipeline + "-" + p.Name
			lives = lives || strings.HasPrefix(id, owned+"-") || strings.HasPrefix(id, owned+".")
		}
		if !lives {
			out[id] = true
		}
	}
	return out
}
