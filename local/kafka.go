package local

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/twmb/franz-go/pkg/kfake"
)

// partitions of a topic whose creator does not say.
const partitions = 6

// Kafka is a broker inside this process that keeps its records, groups and transactions in dir.
type Kafka struct {
	cluster *kfake.Cluster
	Broker  string
}

// StartKafka opens the broker on l. What it acknowledged survives the death of the process, not that of the machine.
func StartKafka(dir string, l net.Listener) (*Kafka, error) {
	address := l.Addr().String()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(dir), kfake.DefaultNumPartitions(partitions), kfake.ClusterID("inflect-local"),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return l, nil }))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the embedded Kafka on %s with its data in %s: %w", address, dir, err), l.Close())
	}
	return &Kafka{cluster: c, Broker: address}, nil
}

// Run keeps the broker until ctx ends.
func (k *Kafka) Run(ctx context.Context) error {
	<-ctx.Done()
	k.cluster.Close()
	return nil
}
