package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// maxGap is the longest pause between two events of the feed, so that it is always seen to move.
const maxGap = 500 * time.Millisecond

// Feed replays recorded events for ever, each under a new id and with the present as its time.
type Feed struct {
	events []feature
	topic  string
	log    *slog.Logger
}

// feature is one event, cut where its id and times are put in.
type feature struct {
	id  string
	raw []byte
	// time and updated are the digits of properties.time and .updated in raw, and lag what lies between the two.
	time, updated, idEnd [2]int
	at                   int64
	lag                  int64
	// gap is the pause before the event.
	gap time.Duration
}

var (
	timeField    = regexp.MustCompile(`"time":(\d+)`)
	updatedField = regexp.MustCompile(`"updated":(\d+)`)
	idField      = regexp.MustCompile(`"id":"([^"]+)"\}$`)
)

// NewFeed reads GeoJSON features, one a line. Their order is that of their times and their gaps are those of their
// times, compressed so that about rate events leave per second.
func NewFeed(ndjson []byte, topic string, rate float64, log *slog.Logger) (*Feed, error) {
	f := &Feed{topic: topic, log: log}
	for line := range bytes.Lines(ndjson) {
		line = bytes.TrimSpace(line)
		t, u, id := timeField.FindSubmatchIndex(line), updatedField.FindSubmatchIndex(line), idField.FindSubmatchIndex(line)
		if t == nil || u == nil || id == nil || u[0] < t[0] {
			return nil, errors.New("reading the demo's events: a line is no feature of the earthquake feed")
		}
		at, err1 := strconv.ParseInt(string(line[t[2]:t[3]]), 10, 64)
		up, err2 := strconv.ParseInt(string(line[u[2]:u[3]]), 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("reading the demo's events: %w", err)
		}
		f.events = append(f.events, feature{id: string(line[id[2]:id[3]]), raw: line, at: at, lag: up - at,
			time: [2]int{t[2], t[3]}, updated: [2]int{u[2], u[3]}, idEnd: [2]int{id[3], id[3]}})
	}
	if len(f.events) < 2 {
		return nil, errors.New("reading the demo's events: there are too few")
	}
	slices.SortFunc(f.events, func(a, b feature) int { return int(a.at - b.at) })
	span := f.events[len(f.events)-1].at - f.events[0].at
	scale := float64(len(f.events)) / rate * float64(time.Second) / float64(max(span, 1))
	for i := 1; i < len(f.events); i++ {
		f.events[i].gap = min(maxGap, time.Duration(scale*float64(f.events[i].at-f.events[i-1].at)))
	}
	return f, nil
}

// Run produces until ctx ends. A broker that is away makes it wait, with at most as many events as client buffers.
func (f *Feed) Run(ctx context.Context, client *kgo.Client) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		// A round's start makes its ids unique, after a restart as well.
		round := "-" + strconv.FormatInt(time.Now().Unix(), 36)
		for _, e := range f.events {
			pause.Reset(e.gap)
			select {
			case <-ctx.Done():
				return nil
			case <-pause.C:
			}
			client.Produce(ctx, e.record(f.topic, round, time.Now()), func(_ *kgo.Record, err error) {
				if err != nil && ctx.Err() == nil {
					f.log.Warn("the demo feed lost an event", "error", err)
				}
			})
		}
	}
}

func (e feature) record(topic, round string, now time.Time) *kgo.Record {
	ms := now.UnixMilli()
	value := make([]byte, 0, len(e.raw)+len(round))
	value = append(value, e.raw[:e.time[0]]...)
	value = strconv.AppendInt(value, ms, 10)
	value = append(value, e.raw[e.time[1]:e.updated[0]]...)
	value = strconv.AppendInt(value, ms+e.lag, 10)
	value = append(value, e.raw[e.updated[1]:e.idEnd[0]]...)
	value = append(value, round...)
	value = append(value, e.raw[e.idEnd[1]:]...)
	return &kgo.Record{Topic: topic, Key: []byte(e.id + round), Value: value, Timestamp: now,
		Headers: []kgo.RecordHeader{{Key: "source", Value: []byte("usgs")}}}
}
