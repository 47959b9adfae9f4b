package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/inflect-dev/inflect/pipeline"
)

// tryout tries one new version of a subject against the one that is the newest now.
type tryout struct {
	api           *API
	next, current pipeline.RegisteredSchema
	count         int
	// fresh and old are events of the two versions, as JSON. An error says why there are none.
	fresh, old       []pipeline.TestEvent
	freshErr, oldErr error
	// older are the versions before the present one, where they count.
	older []older

	mu       sync.Mutex
	writings map[writing]func() (written, error)
}

// generate makes the events of both versions. A new version that is no schema, or that keeps a process busy for ever, is the
// error; one that is merely too hard to guess for leaves pipelines untried.
func (c *tryout) generate(ctx context.Context) error {
	c.fresh, c.freshErr = c.api.eventsOf(ctx, c.next, c.count)
	if pipeline.CodeOf(c.freshErr) == pipeline.CodeRejected {
		return c.freshErr
	}
	if c.freshErr != nil {
		if _, err := c.api.eventsOf(ctx, c.next, 0); err != nil {
			return err
		}
	}
	c.old, c.oldErr = c.api.eventsOf(ctx, c.current, c.count)
	return ctx.Err()
}

// pipelines tries every pipeline that uses the subject, at each of its places.
func (c *tryout) pipelines(ctx context.Context) ([]pipelineCheck, error) {
	out := []pipelineCheck{}
	var users []pipeline.Pipeline
	query := pipeline.Query{Limit: 500}
	for {
		found, err := c.api.options.Pipelines.List(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, p := range found.Items {
			p.Spec = p.WithDefaults()
			for _, ref := range referencesOf(p.Spec) {
				if ref.subject == c.next.Subject {
					out = append(out, pipelineCheck{Use: pipeline.Use{Pipeline: p.Name, As: ref.field}, Trials: []schemaTrial{}})
					users = append(users, p)
				}
			}
		}
		if query.Cursor = found.Next; found.Next == "" {
			break
		}
	}
	var group errgroup.Group
	group.SetLimit(parallelChecked)
	for i := range out {
		if i >= maxChecked {
			out[i].Verdict, out[i].Reason = unknown, fmt.Sprintf("was not tried: one check tries the first %d uses of a subject", maxChecked)
			continue
		}
		group.Go(func() error { return c.use(ctx, users[i], &out[i]) })
	}
	return out, group.Wait()
}

// use fills in what becomes of one use of the subject.
func (c *tryout) use(ctx context.Context, p pipeline.Pipeline, out *pipelineCheck) error {
	to := pipeline.Target{Topic: p.Target.Topic, Schema: p.Target.Schema}
	if name, ok := strings.CutPrefix(out.As, "outputs."); ok {
		to = p.Outputs[name]
	}
	ref := to.Schema
	if out.As == "source" {
		ref = p.Source.Schema
	}
	out.Version = ref.Version
	pinned := ref.Version != pipeline.Latest
	var err error
	switch {
	case out.As == "source":
		out.Trials, err = c.source(ctx, p, pinned)
	case pinned:
		out.Verdict, out.Reason = unaffected, fmt.Sprintf("goes on writing version %s until its spec names another", ref.Version)
		return nil
	default:
		out.Trials, err = c.target(ctx, p, to.Topic)
	}
	if err != nil {
		out.Verdict, out.Trials = unknown, []schemaTrial{}
		out.Reason, err = c.untried(ctx, out.Pipeline, err)
		return err
	}
	out.Verdict = fits
	if pinned {
		out.Verdict = unaffected
		out.Reason = fmt.Sprintf("goes on reading by version %s until its spec names another; events of the new version are read by that, too", ref.Version)
	}
	for _, t := range out.Trials {
		if slices.ContainsFunc(t.Problems, func(m misfit) bool { return m.New }) {
			out.Verdict = breaks
		}
	}
	if out.Verdict == fits && out.As != "source" && !slices.ContainsFunc(out.Trials, func(t schemaTrial) bool { return t.arrived }) {
		out.Verdict, out.Reason = unknown, "could not be tried: none of the events came through to "+to.Topic
	}
	return nil
}

// untried is why a pipeline could not be tried, in words for people. What went wrong here is for the log.
func (c *tryout) untried(ctx context.Context, name string, err error) (string, error) {
	var one *pipeline.Error
	var all pipeline.Errors
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "was not tried: the time for this check was up", nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &all), errors.As(err, &one):
		return "could not be tried: " + err.Error(), nil
	}
	c.api.log.ErrorContext(ctx, "trying a schema", "pipeline", name, "subject", c.next.Subject, "error", err)
	return "could not be tried; the server's log says why", nil
}

