package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// holdInterval is how often a held partition's conditions are looked at once its age is over.
const holdInterval = 500 * time.Millisecond

// hold keeps a group member from reading new partitions too early. When a topic grows, the records of a key move to
// another partition, and nothing but time says where the old ones end: producers go on writing to the old partition until
// their metadata are refreshed. So a partition that the group has never committed an offset of is paused until the
// configured age has passed, the ends of the old partitions have been taken, and the group has committed all of those,
// whichever instances read them. Then its beginning is committed, by which everybody knows that its hold is over.
//
// A member that dies or gives the partition up in the meantime has committed nothing of it, so that the next one holds it
// again from the start. That takes longer than need be and never less.
type hold struct {
	in     *input
	member *member
	ctx    context.Context
	wg     sync.WaitGroup
	stop   context.CancelFunc

	ready  chan struct{} // closed when client is there
	client *kgo.Client

	mu   sync.Mutex // while a partition's beginning is committed it cannot be given up
	held map[place]*round
}

// round is one assignment of new partitions. A partition that was given up and comes back belongs to a later one.
type round struct{ begun time.Time }

func newHold(in *input, m *member) *hold {
	h := &hold{in: in, member: m, ready: make(chan struct{}), held: map[place]*round{}}
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
	fresh, known := map[place]bool{}, map[place]bool{}
	for topic, partitions := range offsets {
		for p, o := range partitions {
			if o.EpochOffset().Offset < 0 {
				fresh[place{topic, p}] = true
			} else {
				known[place{topic, p}] = true
			}
		}
	}
	h.forget(known)
	h.client.ResumeFetchPartitions(byTopic(known)) // somebody else may have held and read them in the meantime
	if len(fresh) > 0 && h.ctx.Err() == nil {
		h.begin(fresh)
	}
	return offsets, nil
}

// begin pauses new partitions and waits for their time.
func (h *hold) begin(fresh map[place]bool) {
	h.client.PauseFetchPartitions(byTopic(fresh))
	r := &round{begun: h.in.ages.of(fresh)}
	h.mu.Lock()
	for at := range fresh {
		h.held[at] = r
	}
	h.mu.Unlock()
	h.wg.Go(func() { h.release(r) })
}

// forget gives partitions up. It returns when nothing will be committed of them any more.
func (h *hold) forget(parts map[place]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for at := range parts {
		delete(h.held, at)
	}
}

// keep gives up all but the given partitions.
func (h *hold) keep(given map[place]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.held, func(at place, _ *round) bool { return !given[at] })
}

// rest are the round's partitions that are still held. The caller holds the lock.
func (h *hold) rest(r *round) map[place]bool {
	out := map[place]bool{}
	for at, of := range h.held {
		if of == r {
			out[at] = true
		}
	}
	return out
}

// release lets the round's partitions be read when their time has come.
func (h *hold) release(r *round) {
	h.in.log.Infof("holding new partitions until the records before them are done, for at least %v", h.in.conf.hold)
	if pause(h.ctx, time.Until(r.begun.Add(h.in.conf.hold))) != nil {
		return
	}
	admin := kadm.NewClient(h.client)
	var ends map[place]int64
	for {
		h.mu.Lock()
		rest := h.rest(r)
		h.mu.Unlock()
		if len(rest) == 0 {
			return
		}
		var done bool
		var err error
		if ends == nil {
			ends, err = h.ends(admin)
		}
		if err == nil {
			done, err = h.reached(admin, ends)
		}
		if done {
			err = h.end(admin, r)
		}
		if err == nil && done {
			return
		}
		if err != nil && h.ctx.Err() == nil {
			h.in.log.Warnf("holding the new partitions %v: %v", byTopic(rest), err)
		}
		if pause(h.ctx, holdInterval) != nil {
			return
		}
	}
}

// ends are the present ends of the partitions that the group reads already.
func (h *hold) ends(admin *kadm.Client) (map[place]int64, error) {
	ctx, cancel := context.WithTimeout(h.ctx, watchTimeout)
	defer cancel()
	offsets, err := admin.FetchOffsets(ctx, h.in.conf.group)
	if err != nil {
		return nil, fmt.Errorf("fetching the offsets of group %s: %w", h.in.conf.group, err)
	}
	listed, err := admin.ListEndOffsets(ctx, h.in.conf.topics...)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("listing the ends of %v: %w", h.in.conf.topics, err)
	}
	ends := map[place]int64{}
	listed.Each(func(o kadm.ListedOffset) {
		if committed, ok := offsets.Lookup(o.Topic, o.Partition); ok && committed.At >= 0 {
			ends[place{o.Topic, o.Partition}] = o.Offset
		}
	})
	return ends, nil
}

