package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/pipeline"
)

const revisionColumns = `revision, spec, author, created_at, coalesce(bundle_hash, ''), applied`

func scanRevision(r pgx.CollectableRow) (pipeline.Revision, error) {
	var (
		rev  pipeline.Revision
		spec []byte
	)
	if err := r.Scan(&rev.Revision, &spec, &rev.Author, &rev.CreatedAt, &rev.BundleHash, &rev.Applied); err != nil {
		return rev, err
	}
	// A revision that was written as nonsense is shown as far as it can be read.
	rev.Spec, _ = decodeSpec(spec)
	return rev, nil
}

// Revisions is a pipeline's history, the newest first, at most the last 500.
func (s *Store) Revisions(ctx context.Context, name string) ([]pipeline.Revision, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select `+revisionColumns+` from pipeline_revisions where pipeline = $1 order by revision desc limit 500`, clean(name))
	if err != nil {
		return nil, s.wrap("reading the history of pipeline", name, err)
	}
	out, err := pgx.CollectRows(rows, scanRevision)
	if err == nil && len(out) == 0 {
		err = notFound(name)
	}
	return out, s.wrap("reading the history of pipeline", name, err)
}

// Revision is one entry of a pipeline's history.
func (s *Store) Revision(ctx context.Context, name string, n int64) (pipeline.Revision, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select `+revisionColumns+` from pipeline_revisions where pipeline = $1 and revision = $2`, clean(name), n)
	if err != nil {
		return pipeline.Revision{}, s.wrap("reading a revision of pipeline", name, err)
	}
	rev, err := pgx.CollectExactlyOneRow(rows, scanRevision)
	if errors.Is(err, pgx.ErrNoRows) {
		err = pipeline.Errorf(pipeline.CodeNotFound, "", "pipeline %s has no revision %d", name, n)
	}
	return rev, s.wrap("reading a revision of pipeline", name, err)
}

// Rollback makes a new revision that is revision n again: its spec and, when it was built, its code and its versions. The
// state stays what it is.
func (s *Store) Rollback(ctx context.Context, name string, n, ifRevision int64, actor string) (pipeline.Pipeline, error) {
	rev, err := s.Revision(ctx, name, n)
	if err != nil {
		return pipeline.Pipeline{}, err
	}
	build, built, err := s.Build(ctx, name, n)
	if err != nil {
		return pipeline.Pipeline{}, err
	}
	build.Chosen, build.Files = true, ""
	rev.Spec.State = ""
	rev.Spec.Name = name
	return s.update(ctx, name, ifRevision, rev.Spec, actor, "rollback", func(ctx context.Context, tx pgx.Tx) error {
		if !built {
			return nil
		}
		return takeOver(ctx, tx, name, build)
	})
}

// takeOver gives the revision that a transaction makes a build that there is already.
func takeOver(ctx context.Context, tx pgx.Tx, name string, b pipeline.Build) error {
	if err := writeHistory(ctx, tx); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update pipeline_revisions set build = $2, bundle_hash = $3
		where pipeline = $1 and revision = (select revision from pipelines where name = $1)`, name, object(b, false), b.Hash)
	return err
}

// Build is what a revision was built into; ok is false when it was not built yet.
func (s *Store) Build(ctx context.Context, name string, revision int64) (b pipeline.Build, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	text, err := readBuild(ctx, s.pool, clean(name), revision)
	if err != nil || text == nil {
		return b, false, s.wrap("reading the build of pipeline", name, err)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, false, fmt.Errorf("reading the build of revision %d of pipeline %s: %w", revision, name, err)
	}
	return b, true, nil
}

// readBuild is the text of a build, nil when there is none.
func readBuild(ctx context.Context, q querier, name string, revision int64) (text []byte, err error) {
	err = q.QueryRow(ctx, `select build from pipeline_revisions where pipeline = $1 and revision = $2`, name, revision).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return text, err
}

// SaveBuild remembers what a revision was built into. A revision that has run keeps what it ran with.
func (s *Store) SaveBuild(ctx context.Context, name string, revision int64, b pipeline.Build) error {
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encoding the build of pipeline %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	_, err = s.pool.Exec(ctx, `update pipeline_revisions set build = $3, bundle_hash = $4 where pipeline = $1 and revision = $2 and not applied`,
		name, revision, string(text), b.Hash)
	return s.wrap("saving the build of pipeline", name, err)
}

// MarkApplied notes that a revision has run.
func (s *Store) MarkApplied(ctx context.Context, name string, revision int64) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	_, err := s.pool.Exec(ctx, `update pipeline_revisions set applied = true, rejected = null, refused = false
		where pipeline = $1 and revision = $2 and (not applied or rejected is not null)`, name, revision)
	return s.wrap("marking a revision of pipeline", name, err)
}

// Rejection is why a revision was not let in. Refused says that it was an engine that did not take it, after it had passed
// the gate.
type Rejection struct {
	Why     string
	Refused bool
}

// MarkRejected notes why a revision was not let in, for the replicas that did not try it themselves.
func (s *Store) MarkRejected(ctx context.Context, name string, revision int64, r Rejection) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	_, err := s.pool.Exec(ctx, `update pipeline_revisions set rejected = $3, refused = $4
		where pipeline = $1 and revision = $2 and (rejected, refused) is distinct from ($3, $4)`, name, revision, clean(r.Why), r.Refused)
	return s.wrap("marking a revision of pipeline", name, err)
}

// Rejected is why a revision was not let in; it says nothing when it was, or was not tried yet.
func (s *Store) Rejected(ctx context.Context, name string, revision int64) (Rejection, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	var r Rejection
	err := s.pool.QueryRow(ctx, `select coalesce(rejected, ''), refused from pipeline_revisions where pipeline = $1 and revision = $2`,
		name, revision).Scan(&r.Why, &r.Refused)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, nil
	}
	return r, s.wrap("reading a revision of pipeline", name, err)
}

// Applied is the newest revision that has run, up to the given one; ok is false when none has. What a pipeline of the same name
// was before it was deleted is nothing that this one could go on with.
func (s *Store) Applied(ctx context.Context, name string, upTo int64) (rev pipeline.Revision, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select `+revisionColumns+` from pipeline_revisions
		where pipeline = $1 and revision <= $2 and applied and build is not null
		and created_at >= (select p.created_at from pipelines p where p.name = $1) order by revision desc limit 1`, name, upTo)
	if err != nil {
		return rev, false, s.wrap("reading the applied revision of pipeline", name, err)
	}
	rev, err = pgx.CollectExactlyOneRow(rows, scanRevision)
	if errors.Is(err, pgx.ErrNoRows) {
		return rev, false, nil
	}
	return rev, err == nil, s.wrap("reading the applied revision of pipeline", name, err)
}
