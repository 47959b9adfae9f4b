package api

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// writeTimeout is how long a reader of events may take in one event before it is given up.
const writeTimeout = 20 * time.Second

// events streams what changes. Each reader compares what it was sent with what is now, so that a slow one skips states
// and nothing is queued for it.
func (a *API) events(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r, "pipeline")
	only := q.text("pipeline", 63)
	if q.err != nil {
		return q.err
	}
	s := &stream{w: w, control: http.NewResponseController(w), only: only, sent: map[string][]byte{}}
	_ = s.control.SetReadDeadline(time.Time{}) // The server's timeouts are for requests that end.
	statuses, err := a.options.Engines.Statuses(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if !s.snapshot(statuses) {
		return nil
	}
	var changed <-chan pipeline.Status
	if a.options.Changes != nil {
		changed = a.options.Changes.Subscribe(r.Context())
	}
	tick, heartbeat := time.NewTicker(a.options.Tick), time.NewTicker(a.options.Heartbeat)
	defer tick.Stop()
	defer heartbeat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-a.ended:
			return nil
		case <-heartbeat.C:
			if !s.send(": alive\n\n") {
				return nil
			}
			continue
		case _, open := <-changed:
			if !open {
				changed = nil
			}
			drain(changed)
		case <-tick.C:
		}
		if statuses, err = a.options.Engines.Statuses(r.Context()); err == nil && !s.update(statuses) {
			return nil
		}
	}
}

// stream is one reader of events and what it has been sent, by pipeline.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	only    string
	sent    map[string][]byte
	id      int64
}

func (s *stream) snapshot(statuses map[string]pipeline.Status) bool {
	all := struct {
		Statuses []json.RawMessage `json:"statuses"`
	}{[]json.RawMessage{}}
	for _, name := range slices.Sorted(maps.Keys(statuses)) {
		if body, ok := s.changed(name, statuses[name]); ok {
			all.Statuses = append(all.Statuses, body)
		}
	}
	body, err := json.Marshal(all)
	return err == nil && s.event("snapshot", body)
}

func (s *stream) update(statuses map[string]pipeline.Status) bool {
	for _, name := range slices.Sorted(maps.Keys(statuses)) {
		if body, ok := s.changed(name, statuses[name]); ok && !s.event("status", body) {
			return false
		}
	}
	for name := range s.sent {
		if _, there := statuses[name]; !there {
			delete(s.sent, name)
			body, err := json.Marshal(map[string]string{"name": name})
			if err != nil || !s.event("deleted", body) {
				return false
			}
		}
	}
	return true
}

// changed is a status that the reader does not have yet. The time of looking is no change.
func (s *stream) changed(name string, now pipeline.Status) ([]byte, bool) {
	if s.only != "" && s.only != name {
		return nil, false
	}
	body, err := json.Marshal(shown(now))
	if err != nil {
		return nil, false
	}
	now.UpdatedAt = time.Time{}
	same, err := json.Marshal(now)
	if err != nil || bytes.Equal(same, s.sent[name]) {
		return nil, false
	}
	s.sent[name] = same
	return body, true
}

func (s *stream) event(kind string, body []byte) bool {
	s.id++
	return s.send("id: " + strconv.FormatInt(s.id, 10) + "\nevent: " + kind + "\ndata: " + string(body) + "\n\n")
}

func (s *stream) send(text string) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}

// drain takes what is waiting: one look shows all of it.
func drain(changed <-chan pipeline.Status) {
	for {
		select {
		case _, open := <-changed:
			if !open {
				return
			}
		default:
			return
		}
	}
}
