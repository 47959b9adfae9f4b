package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	watchInterval = 2 * time.Second
	watchTimeout  = 5 * time.Second
	// stalled is how long a batch may be in flight until somebody asks what it waits for.
	stalled = 3 * time.Second
	// slowTime is how long no batch may have left the pipeline until the board remarks on it.
	slowTime = 5 * strideTime

	slowSteps = "the steps are slow, or the target does not acknowledge"
)

// watch looks after a generation until it dies: whether the brokers answer, whether the topics are there, how far their
// ends have moved while nothing was read, and whether a batch is stuck.
func (in *input) watch(g *mortal, client *kgo.Client, oldest func() (time.Time, bool)) {
	ctx, cancel := g.alive(context.Background())
	defer cancel()
	admin := kadm.NewClient(client)
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		unread := in.look(ctx, admin)
		read, busy := oldest()
		var stuck string
		if unread == "" && busy && time.Since(read) > stalled {
			stuck = in.stall(ctx, read)
		}
		switch {
		case ctx.Err() != nil:
			return // what was seen may come of that
		case unread != "":
			in.health.unread(unread)
		case stuck != "" && stuck == in.slowed():
			in.health.set(stateRunning, stuck)
		case stuck != "":
			in.health.stuck(read, stuck)
		case !busy:
			in.health.calm(in.slowed())
		default:
			in.health.remark(cmp.Or(in.slow(read), in.slowed()))
		}
	}
}

// slow is what to say of a batch that nothing is known about but that no other one was done since it was read, empty
// until that is long ago.
func (in *input) slow(read time.Time) string {
	since := in.stride.last()
	if read.After(since) {
		since = read
	}
	if time.Since(since) < slowTime {
		return ""
	}
	return fmt.Sprintf("no batch was done since %s: %s", since.UTC().Format(time.TimeOnly+" MST"), slowSteps)
}

// look is what is wrong with the source, empty when nothing is.
func (in *input) look(ctx context.Context, admin *kadm.Client) string {
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	ends, err := admin.ListEndOffsets(ctx, in.conf.topics...)
	if err != nil {
		return fmt.Sprintf("the brokers do not answer: %v", err)
	}
	for _, topic := range in.conf.topics {
		for partition, o := range ends[topic] {
			if o.Err != nil {
				return fmt.Sprintf("reading topic %s: %v", topic, o.Err)
			}
			in.lag.ended(place{topic, partition}, o.Offset)
		}
	}
	if err := in.placed(ctx, admin); err != nil {
		return fmt.Sprintf("the brokers do not say what is committed: %v", err)
	}
	return ""
}

// placed looks up where reading begins in partitions that nothing was read of yet, so that an instance shows what it has
// before there is a record. What has nothing committed is new and read from its beginning.
func (in *input) placed(ctx context.Context, admin *kadm.Client) error {
	unplaced := in.lag.unplaced()
	if len(unplaced) == 0 {
		return nil
	}
	committed, err := admin.FetchOffsets(ctx, in.conf.group)
	if err != nil {
		return err
	}
	for at := range unplaced {
		o, _ := committed.Lookup(at.topic, at.partition)
		in.lag.begins(at, max(0, o.At))
	}
	return nil
}

// stall is what is known of why a batch that was read then is still in flight: what is wrong with its targets, or the last
// trouble that a client had since then. It is empty when nothing is wrong with them.
func (in *input) stall(ctx context.Context, read time.Time) string {
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	if why := in.uncommitted.Load(); why != nil {
		return *why
	}
	w := in.writing.Load()
	if w != nil {
		if why := w.limits.trouble(ctx, read); why != "" {
			return why
		}
		if why := in.slowed(); why != "" {
			return why
		}
		if why := w.logger.since(read); why != "" {
			return why
		}
	}
	return in.logger.since(read)
}

// slowed says that the brokers have throttled this client lately, empty when they have not. A pipeline that is slowed
// down runs.
func (in *input) slowed() string {
	w := in.writing.Load()
	if in.logger.throttledLately() || w != nil && w.logger.throttledLately() {
		return fmt.Sprintf("slowed down by the brokers: the quota of client_id %s or of its user is used up", in.conf.clientID)
	}
	return ""
}

// fetchFailed notes an error with which the client goes on by itself.
func (in *input) fetchFailed(topic string, partition int32, err error) {
	if transient(err) {
		return
	}
	var session *kgo.ErrGroupSession
	if errors.As(err, &session) {
		in.health.set(stateWaiting, fmt.Sprintf("%s %s: %v", joining, in.conf.group, session.Err))
		return
	}
	in.health.unread(fmt.Sprintf("reading %s/%d: %v", topic, partition, err))
}
