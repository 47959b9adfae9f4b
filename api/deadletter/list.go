package deadletter

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/inflect-dev/inflect/api/catalog"
	"github.com/inflect-dev/inflect/pipeline"
)

// maxGroups bounds how many groups are shown, maxHeld how many bytes of records are held to be shown.
const (
	maxGroups = 500
	maxHeld   = 32 << 20
)

// List is the newest dead letters of a pipeline, grouped by fingerprint, the group that failed last first.
func (l *Letters) List(ctx context.Context, spec pipeline.Spec, q pipeline.DeadLetterQuery) (pipeline.DeadLetters, error) {
	out := pipeline.DeadLetters{Topic: spec.DLQ.Topic, Groups: []pipeline.DeadLetterGroup{}}
	spans, err := l.kafka.Spans(ctx, out.Topic)
	if pipeline.CodeOf(err) == pipeline.CodeUnknownTopic {
		out.Complete = true // Nothing has failed yet.
		return out, nil
	}
	if err != nil {
		return out, err
	}
	id, err := l.kafka.TopicID(ctx, out.Topic)
	if err != nil {
		return out, err
	}
	replayed, err := l.marks.known(ctx, id)
	if err != nil {
		return out, err
	}
	out.Complete = newest(spans, q.Scan)
	groups, held := map[string]*group{}, 0
	_, err = l.kafka.Scan(ctx, out.Topic, spans, func(r *kgo.Record) bool {
		out.Scanned++
		fingerprint := header(r, headerFingerprint)
		if header(r, headerPipeline) != spec.Name || q.Fingerprint != "" && q.Fingerprint != fingerprint {
			return true
		}
		if groups[fingerprint] == nil {
			groups[fingerprint] = &group{}
		}
		_, done := replayed[placeOf(r)]
		held += groups[fingerprint].add(r, done, q.Records)
		for held > maxHeld && q.Records > 0 {
			q.Records /= 2 // Fewer of each group, rather than none of some.
			held = 0
			for _, g := range groups {
				held += g.cut(q.Records)
			}
		}
		return true
	})
	if err != nil {
		return out, err
	}
	for fingerprint, g := range groups {
		out.Groups = append(out.Groups, g.shown(fingerprint, q.Records, replayed))
	}
	slices.SortFunc(out.Groups, func(x, y pipeline.DeadLetterGroup) int {
		return cmp.Or(y.Last.Compare(x.Last), cmp.Compare(x.Fingerprint, y.Fingerprint))
	})
	out.Groups = out.Groups[:min(len(out.Groups), maxGroups)]
	return out, nil
}

// newest cuts spans to the newest records, some n over all partitions by their share, and says whether that is all.
func newest(spans map[int32]catalog.Span, n int) (all bool) {
	var total int64
	for _, s := range spans {
		total += max(0, s.End-s.Start)
	}
	if total <= int64(n) {
		return true
	}
	for p, s := range spans {
		share := int64(float64(s.End-s.Start) / float64(total) * float64(n))
		spans[p] = catalog.Span{Start: max(s.Start, s.End-max(1, share)), End: s.End}
	}
	return false
}

// group collects dead letters of one cause, of which it keeps the newest.
type group struct {
	count, replayed int
	first, last     time.Time
	// code, stage and message are the newest record's.
	code, stage, message string
	records              []*kgo.Record
	held                 int
}

// add counts r and says how many bytes more are held now.
func (g *group) add(r *kgo.Record, replayed bool, keep int) int {
	g.count++
	if replayed {
		g.replayed++
	}
	if g.first.IsZero() || r.Timestamp.Before(g.first) {
		g.first = r.Timestamp
	}
	if !r.Timestamp.Before(g.last) {
		g.last, g.code, g.stage, g.message = r.Timestamp, header(r, headerCode), header(r, headerStage), header(r, headerError)
	}
	if keep == 0 {
		return 0
	}
	before := g.held
	g.records, g.held = append(g.records, r), g.held+catalog.Weight(r)
	if len(g.records) >= 2*keep {
		g.cut(keep)
	}
	return g.held - before
}

// cut keeps the newest records and says how many bytes they hold.
func (g *group) cut(keep int) int {
	slices.SortFunc(g.records, func(x, y *kgo.Record) int {
		return cmp.Or(y.Timestamp.Compare(x.Timestamp), cmp.Compare(y.Partition, x.Partition), cmp.Compare(y.Offset, x.Offset))
	})
	g.records = slices.Clone(g.records[:min(len(g.records), keep)])
	g.held = 0
	for _, r := range g.records {
		g.held += catalog.Weight(r)
	}
	return g.held
}

func (g *group) shown(fingerprint string, keep int, replayed map[place]struct{}) pipeline.DeadLetterGroup {
	g.cut(keep)
	out := pipeline.DeadLetterGroup{Fingerprint: fingerprint, Code: g.code, Stage: g.stage, Message: g.message, Count: g.count,
		Replayed: g.replayed, First: g.first.UTC(), Last: g.last.UTC(), Records: []pipeline.DeadLetterRecord{}}
	for _, r := range g.records {
		_, done := replayed[placeOf(r)]
		out.Records = append(out.Records, letterOf(r, done))
	}
	return out
}
