package schema

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/sr"
	"golang.org/x/sync/singleflight"
)

// latest is the version number by which the client asks for the newest version.
const latest = -1

// unknownFor is how long an id that the registry did not have, or that the subject did not, is taken as such without asking
// again: the same schema may be registered under a further subject, and keeps its id.
const unknownFor = 30 * time.Second

// maxUnknown bounds how many such ids are remembered, since they come out of records.
const maxUnknown = 10_000

// A finalError is the registry's word that something does not exist, or is of no use. Asking again would not help.
type finalError struct{ what string }

func (e *finalError) Error() string { return e.what }

// registry is one schema registry as this process knows it, with everything that it ever fetched. Schemas in a registry
// do not change under their id or their version, so nothing expires but what was missing.
type registry struct {
	clients []*sr.Client
	timeout time.Duration
	backoff time.Duration
	metrics *metrics
	up      prometheus.Gauge

	// flight joins those who ask for the same at the same time.
	flight singleflight.Group

	mu       sync.RWMutex
	fetched  map[name]sr.SubjectSchema
	compiled map[variant]*compiled
	ids      map[int]usage
	unknown  map[int]time.Time
	// wait is the present pause between attempts and retry the time before which nobody asks; both are zero while the
	// registry answers.
	wait  time.Duration
	retry time.Time
}

// name is a subject and version.
type name struct {
	subject string
	version int
}

// usage is where a schema id is used, as of a time.
type usage struct {
	versions []sr.SubjectVersion
	asked    time.Time
}

// variant is a schema compiled in one of the ways in which pipelines use it.
type variant struct {
	name
	Options
}

func newRegistry(clients []*sr.Client, c *registryConfig, m *metrics) *registry {
	return &registry{clients: clients, timeout: c.timeout, backoff: c.backoff, metrics: m, up: m.reachable.WithLabelValues(c.urls[0]),
		fetched: map[name]sr.SubjectSchema{}, compiled: map[variant]*compiled{},
		ids: map[int]usage{}, unknown: map[int]time.Time{}}
}

// schema is the compiled schema of a version of a subject. It waits while the registry is away, telling waiting why, until
// ctx ends. A finalError will not go away by waiting.
func (r *registry) schema(ctx context.Context, v variant, waiting func(error)) (*compiled, error) {
	if c := r.have(v); c != nil {
		r.metrics.hits.Inc()
		return c, nil
	}
	key := fmt.Sprintf("schema %d %q %t %q", v.version, v.subject, v.StandardJSON, v.Message)
	c, err := r.patiently(ctx, key, waiting, func(ctx context.Context) (any, error) { return r.load(ctx, v) })
	if err != nil {
		return nil, err
	}
	return c.(*compiled), nil
}

func (r *registry) have(v variant) *compiled {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.compiled[v]
}

