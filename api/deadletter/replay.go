package deadletter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/pipeline"
)

// Options are how dead letters are replayed. Zero fields take their defaults.
type Options struct {
	// MarksTopic keeps which dead letters have been replayed. Default "inflect.replays".
	MarksTopic string
	// Budget is how long one call works before it says what remains. Default 20 s.
	Budget time.Duration
	// TransactionTimeout is after how long brokers end what a server that was killed left open. Default 20 s.
	TransactionTimeout time.Duration
	// Runner is what dead letters go straight through. Without one they can only be sent to the source topic.
	Runner Runner
}

// A transaction holds at most this much.
const (
	maxBatch      = 500
	maxBatchBytes = 4 << 20
)

// The client's own limit of a batch, and what it can be set to.
const (
	defaultLargest = 1_000_012
	minLargest     = 512
	maxLargest     = 64 << 20
)

// Letters are the dead letters of a cluster's pipelines.
type Letters struct {
	options Options
	kafka   *catalog.Kafka
	marks   *marks
}

// New does no I/O.
func New(kafka *catalog.Kafka, options Options) *Letters {
	if options.MarksTopic == "" {
		options.MarksTopic = "inflect.replays"
	}
	if options.Budget == 0 {
		options.Budget = 20 * time.Second
	}
	if options.TransactionTimeout == 0 {
		options.TransactionTimeout = 20 * time.Second
	}
	return &Letters{options: options, kafka: kafka, marks: newMarks(kafka, options.MarksTopic)}
}

// Replay sends the selected dead letters to the pipeline's source topic or straight through it, each at most once.
func (l *Letters) Replay(ctx context.Context, p pipeline.Pipeline, q pipeline.DeadLetterReplay) (pipeline.DeadLetterReplayed, error) {
	topic := p.Source.Topic
	if q.To == pipeline.ToPipeline {
		if topic = p.Target.Topic; l.options.Runner == nil {
			return pipeline.DeadLetterReplayed{}, pipeline.Errorf(pipeline.CodeUnavailable, "to", "this server cannot run pipelines: replay to the source")
		}
	}
	to, err := l.target(ctx, topic)
	if err != nil {
		return pipeline.DeadLetterReplayed{}, err
	}
	id, err := l.kafka.TopicID(ctx, p.DLQ.Topic)
	if err != nil {
		return pipeline.DeadLetterReplayed{}, err
	}
	if err := l.marks.create(ctx); err != nil {
		return pipeline.DeadLetterReplayed{}, err
	}
	targets := l.targets(ctx, p, q.To, to)
	client, err := l.kafka.Connect(kgo.TransactionalID("inflect.replay."+p.Name), kgo.TransactionTimeout(l.options.TransactionTimeout),
		kgo.ProducerBatchMaxBytesFn(func(topic string) int32 { return cmp.Or(targets[topic].largest, defaultLargest) }),
		// The first transaction of a cluster waits until brokers have made the topic that keeps them.
		kgo.RetryTimeout(l.options.TransactionTimeout), kgo.RecordPartitioner(partitioner{kgo.StickyKeyPartitioner(nil)}))
	if err != nil {
		return pipeline.DeadLetterReplayed{}, err
	}
	defer client.Close()
	// Taking over the transactional id ends what an earlier replay left open; only then the marks say everything, and
	// nothing that it committed is hidden any more.
	if _, _, err := client.ProducerID(ctx); err != nil {
		return pipeline.DeadLetterReplayed{}, l.explain(p.Name, err)
	}
	spans, err := l.kafka.Spans(ctx, p.DLQ.Topic)
	if err != nil {
		return pipeline.DeadLetterReplayed{}, err
	}
	replayed, err := l.marks.all(ctx, id)
	if err != nil {
		return pipeline.DeadLetterReplayed{}, err
	}
	r := &replay{letters: l, client: client, pipeline: p, topicID: id, query: q, to: to, targets: targets, marked: replayed}
	return r.run(ctx, p.DLQ.Topic, spans)
}

// oldest are the configs by which brokers refuse a record that is older, which one was called before Kafka 3.6.
var oldest = map[string]bool{"message.timestamp.before.max.ms": true, "message.timestamp.difference.max.ms": true}