// source tries a pipeline that reads the subject on events of the new version and, if it follows the subject, on those of
// the present one, which producers go on to write, on those of older ones, and on what its topic holds.
func (c *tryout) source(ctx context.Context, p pipeline.Pipeline, pinned bool) ([]schemaTrial, error) {
	if err := cmp.Or(c.freshErr, c.oldErr); err != nil {
		return nil, err
	}
	framing := p.Source.Schema.Framing
	fresh, err := c.write(ctx, c.next, framing, c.fresh)
	if err != nil {
		return nil, err
	}
	same, err := c.write(ctx, c.current, framing, c.old)
	if err != nil {
		return nil, err
	}
	batches, tried := []batch{{of: ofCurrent, written: same}}, fresh
	if !pinned {
		older, err := c.writeOlder(ctx, framing)
		if err != nil {
			return nil, err
		}
		batches = slices.Concat(batches, older, c.held(ctx, p.Source.Topic, len(c.older) > 0))
		tried = fresh.and(all(batches))
	}
	before, err := c.api.fates(ctx, p, all(batches).events, nil)
	if err != nil {
		return nil, err
	}
	after, err := c.api.fates(ctx, p, tried.events, []pipeline.RegisteredSchema{c.next})
	if err != nil {
		return nil, err
	}
	n, old := len(fresh.events), len(same.events)
	trials := []schemaTrial{{Of: ofNew, fit: sum(after[:n], fresh.shown).amongOthers(before[:old]), Before: outcomes(before[:old])}}
	if !pinned {
		trials = append(trials, again(batches, after[n:], before, "")...)
	}
	return trials, nil
}

// target tries a pipeline that writes the subject on events of its incoming schema and on what its source topic holds.
func (c *tryout) target(ctx context.Context, p pipeline.Pipeline, topic string) ([]schemaTrial, error) {
	var read written
	if in := p.Source.Schema; in != nil {
		incoming, err := c.api.options.Schemas.Resolve(ctx, in.Subject, in.Version)
		if err != nil {
			return nil, err
		}
		events, err := c.api.eventsOf(ctx, incoming, c.count)
		if err != nil {
			return nil, err
		}
		if read, err = c.write(ctx, incoming, in.Framing, events); err != nil {
			return nil, err
		}
	}
	batches := append([]batch{{of: ofIncoming, written: read}}, c.held(ctx, p.Source.Topic, false)...)
	if read = all(batches); len(read.events) == 0 {
		return nil, pipeline.Errorf(pipeline.CodeInvalid, "", "it has no incoming schema and its topic no records, so there are no events to try it with")
	}
	before, err := c.api.fates(ctx, p, read.events, nil)
	if err != nil {
		return nil, err
	}
	after, err := c.api.fates(ctx, p, read.events, []pipeline.RegisteredSchema{c.next})
	if err != nil {
		return nil, err
	}
	return again(batches, after, before, topic), nil
}

// again is trials of the same events with the new version and without.
func again(batches []batch, after, before []fate, topic string) []schemaTrial {
	arrived := func(f fate) bool {
		return slices.Contains(f.topics, topic) || slices.ContainsFunc(f.failed, func(t told) bool { return t.Stage == "schema_out" })
	}
	var out []schemaTrial
	for _, b := range batches {
		n := len(b.events)
		if n > 0 {
			out = append(out, schemaTrial{Of: b.of, Version: b.version, fit: sum(after[:n], b.shown).amongTheSame(after[:n], before[:n]),
				Before: outcomes(before[:n]), arrived: slices.ContainsFunc(before[:n], arrived)})
		}
		after, before = after[n:], before[n:]
	}
	return out
}

// maxHeld is how many of a topic's newest records are tried, and of its oldest.
const maxHeld = 100

// held is the newest records of a topic, which a pipeline may read again, and on demand the oldest. Generated events know
// nothing of what people write; a topic that cannot be read takes nothing from what they tell.
func (c *tryout) held(ctx context.Context, topic string, oldest bool) []batch {
	records := c.records(ctx, topic, pipeline.RecordQuery{Limit: maxHeld})
	out := []batch{{of: ofHeld, written: c.readAgain(ctx, records)}}
	if oldest {
		out = append(out, batch{of: ofOldest, written: c.readAgain(ctx, c.oldest(ctx, topic, records))})
	}
	return out
}

