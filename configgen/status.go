package configgen

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inflect-dev/inflect/configgen/streams"
	"github.com/inflect-dev/inflect/pipeline"
)

// keptErrors is how many of a pipeline's last errors a status has.
const keptErrors = 10

// statusPatience is how long a status waits for the database before it is given out of memory.
const statusPatience = 2 * time.Second

// Status is what is known and seen of one pipeline, at the revision that its row has now: who has just saved one is not shown
// what was before. While the database is away it is at the revision that was known last.
func (r *Reconciler) Status(ctx context.Context, name string) (pipeline.Status, error) {
	v, ok := r.views.find(name)
	if !ok || !v.isKnown() {
		row, err := r.opts.Store.Row(ctx, name)
		if err != nil {
			return pipeline.Status{}, err
		}
		v = r.views.get(name)
		v.setRow(row)
		return r.status(v), nil
	}
	if _, adrift := r.acts(); adrift {
		return r.status(v), nil
	}
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	row, err := r.opts.Store.Row(ctx, name)
	switch {
	case err == nil:
		v.setRow(row)
	case pipeline.CodeOf(err) != pipeline.CodeUnavailable:
		return pipeline.Status{}, err
	}
	return r.status(v), nil
}

// Statuses is what is known and seen of all pipelines, by name. It needs no database.
func (r *Reconciler) Statuses(context.Context) (map[string]pipeline.Status, error) {
	out := map[string]pipeline.Status{}
	for _, v := range r.views.list() {
		if v.isKnown() {
			out[v.name] = r.status(v)
		}
	}
	return out, nil
}

// Config is what engines run of a pipeline, exactly as it was pushed.
func (r *Reconciler) Config(ctx context.Context, name string) ([]byte, error) {
	if v, ok := r.views.find(name); ok {
		if a, ok := v.latest(); ok {
			return a.config, nil
		}
	}
	row, err := r.opts.Store.Row(ctx, name)
	if err != nil {
		return nil, err
	}
	a, ok, err := r.previous(ctx, row)
	if err == nil && !ok {
		err = pipeline.Errorf(pipeline.CodeNotFound, "", "no revision of pipeline %s has run yet: its status says why", name)
	}
	return a.config, err
}

// Subscribe gives every status that changes, until ctx ends. Who does not keep up misses some.
func (r *Reconciler) Subscribe(ctx context.Context) <-chan pipeline.Status {
	return r.hub.subscribe(ctx)
}

func (v *view) isKnown() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.known
}

func (r *Reconciler) status(v *view) pipeline.Status {
	sights, counts, rates, lagRate := r.hub.of(v.name)
	v.mu.Lock()
	defer v.mu.Unlock()
	s := pipeline.Status{
		Name: v.name, State: v.row.State, Revision: v.row.Revision, UpdatedAt: time.Now().UTC(),
		Counts: counts, Rates: rates, Instances: []pipeline.Instance{}, LastErrors: []pipeline.LastError{},
	}
	if s.State == "" {
		s.State = pipeline.Running
	}
	s.AppliedRevision = v.appliedRevision(sights)
	for _, sight := range sights {
		addSight(&s, sight)
	}
	if len(s.Instances) == 0 {
		s.Lag = r.hub.behindOf(r.opts.Gate.Render.Group(v.name))
	}
	slices.SortFunc(s.LastErrors, func(a, b pipeline.LastError) int { return b.Time.Compare(a.Time) })
	s.LastErrors = s.LastErrors[:min(len(s.LastErrors), keptErrors)]
	s.CatchUpSeconds = catchUp(s.Lag, lagRate, rates.Read)
	s.Phase, s.Message = v.phase(s, sights)
	if s.Phase == pipeline.PhasePending && v.good != nil && s.State == pipeline.Running && r.atZero(v.row.Pipeline) {
		s.Phase, s.Message = pipeline.PhaseRunning, "scaled to zero: an instance starts when there is something to read"
	}
	return s
}

