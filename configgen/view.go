package configgen

import (
	"sync"
	"time"

	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
)

// applied is a revision that passed the gate, with the text that engines get.
type applied struct {
	revision int64
	spec     pipeline.Spec
	build    pipeline.Build
	config   []byte
}

// pipeline is the applied revision as a pipeline that runs.
func (a applied) pipeline() pipeline.Pipeline {
	p := pipeline.Pipeline{Spec: a.spec, Revision: a.revision}
	p.State = pipeline.Running
	return p
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
	lost     lost
}

// lost is how often a pipeline was found missing on an engine, so that one that ends again and again is started ever more
// rarely.
type lost struct {
	times  int
	last   time.Time
	notYet time.Time
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

// setRow takes a row over, unless it was read before the one that is known. A pipeline that was made anew under the same name
// begins with revision 1 again.
func (v *view) setRow(row postgres.Row) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known && row.Revision < v.row.Revision && row.CreatedAt.Equal(v.row.CreatedAt) {
		return
	}
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

// running is what engines should run; ok is false when they should run nothing.
func (v *view) running() (good applied, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.good == nil || v.hold || v.row.State == pipeline.Paused || v.row.State == pipeline.Stopped {
		return applied{}, false
	}
	return *v.good, true
}

// resting is the pipeline as it is while an operation keeps it off the engines.
func (v *view) resting() pipeline.Pipeline {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.row.Pipeline
	p.Name, p.State = v.name, pipeline.Paused
	return p
}

// heal reports whether an engine does not run what it should, and it is time to do something about it.
func (v *view) heal(sights []streams.Sight, minWait, maxWait time.Duration) bool {
	_, wanted := v.running()
	missing := false
	for _, s := range sights {
		missing = missing || s.Concerns(v.name) && s.Active != nil && !s.Active[v.name]
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	if !wanted || !missing {
		if now.Sub(v.lost.last) > 2*maxWait {
			v.lost = lost{}
		}
		return false
	}
	if now.Before(v.lost.notYet) {
		return false
	}
	wait := maxWait
	if v.lost.times < 16 {
		wait = min(minWait<<v.lost.times, maxWait)
	}
	v.lost = lost{times: v.lost.times + 1, last: now, notYet: now.Add(wait)}
	return true
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
