package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/inflect-dev/inflect/pipeline"
)

// Bounds of one check: uses of the subject that are tried, and how many at the same time.
const (
	maxChecked      = 100
	parallelChecked = 4
)

// verdictOf a schema's new version, for one pipeline or for all.
type schemaVerdict string

const (
	fits       schemaVerdict = "fits"
	breaks     schemaVerdict = "breaks"
	unaffected schemaVerdict = "unaffected"
	unknown    schemaVerdict = "unknown"
)

// schemaCheck is what a new version of a subject would do to the pipelines that use it.
type schemaCheck struct {
	Subject string `json:"subject"`
	// Version is the newest one, which the new one is compared with.
	Version     int                         `json:"version"`
	Verdict     schemaVerdict               `json:"verdict"`
	Registry    pipeline.Compatibility      `json:"registry"`
	Differences []pipeline.SchemaDifference `json:"differences"`
	// Older are the versions before the newest, newest first, where the subject's rule or the request is about them; OlderLeftOut
	// is how many were too many.
	Older        []olderCheck    `json:"older,omitempty"`
	OlderLeftOut int             `json:"older_left_out,omitempty"`
	Pipelines    []pipelineCheck `json:"pipelines"`
}

// pipelineCheck is what it would do to one pipeline, at one of the places where that names the subject.
type pipelineCheck struct {
	pipeline.Use

	// Version is what the pipeline names. A pipeline that names a number stays with it.
	Version pipeline.Version `json:"version"`
	Verdict schemaVerdict    `json:"verdict"`
	// Reason says what no trial says: why there is none, or why it cannot matter.
	Reason string        `json:"reason,omitempty"`
	Trials []schemaTrial `json:"trials"`
}

// schemaTrial is what becomes of events once the new version is there. Of says which they are, and Version of which older one.
type schemaTrial struct {
	*fit

	Of      string `json:"of"`
	Version int    `json:"version,omitempty"`
	// Before are the outcomes of the same events, or of the present version's, as things are.
	Before map[string]int `json:"outcomes_before"`
	// arrived says that some came as far as the schema of the topic that the trial is about.
	arrived bool
}

// The events of trials: generated from the new version, from the present one, from an older one, or from the incoming schema of
// a pipeline that writes the subject; or the newest or the oldest that the source topic holds.
const (
	ofNew      = "new"
	ofCurrent  = "current"
	ofOlder    = "older"
	ofIncoming = "incoming"
	ofHeld     = "topic"
	ofOldest   = "oldest"
)

// checkSchema answers what would happen if a schema were registered. Nothing is.
func (a *API) checkSchema(w http.ResponseWriter, r *http.Request) error {
	switch {
	case a.options.Schemas == nil:
		return unavailable("schema registry")
	case a.options.Generator == nil || a.options.Comparer == nil:
		return unavailable("event generator")
	}
	in, err := readCandidate(r)
	if err != nil {
		return err
	}
	// What is left of the request's time is for the answer.
	ctx, cancel := context.WithTimeout(r.Context(), a.options.LongTimeout/2)
	defer cancel()
	next, current, older, err := a.candidate(ctx, param(r, "subject"), in)
	if err != nil {
		return err
	}
	c := &tryout{api: a, next: next, current: current, count: *in.Events, writings: map[writing]func() (written, error){}}
	if err := c.generate(ctx); err != nil {
		return err
	}
	out := schemaCheck{Subject: next.Subject, Version: current.Version, Pipelines: []pipelineCheck{}}
	if out.Registry, err = a.options.Schemas.Compatible(ctx, next); err != nil {
		return err
	}
	if out.Differences, err = a.options.Comparer.Differences(ctx, current, next); err != nil {
		return err
	}
	if err := c.lookBack(ctx, older); err != nil {
		return err
	}
	for _, o := range c.older {
		out.Older = append(out.Older, o.olderCheck)
	}
	out.OlderLeftOut = len(older) - len(c.older)
	if out.Pipelines, err = c.pipelines(ctx); err != nil {
		return err
	}
	out.Verdict = overall(out)
	return write(w, http.StatusOK, out)
}

// overall is breaks when the registry would refuse the schema, be it for an older version, or a pipeline would break, and unknown
// rather than fits.
func overall(c schemaCheck) schemaVerdict {
	is := func(v schemaVerdict) func(pipelineCheck) bool {
		return func(p pipelineCheck) bool { return p.Verdict == v }
	}
	switch {
	case !c.Registry.Compatible || slices.ContainsFunc(c.Pipelines, is(breaks)),
		slices.ContainsFunc(c.Older, func(o olderCheck) bool { return !o.Registry.Compatible }):
		return breaks
	case slices.ContainsFunc(c.Pipelines, is(unknown)):
		return unknown
	}
	return fits
}