// appliedRevision is the oldest revision that an engine says it runs, or, before engines say, the one they were given.
func (v *view) appliedRevision(sights []streams.Sight) int64 {
	if v.good == nil || v.rests {
		return 0
	}
	var oldest int64
	for _, s := range sights {
		if b, ok := s.Boards[v.name]; ok && s.Active[v.name] && b.Revision > 0 && (oldest == 0 || b.Revision < oldest) {
			oldest = b.Revision
		}
	}
	if oldest > 0 {
		return oldest
	}
	return v.good.revision
}

func addSight(s *pipeline.Status, sight streams.Sight) {
	b, ok := sight.Boards[s.Name]
	if !ok {
		return
	}
	s.LastErrors = append(s.LastErrors, b.Errors...)
	if !sight.Active[s.Name] {
		return
	}
	s.Lag += b.Lag
	partitions := b.Partitions
	if partitions == nil {
		partitions = []pipeline.Partition{}
	}
	s.Instances = append(s.Instances, pipeline.Instance{
		ID: sight.Instance, Revision: b.Revision, State: b.State, Reason: b.Reason, Partitions: partitions,
	})
}

// catchUp is when the lag is worked off at the rate at which it shrinks. Less than what is read in one second is no lag to
// speak of: it is what is on its way.
func catchUp(lag int64, perSecond, read float64) *float64 {
	var seconds float64
	switch {
	case lag == 0:
	case float64(lag) <= read:
		seconds = float64(lag) / read
	case perSecond < 0:
		seconds = float64(lag) / -perSecond
	default:
		return nil
	}
	return &seconds
}

func (v *view) phase(s pipeline.Status, sights []streams.Sight) (pipeline.Phase, string) {
	rejection := ""
	if v.rejected != 0 && v.rejected == v.row.Revision {
		rejection = fmt.Sprintf("revision %d rejected: %s", v.rejected, v.why)
	}
	switch {
	case s.State == pipeline.Paused:
		return resting(v, pipeline.PhasePaused, rejection)
	case s.State == pipeline.Stopped:
		return resting(v, pipeline.PhaseStopped, rejection)
	case rejection != "" && v.good != nil:
		return pipeline.PhaseRejected, fmt.Sprintf("%s; revision %d is running", rejection, v.good.revision)
	case rejection != "":
		return pipeline.PhaseFailed, rejection + "; nothing is running"
	case v.waits != "" && v.good != nil:
		return pipeline.PhaseWaiting, fmt.Sprintf("%s; revision %d is running", v.waits, v.good.revision)
	case v.waits != "":
		return pipeline.PhaseWaiting, v.waits
	case v.good == nil:
		return pipeline.PhasePending, ""
	}
	return seenPhase(s, sights)
}

func resting(v *view, at pipeline.Phase, rejection string) (pipeline.Phase, string) {
	if !v.rests {
		return pipeline.PhasePending, strings.TrimSpace(v.waits)
	}
	return at, rejection
}

// seenPhase is the phase of a pipeline that was applied, by what engines say.
func seenPhase(s pipeline.Status, sights []streams.Sight) (pipeline.Phase, string) {
	var away []string
	crashed := false
	for _, sight := range sights {
		if sight.Err != nil && sight.Concerns(s.Name) {
			away = append(away, sight.Err.Error())
			crashed = crashed || pipeline.CodeOf(sight.Err) == pipeline.CodeRejected
		}
	}
	worst, why := pipeline.PhaseRunning, ""
	for _, i := range s.Instances {
		switch i.State {
		case "failed":
			return pipeline.PhaseFailed, i.Reason
		case "waiting":
			worst, why = pipeline.PhaseWaiting, i.Reason
		}
	}
	if len(s.Instances) == 0 {
		if crashed {
			return pipeline.PhaseFailed, strings.Join(away, "; ")
		}
		if len(away) > 0 {
			return pipeline.PhaseWaiting, strings.Join(away, "; ")
		}
		return pipeline.PhasePending, ""
	}
	return worst, why
}
