package configgen

import (
	"sync"

	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/pipeline"
)

// applied is a revision that passed the gate, with the text that engines get.
type applied struct {
	revision int64
	spec     pipeline.Spec
	build    pipeline.Build
	config   []byte
}

// view is what is remembered of one pipeline. It is enough to go on while the database is away.
type view struct {
	name string
	// busy is held by whoever is changing what engines run: a sync, a restart, a replay.
	busy sync.Mutex

	mu       sync.Mutex
	row      postgres.Row
	known    bool
	good     *applied
	rests    bool
	hold     bool
	rejected int64
	why      string
	waits    string
}

// views are the pipelines by name.
type views struct {
	mu  sync.Mutex
	all map[string]*view
}

func newViews() *views { return &views{all: map[string]*view{}} }

func (s *views) get(name string) *view {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.all[name]
	if !ok {
		v = &view{name: name}
		s.all[name] = v
	}
	return v
}

func (s *views) find(name string) (*view, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.all[name]
	return v, ok
}

func (s *views) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, name)
}

func (s *views) list() []*view {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*view, 0, len(s.all))
	for _, v := range s.all {
		out = append(out, v)
	}
	return out
}

func (v *view) setRow(row postgres.Row) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.row, v.known = row, true
	if v.rejected != row.Revision {
		v.rejected, v.why = 0, ""
	}
}

func (v *view) setApplied(a applied) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.good, v.rests, v.waits = &a, false, ""
	if a.revision == v.rejected {
		v.rejected, v.why = 0, ""
	}
}

func (v *view) setResting() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rests, v.waits = true, ""
}

func (v *view) setWaiting(why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waits = why
}

// setRejected reports whether that is news.
func (v *view) setRejected(revision int64, why string, runs bool) (news bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	news = v.rejected != revision || v.why != why
	v.rejected, v.why, v.waits = revision, why, ""
	if runs {
		v.rests = false
	}
	return news
}

func (v *view) setHold(on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hold = on
}

// held says that an operation keeps the pipeline off the engines for a moment.
func (v *view) held() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.hold
}

// running is the config that engines should run; ok is false when they should run none.
func (v *view) running() (config []byte, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.good == nil || v.hold || v.row.State == pipeline.Paused || v.row.State == pipeline.Stopped {
		return nil, false
	}
	return v.good.config, true
}

func (v *view) applied(revision int64) (applied, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.good == nil || v.good.revision != revision {
		return applied{}, false
	}
	return *v.good, true
}

func (v *view) has(revision int64) bool {
	_, ok := v.applied(revision)
	return ok
}

func (v *view) hasAny() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.good != nil
}

// latest is what has been applied last.
func (v *view) latest() (applied, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.good == nil {
		return applied{}, false
	}
	return *v.good, true
}
