package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// holdInterval is how often a held partition's conditions are looked at.
const holdInterval = 250 * time.Millisecond

// hold keeps a group member from reading new partitions too early. When a topic grows, the records of a key move to
// another partition, and nothing but time says where the old ones end: producers go on writing to the old partition until
// their metadata are refreshed. So a partition that the group has never committed an offset of is paused until the
// configured age has passed, the ends of the old partitions have been taken, and the group has committed all of those.
type hold struct {
	in   *input
	ctx  context.Context
	wg   sync.WaitGroup
	stop context.CancelFunc

	ready  chan struct{} // closed when client is there
	client *kgo.Client
}

func newHold(in *input) *hold {
	h := &hold{in: in, ready: make(chan struct{})}
	h.ctx, h.stop = context.WithCancel(context.Background())
	return h
}

// options are what a client needs for partitions to be held: nothing, unless it is configured.
func (h *hold) options() []kgo.Opt {
	if h.in.conf.hold == 0 {
		return nil
	}
	return []kgo.Opt{kgo.AdjustFetchOffsetsFn(h.assigned)}
}

// of is called once with the client that has the options.
func (h *hold) of(client *kgo.Client) {
	h.client = client
	close(h.ready)
}

func (h *hold) close() {
	h.stop()
	h.wg.Wait()
}

// assigned pauses what is new among partitions that are about to be read.
func (h *hold) assigned(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	select {
	case <-h.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	fresh, known := map[string][]int32{}, map[string][]int32{}
	for topic, partitions := range offsets {
		for p, o := range partitions {
			if o.EpochOffset().Offset < 0 {
				fresh[topic] = append(fresh[topic], p)
			} else {
				known[topic] = append(known[topic], p)
			}
		}
	}
	h.client.ResumeFetchPartitions(known) // somebody else may have held and read them in the meantime
	if len(fresh) > 0 && h.ctx.Err() == nil {
		h.client.PauseFetchPartitions(fresh)
		h.wg.Go(func() { h.release(fresh) })
	}
	return offsets, nil
}

// release lets partitions be read when their time has come.
func (h *hold) release(fresh map[string][]int32) {
	h.in.log.Infof("holding the new partitions %v until the records before them are done, for at least %v", fresh, h.in.conf.hold)
	if pause(h.ctx, h.in.conf.hold) != nil {
		return
	}
	admin := kadm.NewClient(h.client)
	var ends map[place]int64
	for {
		var err error
		if ends == nil {
			ends, err = h.ends(admin, fresh)
		}
		if err == nil {
			var done bool
			if done, err = h.reached(admin, ends); done {
				break
			}
		}
		if err != nil && h.ctx.Err() == nil {
			h.in.log.Warnf("holding the new partitions %v: %v", fresh, err)
		}
		if pause(h.ctx, holdInterval) != nil {
			return
		}
	}
	h.client.ResumeFetchPartitions(fresh)
	h.in.log.Infof("reading the new partitions %v", fresh)
}

// ends are the present ends of the partitions that the group reads already.
func (h *hold) ends(admin *kadm.Client, fresh map[string][]int32) (map[place]int64, error) {
	ctx, cancel := context.WithTimeout(h.ctx, watchTimeout)
	defer cancel()
	offsets, err := admin.FetchOffsets(ctx, h.in.conf.group)
	if err != nil {
		return nil, fmt.Errorf("fetching the offsets of group %s: %w", h.in.conf.group, err)
	}
	listed, err := admin.ListEndOffsets(ctx, h.in.conf.topics...)
	if err != nil {
		return nil, fmt.Errorf("listing the ends of %v: %w", h.in.conf.topics, err)
	}
	held, ends := places(fresh), map[place]int64{}
	listed.Each(func(o kadm.ListedOffset) {
		at := place{o.Topic, o.Partition}
		if committed, ok := offsets.Lookup(o.Topic, o.Partition); ok && committed.At >= 0 && !held[at] && o.Err == nil {
			ends[at] = o.Offset
		}
	})
	return ends, nil
}

// reached reports whether the group has committed all of the ends.
func (h *hold) reached(admin *kadm.Client, ends map[place]int64) (bool, error) {
	ctx, cancel := context.WithTimeout(h.ctx, watchTimeout)
	defer cancel()
	offsets, err := admin.FetchOffsets(ctx, h.in.conf.group)
	if err != nil {
		return false, fmt.Errorf("fetching the offsets of group %s: %w", h.in.conf.group, err)
	}
	for at, end := range ends {
		if o, ok := offsets.Lookup(at.topic, at.partition); !ok || o.At < end {
			return false, nil
		}
	}
	return true, nil
}