func (l *Letters) target(ctx context.Context, topic string) (target, error) {
	t, err := l.kafka.Topic(ctx, topic)
	if err != nil {
		return target{}, err
	}
	out := target{topic: topic, partitions: int32(len(t.Partitions)), largest: defaultLargest}
	for _, c := range t.Configs {
		if c.Value == nil {
			continue
		}
		n, err := strconv.ParseInt(*c.Value, 10, 64)
		switch {
		case err != nil:
		case (c.Name == "retention.ms" || oldest[c.Name]) && n > 0:
			// Half of it leaves time to read the record before it may be deleted.
			half := time.Duration(min(n, int64(1<<43))) * time.Millisecond / 2
			if out.keep == 0 || half < out.keep {
				out.keep = half
			}
		case c.Name == "max.message.bytes":
			out.largest = int32(min(max(n, minLargest), maxLargest))
		}
	}
	return out, nil
}

// targets are the topics that are written to. One that does not say what it is may not be written to at all.
func (l *Letters) targets(ctx context.Context, p pipeline.Pipeline, where pipeline.ReplayTo, to target) map[string]target {
	out := map[string]target{to.topic: to}
	if where == pipeline.ToPipeline {
		topics := []string{p.DLQ.Topic}
		for _, output := range p.Outputs {
			topics = append(topics, output.Topic)
		}
		for _, topic := range topics {
			if t, err := l.target(ctx, topic); err == nil {
				out[topic] = t
			}
		}
	}
	return out
}

func (l *Letters) explain(name string, err error) error {
	if errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.TransactionAbortable) {
		return pipeline.Errorf(pipeline.CodeStale, "", "another replay of dead letters of %s has begun and goes on in its place", name)
	}
	return l.kafka.Explain("", err)
}

// letter is one dead letter and what to send in place of its value.
type letter struct {
	record *kgo.Record
	edit   *pipeline.DeadLetterPlace
}

// replay is one call at work.
type replay struct {
	letters  *Letters
	client   *kgo.Client
	pipeline pipeline.Pipeline
	topicID  string
	query    pipeline.DeadLetterReplay
	to       target
	targets  map[string]target
	marked   map[place]struct{}
	// deadline counts from the first dead letter on.
	deadline time.Time

	out   pipeline.DeadLetterReplayed
	queue []letter
	bytes int
	next  time.Time
	// enough ends the counting of what remains, which may be much.
	enough bool
	failed error
}

func (r *replay) run(ctx context.Context, topic string, spans map[int32]catalog.Span) (pipeline.DeadLetterReplayed, error) {
	var selected map[place]*pipeline.DeadLetterPlace
	if len(r.query.Records) > 0 {
		selected = map[place]*pipeline.DeadLetterPlace{}
		for i, p := range r.query.Records {
			selected[place{p.Partition, p.Offset}] = &r.query.Records[i]
		}
		spans = around(spans, selected)
	}
	met := 0
	_, err := r.letters.kafka.Scan(ctx, topic, spans, func(rec *kgo.Record) bool {
		edit, wanted := selected[placeOf(rec)]
		switch {
		case selected != nil && !wanted, header(rec, headerPipeline) != r.pipeline.Name,
			r.query.Fingerprint != "" && header(rec, headerFingerprint) != r.query.Fingerprint:
			return true
		}
		met++
		r.visit(ctx, rec, edit)
		return r.failed == nil && !r.enough
	})
	if r.failed == nil && err == nil {
		r.failed = r.send(ctx)
	}
	if r.failed == nil {
		r.failed = err
	}
	if r.failed == nil && r.out.Remaining > 0 {
		_ = r.rest(ctx) // The next call knows nothing of this one's rate. Who has gone makes none.
	}
	switch missing := len(selected) - met; {
	case selected == nil:
	case r.enough:
		r.out.Remaining += missing // They were not looked for.
	default:
		r.out.NotFound = missing
	}
	return r.out, r.failed
}

// visit decides about one dead letter.
func (r *replay) visit(ctx context.Context, rec *kgo.Record, edit *pipeline.DeadLetterPlace) {
	if r.deadline.IsZero() {
		r.deadline = time.Now().Add(r.letters.options.Budget)
	}
	_, done := r.marked[placeOf(rec)]
	switch {
	case done:
		r.out.AlreadyReplayed++
	case attemptOf(rec) >= r.query.MaxAttempts:
		r.out.LoopGuard++
	case r.out.Replayed+len(r.queue) >= r.query.Limit || time.Now().After(r.deadline):
		r.out.Remaining++
		r.enough = time.Now().After(r.deadline.Add(r.letters.options.Budget))
	default:
		r.queue = append(r.queue, letter{rec, edit})
		r.bytes += catalog.Weight(rec)
		if len(r.queue) >= r.batchSize() || r.bytes >= maxBatchBytes {
			r.failed = r.send(ctx)
		}
	}
}