func (c *tryout) records(ctx context.Context, topic string, query pipeline.RecordQuery) []pipeline.Record {
	if c.api.options.Topics == nil {
		return nil
	}
	records, err := c.api.options.Topics.Records(ctx, topic, query)
	if err != nil {
		c.api.log.DebugContext(ctx, "reading records to try a schema on", "topic", topic, "error", err)
		return nil
	}
	return records
}

// readAgain is records as a pipeline reads them.
func (c *tryout) readAgain(ctx context.Context, records []pipeline.Record) written {
	var out written
	for _, r := range records {
		if r.Truncated {
			continue
		}
		event := eventOf(r)
		if r.SchemaID != nil && isJSON(r.Value) { // Only the frame of JSON is taken off.
			framed := binary.BigEndian.AppendUint32([]byte{0}, uint32(*r.SchemaID))
			event.Value, event.ValueBase64 = nil, base64.StdEncoding.EncodeToString(append(framed, r.Value...))
		}
		out.events = append(out.events, event)
	}
	c.api.decode(ctx, pointers(records))
	for _, r := range records {
		if !r.Truncated {
			out.shown = append(out.shown, eventOf(r))
		}
	}
	return out
}

func outcomes(fates []fate) map[string]int {
	out := map[string]int{}
	for _, f := range fates {
		out[f.outcome]++
	}
	return out
}

// amongTheSame marks the problems that the same events did not have before.
func (f *fit) amongTheSame(after, before []fate) *fit {
	for i := range f.Problems {
		p := &f.Problems[i]
		for j := range before {
			was := before[j].has(p.failure)
			if was {
				p.Before++
			}
			if after[j].has(p.failure) && !was {
				p.New = true
			}
		}
	}
	return f
}

// amongOthers marks the problems that are more frequent than among other events before, by more than chance explains: three
// standard deviations of as many draws.
func (f *fit) amongOthers(before []fate) *fit {
	for i := range f.Problems {
		p := &f.Problems[i]
		for _, b := range before {
			if b.has(p.failure) {
				p.Before++
			}
		}
		n, share := float64(f.Events), float64(p.Before)/float64(max(1, len(before)))
		p.New = float64(p.Count) > n*share+3*math.Sqrt(n*share*(1-share))
	}
	return f
}

func (f fate) has(way failure) bool {
	return slices.ContainsFunc(f.failed, func(t told) bool { return t.failure == way })
}

// writing is what bytes of events depend on.
type writing struct {
	subject string
	version int
	framing string
}

// written are events as the bytes of their records, and as JSON to be shown.
type written struct{ events, shown []pipeline.TestEvent }

func (w written) and(more written) written {
	return written{slices.Concat(w.events, more.events), slices.Concat(w.shown, more.shown)}
}

// batch is events of one origin.
type batch struct {
	of      string
	version int
	written
}

func all(batches []batch) written {
	var out written
	for _, b := range batches {
		out = out.and(b.written)
	}
	return out
}

// write brings events into the form of a schema, once for all pipelines that read it so. It is a trial of a pipeline that
// does nothing but write (invariant 5). An event that cannot be written cannot arrive and is left out.
func (c *tryout) write(ctx context.Context, schema pipeline.RegisteredSchema, framing string, events []pipeline.TestEvent) (written, error) {
	key := writing{schema.Subject, schema.Version, framing}
	c.mu.Lock()
	do, ok := c.writings[key]
	if !ok {
		do = sync.OnceValues(func() (written, error) { return c.writeNow(ctx, schema, framing, events) })
		c.writings[key] = do
	}
	c.mu.Unlock()
	return do()
}

func (c *tryout) writeNow(ctx context.Context, schema pipeline.RegisteredSchema, framing string, events []pipeline.TestEvent) (written, error) {
	spec := pipeline.Spec{Name: "events", Source: pipeline.Source{Topic: "json"}, OnError: pipeline.Drop, Target: pipeline.Target{Topic: "written",
		Schema: &pipeline.Schema{Subject: schema.Subject, Version: pipeline.Version(strconv.Itoa(schema.Version)), Framing: framing}}}
	results, err := c.api.options.Runner.RunWith(ctx, []pipeline.RegisteredSchema{c.next}, pipeline.Pipeline{Spec: spec}, events)
	if err != nil {
		return written{}, err
	}
	var out written
	why := ""
	for i, r := range results {
		if len(r.Records) != 1 {
			why = reason(r)
			continue
		}
		out.events, out.shown = append(out.events, eventAgain(r.Records[0])), append(out.shown, events[i])
	}
	if len(out.events) == 0 {
		return out, pipeline.Errorf(pipeline.CodeInvalid, "", "none of %d events can be written by version %d: %s", len(events), schema.Version, why)
	}
	return out, nil
}