// reached reports whether the group has committed all of the ends. What retention has taken counts as done: there is
// nothing left to be read that could be committed.
func (h *hold) reached(admin *kadm.Client, ends map[place]int64) (bool, error) {
	ctx, cancel := context.WithTimeout(h.ctx, watchTimeout)
	defer cancel()
	offsets, err := admin.FetchOffsets(ctx, h.in.conf.group)
	if err != nil {
		return false, fmt.Errorf("fetching the offsets of group %s: %w", h.in.conf.group, err)
	}
	behind := map[place]bool{}
	for at, end := range ends {
		if o, ok := offsets.Lookup(at.topic, at.partition); !ok || o.At < end {
			behind[at] = true
		}
	}
	if len(behind) == 0 {
		return true, nil
	}
	starts, err := admin.ListStartOffsets(ctx, h.in.conf.topics...)
	if err != nil {
		return false, fmt.Errorf("listing the beginnings of %v: %w", h.in.conf.topics, err)
	}
	for at := range behind {
		if o, ok := starts.Lookup(at.topic, at.partition); !ok || o.Err != nil || o.Offset < ends[at] {
			return false, nil
		}
	}
	return true, nil
}

// end commits the beginnings of what is still held and lets it be read. Committing them before they are read is what
// makes it safe: nobody else can have committed anything of a partition that this member owns.
func (h *hold) end(admin *kadm.Client, r *round) error {
	ctx, cancel := context.WithTimeout(h.ctx, watchTimeout)
	defer cancel()
	starts, err := admin.ListStartOffsets(ctx, h.in.conf.topics...)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return fmt.Errorf("listing the beginnings of %v: %w", h.in.conf.topics, err)
	}
	metadata, err := admin.Metadata(ctx, h.in.conf.topics...)
	if err != nil {
		return fmt.Errorf("asking for the topics' ids: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	rest := h.rest(r)
	if err := h.commit(ctx, rest, starts, metadata.Topics); err != nil {
		return fmt.Errorf("committing their beginnings: %w", err)
	}
	h.client.ResumeFetchPartitions(byTopic(rest))
	for at := range rest {
		delete(h.held, at)
	}
	h.in.ages.forget(rest)
	h.in.log.Infof("reading the new partitions %v", byTopic(rest))
	return nil
}

// commit commits offsets as the member that owns the partitions, outside of any transaction: the group refuses it once
// it has given them to somebody else.
func (h *hold) commit(ctx context.Context, parts map[place]bool, offsets kadm.ListedOffsets, topics kadm.TopicDetails) error {
	if len(parts) == 0 {
		return nil
	}
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group = h.in.conf.group
	req.MemberID, req.Generation = h.client.GroupMetadata()
	if h.member.instance != "" {
		req.InstanceID = &h.member.instance
	}
	for topic, partitions := range byTopic(parts) {
		t := kmsg.NewOffsetCommitRequestTopic()
		t.Topic, t.TopicID = topic, topics[topic].ID // by the name up to version 9 of the request, by the id from then on
		for _, partition := range partitions {
			o, ok := offsets.Lookup(topic, partition)
			if !ok {
				return errors.New("a partition is gone")
			}
			p := kmsg.NewOffsetCommitRequestTopicPartition()
			p.Partition, p.Offset = partition, o.Offset
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	resp, err := req.RequestWith(ctx, h.client)
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("%s/%d: %w", t.Topic, p.Partition, err)
			}
		}
	}
	return nil
}

// ages is when an input first saw its new partitions, whichever of its members and generations held them.
type ages struct {
	mu    sync.Mutex
	first map[place]time.Time
}

// of is the time of the youngest of the partitions.
func (a *ages) of(parts map[place]bool) (youngest time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.first == nil {
		a.first = map[place]time.Time{}
	}
	for at := range parts {
		if a.first[at].IsZero() {
			a.first[at] = time.Now()
		}
		if a.first[at].After(youngest) {
			youngest = a.first[at]
		}
	}
	return youngest
}

func (a *ages) forget(parts map[place]bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for at := range parts {
		delete(a.first, at)
	}
}

// byTopic undoes places.
func byTopic(parts map[place]bool) map[string][]int32 {
	out := map[string][]int32{}
	for at := range parts {
		out[at.topic] = append(out[at.topic], at.partition)
	}
	return out
}