// batchSize makes at least two steps a second out of a limited rate.
func (r *replay) batchSize() int {
	if r.query.Rate == 0 {
		return maxBatch
	}
	return max(1, min(maxBatch, int(r.query.Rate/2)))
}

// send writes what is queued, records and marks, in one transaction. When it fails, none of it was sent, or all of it,
// and the marks will say so.
func (r *replay) send(ctx context.Context) error {
	if len(r.queue) == 0 {
		return nil
	}
	if err := r.wait(ctx); err != nil {
		return err
	}
	records, sent, err := r.outgoing(ctx)
	if err != nil {
		return err
	}
	r.queue, r.bytes = nil, 0
	if len(records) == 0 {
		return nil
	}
	if err := r.transact(ctx, records); err != nil {
		return r.letters.explain(r.pipeline.Name, err)
	}
	r.out.Replayed += sent
	return nil
}

// outgoing is what is written for the queue, and for how many dead letters.
func (r *replay) outgoing(ctx context.Context) (records []*kgo.Record, sent int, err error) {
	if r.query.To == pipeline.ToPipeline {
		return r.through(ctx, r.queue)
	}
	for _, l := range r.queue {
		again := r.to.again(l.record, l.edit, time.Now())
		if !r.to.takes(again) {
			r.out.Refused++ // Those beside it are not to wait for it.
			continue
		}
		records = append(records, again, r.letters.marks.mark(r.topicID, l.record, r.pipeline.Name))
		sent++
	}
	return records, sent, nil
}

func (r *replay) transact(ctx context.Context, records []*kgo.Record) error {
	if err := r.client.BeginTransaction(); err != nil {
		return fmt.Errorf("beginning a replay's transaction: %w", err)
	}
	// Brokers end a transaction by then; the client would wait for a partition without a leader for as long as it has none.
	producing, end := context.WithTimeout(ctx, r.letters.options.TransactionTimeout)
	defer end()
	err := r.client.ProduceSync(producing, records...).FirstErr()
	// Nothing behind an open transaction is read: it is ended, whoever has gone meanwhile.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.letters.options.TransactionTimeout)
	defer cancel()
	if err != nil {
		return errors.Join(err, r.client.EndTransaction(ending, kgo.TryAbort))
	}
	return r.client.EndTransaction(ending, kgo.TryCommit)
}

// wait keeps to the rate: a batch begins when the one before has had its time.
func (r *replay) wait(ctx context.Context) error {
	now := time.Now()
	if r.next.After(now) {
		if err := r.rest(ctx); err != nil {
			return err
		}
		now = r.next
	}
	if r.query.Rate > 0 {
		r.next = now.Add(time.Duration(float64(len(r.queue)) / r.query.Rate * float64(time.Second)))
	}
	return nil
}

// rest is until the batch that was sent last has had its time.
func (r *replay) rest(ctx context.Context) error {
	select {
	case <-time.After(time.Until(r.next)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// around is the part of each partition that holds what was selected.
func around(spans map[int32]catalog.Span, selected map[place]*pipeline.DeadLetterPlace) map[int32]catalog.Span {
	out := map[int32]catalog.Span{}
	for at := range selected {
		there, ok := spans[at.partition]
		if !ok || at.offset < there.Start || at.offset >= there.End {
			continue
		}
		s, begun := out[at.partition]
		if !begun {
			s = catalog.Span{Start: at.offset, End: at.offset + 1}
		}
		out[at.partition] = catalog.Span{Start: min(s.Start, at.offset), End: max(s.End, at.offset+1)}
	}
	return out
}

// partitioner takes a record's own partition where it names one, and otherwise Kafka's default for its key.
type partitioner struct{ kgo.Partitioner }

func (p partitioner) ForTopic(topic string) kgo.TopicPartitioner {
	return topicPartitioner{p.Partitioner.ForTopic(topic)}
}

type topicPartitioner struct{ kgo.TopicPartitioner }

func (p topicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || p.TopicPartitioner.RequiresConsistency(r)
}

func (p topicPartitioner) Partition(r *kgo.Record, n int) int {
	if r.Partition >= 0 && int(r.Partition) < n {
		return int(r.Partition)
	}
	return p.TopicPartitioner.Partition(r, n)
}