func (r *registry) load(ctx context.Context, v variant) (*compiled, error) {
	if c := r.have(v); c != nil {
		return c, nil
	}
	d, err := r.definition(ctx, v.name)
	if err != nil {
		return nil, err
	}
	if v.version = d.Version; r.have(v) != nil {
		return r.have(v), nil
	}
	c, err := compile(d, v.Options)
	if err != nil {
		return nil, &finalError{err.Error()}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.compiled[v] = c
	return c, nil
}

// definition fetches a schema and all that it refers to.
func (r *registry) definition(ctx context.Context, n name) (*Definition, error) {
	s, err := r.fetch(ctx, n)
	if err != nil {
		return nil, err
	}
	d := &Definition{Subject: n.subject, Version: s.Version, ID: s.ID, Type: s.Type.String(), Text: s.Schema.Schema}
	if d.References, err = r.references(ctx, s.References, map[sr.SchemaReference]bool{}, 0); err != nil {
		return nil, fmt.Errorf("fetching what %s refers to: %w", d, err)
	}
	return d, nil
}

// maxReferences bounds how deep references may nest.
const maxReferences = 64

// references fetches what is referred to. One schema may go by several names, so that it is not enough to have seen it.
func (r *registry) references(ctx context.Context, refs []sr.SchemaReference, seen map[sr.SchemaReference]bool, depth int) ([]Reference, error) {
	if depth > maxReferences {
		return nil, &finalError{fmt.Sprintf("references nest deeper than %d", maxReferences)}
	}
	var out []Reference
	for _, ref := range refs {
		if seen[ref] {
			continue
		}
		seen[ref] = true
		s, err := r.fetch(ctx, name{ref.Subject, ref.Version})
		if err != nil {
			return nil, err
		}
		inner, err := r.references(ctx, s.References, seen, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(append(out, inner...), Reference{Name: ref.Name, Text: s.Schema.Schema})
	}
	return out, nil
}

// fetch asks for one version of a subject, once. A version that was deleted is still what records were written with, and what
// a revision stands for: only one that was deleted for good is gone.
func (r *registry) fetch(ctx context.Context, n name) (sr.SubjectSchema, error) {
	have := func() (sr.SubjectSchema, bool) {
		r.mu.RLock()
		defer r.mu.RUnlock()
		s, ok := r.fetched[n]
		return s, ok
	}
	if s, ok := have(); ok && n.version != latest {
		return s, nil
	}
	v, err, _ := r.flight.Do(fmt.Sprintf("fetch %d %q", n.version, n.subject), func() (any, error) {
		if s, ok := have(); ok && n.version != latest {
			return s, nil
		}
		r.metrics.misses.Inc()
		s, err := call(ctx, r, func(ctx context.Context, cl *sr.Client) (sr.SubjectSchema, error) {
			if n.version != latest {
				ctx = sr.WithParams(ctx, sr.ShowDeleted)
			}
			return cl.SchemaByVersion(ctx, n.subject, n.version)
		})
		if err != nil {
			return nil, missing(err, n)
		}
		r.mu.Lock()
		r.fetched[name{n.subject, s.Version}] = s
		r.mu.Unlock()
		return s, nil
	})
	if err != nil {
		return sr.SubjectSchema{}, err
	}
	return v.(sr.SubjectSchema), nil
}

// errUnknownID says that the registry does not have a schema id.
var errUnknownID = &finalError{"the registry does not have the schema id"}

// versionsOf is the versions that have the id, of whatever subject. That the given one has none is asked again after a while.
func (r *registry) versionsOf(ctx context.Context, subject string, id int, waiting func(error)) ([]sr.SubjectVersion, error) {
	versions, err := r.haveVersions(id, subject)
	if versions != nil || err != nil {
		return versions, err
	}
	v, err := r.patiently(ctx, fmt.Sprintf("id %d", id), waiting, func(ctx context.Context) (any, error) { return r.versions(ctx, id, subject) })
	if err != nil {
		return nil, err
	}
	return v.([]sr.SubjectVersion), nil
}

// versionAmong is the version that is of the subject, 0 when none is.
func versionAmong(versions []sr.SubjectVersion, subject string) int {
	for _, v := range versions {
		if v.Subject == subject {
			return v.Version
		}
	}
	return 0
}

// haveVersions is what is known of an id: nil when nobody has asked for it, or when that is long ago and the subject did not
// have it then; errUnknownID when the registry did not have it.
func (r *registry) haveVersions(id int, subject string) ([]sr.SubjectVersion, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if until, ok := r.unknown[id]; ok && time.Now().Before(until) {
		return nil, errUnknownID
	}
	u := r.ids[id]
	if versionAmong(u.versions, subject) == 0 && time.Since(u.asked) > unknownFor {
		return nil, nil
	}
	return u.versions, nil
}

func (r *registry) versions(ctx context.Context, id int, subject string) ([]sr.SubjectVersion, error) {
	// Who looked before the answer to somebody else was there, and comes after it, need not ask again.
	if versions, err := r.haveVersions(id, subject); versions != nil || err != nil {
		return versions, err
	}
	r.metrics.misses.Inc()
	versions, err := call(ctx, r, func(ctx context.Context, cl *sr.Client) ([]sr.SubjectVersion, error) {
		return cl.SchemaVersionsByID(sr.WithParams(ctx, sr.ShowDeleted), id)
	})
	if is404(err) {
		r.mu.Lock()
		if len(r.unknown) >= maxUnknown {
			clear(r.unknown)
		}
		r.unknown[id] = time.Now().Add(unknownFor)
		r.mu.Unlock()
		return nil, errUnknownID
	}
	if err != nil {
		if versions = r.lastVersions(id); versions == nil {
			return nil, err
		}
		// What runs goes on with what it has while the registry is away (invariant 4).
	}
	if versions == nil {
		versions = []sr.SubjectVersion{}
	}
	r.mu.Lock()
	r.ids[id] = usage{versions, time.Now()}
	r.mu.Unlock()
	return versions, nil
}

// lastVersions is what was known of an id, however long ago; nil when nobody has asked for it.
func (r *registry) lastVersions(id int) []sr.SubjectVersion {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.ids[id].versions
}

// patiently does what do says, together with all who ask for the same key, again and again until the registry answers or
// ctx ends.
func (r *registry) patiently(ctx context.Context, key string, waiting func(error), do func(context.Context) (any, error)) (any, error) {
	for {
		if err := r.pause(ctx); err != nil {
			return nil, err
		}
		// The attempt outlives an asker that goes away: others may have joined it. The client's timeout ends it.
		answer := r.flight.DoChan(key, func() (v any, err error) {
			defer func() {
				if p := recover(); p != nil {
					// A schema on which a format's library breaks down must not take the other pipelines with it (invariant 7).
					v, err = nil, &finalError{fmt.Sprintf("it broke down: %v", p)}
				}
			}()
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.timeout*maxReferences)
			defer cancel()
			return do(ctx)
		})
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case a := <-answer:
			var final *finalError
			if a.Err == nil || errors.As(a.Err, &final) {
				return a.Val, a.Err
			}
			waiting(a.Err)
		}
	}
}

