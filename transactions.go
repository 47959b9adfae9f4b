//go:build !connect

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fenceTimeout bounds one request; it is the time that the new, unused producer of a fenced id would have as well.
const fenceTimeout = 10 * time.Second

// transactions are those of the cluster, as configgen.Workloads ends them.
type transactions struct{ client *kgo.Client }

// Open are the ids of open transactions that begin with prefix.
func (t transactions) Open(ctx context.Context, prefix string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, fenceTimeout)
	defer cancel()
	list, err := kadm.NewClient(t.client).ListTransactions(ctx, nil, []string{"Ongoing"})
	var ids []string
	for _, l := range list {
		if strings.HasPrefix(l.TxnID, prefix) {
			ids = append(ids, l.TxnID)
		}
	}
	return ids, err
}

// Fence takes the id over as a producer that starts anew does, which aborts what is open under it.
func (t transactions) Fence(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, fenceTimeout)
	defer cancel()
	req := kmsg.NewPtrInitProducerIDRequest()
	req.TransactionalID = &id
	req.TransactionTimeoutMillis = int32(fenceTimeout.Milliseconds())
	req.ProducerID, req.ProducerEpoch = -1, -1
	resp, err := req.RequestWith(ctx, t.client)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	// The coordinator aborts first and has the client ask again.
	if err != nil && !errors.Is(err, kerr.ConcurrentTransactions) {
		return fmt.Errorf("taking over transactional id %s: %w", id, err)
	}
	return nil
}