// pause waits until the registry may be asked again.
func (r *registry) pause(ctx context.Context) error {
	r.mu.RLock()
	d := time.Until(r.retry)
	r.mu.RUnlock()
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// call asks one server after the other until one answers. A refusal that another attempt would not change counts as an
// answer.
func call[T any](ctx context.Context, r *registry, do func(context.Context, *sr.Client) (T, error)) (T, error) {
	var v T
	var err error
	for _, cl := range r.clients {
		v, err = do(ctx, cl)
		if err == nil || is404(err) {
			r.answered()
			return v, err
		}
	}
	r.failed()
	return v, err
}

func (r *registry) answered() {
	r.up.Set(1)
	r.mu.Lock()
	r.wait, r.retry = 0, time.Time{}
	r.mu.Unlock()
}

// failed makes everyone wait, twice as long each time.
func (r *registry) failed() {
	r.metrics.errors.Inc()
	r.up.Set(0)
	r.mu.Lock()
	r.wait = min(max(2*r.wait, firstBackoff), r.backoff)
	r.retry = time.Now().Add(r.wait)
	r.mu.Unlock()
}

const firstBackoff = 100 * time.Millisecond

// is404 reports whether the registry says that there is no such thing. A proxy's 404 has no code of the registry.
func is404(err error) bool {
	var e *sr.ResponseError
	return errors.As(err, &e) && (e.StatusCode == http.StatusNotFound || e.StatusCode == http.StatusUnprocessableEntity) && e.ErrorCode != 0
}

func missing(err error, n name) error {
	switch {
	case !is404(err):
		return fmt.Errorf("fetching subject %s: %w", n.subject, err)
	case n.version == latest:
		return &finalError{fmt.Sprintf("the registry has no subject %s", n.subject)}
	}
	return &finalError{fmt.Sprintf("the registry has no version %d of subject %s", n.version, n.subject)}
}
