package postgres

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/pipeline"
)

// The bounds of a page.
const (
	defaultPage = 100
	maxPage     = 500
)

func itoa(n int) string { return strconv.Itoa(n) }

// Rows is every pipeline, those with nonsense included, by name.
func (s *Store) Rows(ctx context.Context) ([]Row, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select `+columns+` from pipelines p order by p.name`)
	if err != nil {
		return nil, s.wrap("reading the pipelines", "", err)
	}
	out, err := pgx.CollectRows(rows, scanRow)
	return out, s.wrap("reading the pipelines", "", err)
}

// Row is one pipeline, with what is wrong in its row.
func (s *Store) Row(ctx context.Context, name string) (Row, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	row, err := readRow(ctx, s.pool, name, "")
	return row, s.wrap("reading pipeline", name, err)
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readRow(ctx context.Context, q querier, name, lock string) (Row, error) {
	if strings.ContainsRune(name, 0) {
		return Row{}, notFound(clean(name))
	}
	rows, err := q.Query(ctx, `select `+columns+` from pipelines p where p.name = $1 `+lock, name)
	if err != nil {
		return Row{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanRow)
}

// Get is one pipeline. A row with nonsense is given as far as it can be read; the pipeline's status says what is wrong.
func (s *Store) Get(ctx context.Context, name string) (pipeline.Pipeline, error) {
	row, err := s.Row(ctx, name)
	return row.Pipeline, err
}

// List is one page of pipelines by name.
func (s *Store) List(ctx context.Context, q pipeline.Query) (pipeline.Page[pipeline.Pipeline], error) {
	var page pipeline.Page[pipeline.Pipeline]
	after, err := cursor(q.Cursor)
	if err != nil {
		return page, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, maxPage)
	labels, err := json.Marshal(q.Labels)
	if err != nil || len(q.Labels) == 0 {
		labels = []byte("{}")
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select `+columns+` from pipelines p
		where ($1 = '' or p.name > $1)
		and ($2 = '' or concat_ws(' ', p.name, p.description, p.owner, p.source_topic, p.target_topic, p.dlq_topic) ilike $2)
		and ($3 = '' or coalesce(nullif(p.state, ''), 'running') = $3) and ($4 = '' or p.owner = $4) and ($5::jsonb = '{}' or p.labels @> $5::jsonb)
		order by p.name limit $6`,
		after, like(q.Search), clean(string(q.State)), clean(q.Owner), clean(string(labels)), limit+1)
	if err != nil {
		return page, s.wrap("listing pipelines", "", err)
	}
	found, err := pgx.CollectRows(rows, scanRow)
	if err != nil {
		return page, s.wrap("listing pipelines", "", err)
	}
	if len(found) > limit {
		found = found[:limit]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(found[limit-1].Name))
	}
	page.Items = make([]pipeline.Pipeline, len(found))
	for i, row := range found {
		page.Items[i] = row.Pipeline
	}
	return page, nil
}

func cursor(text string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || bytes.IndexByte(b, 0) >= 0 {
		return "", pipeline.Errorf(pipeline.CodeInvalid, "cursor", "is not one that a list gave: begin without it")
	}
	return strings.ToValidUTF8(string(b), ""), nil
}

// like is a pattern that finds text anywhere.
func like(text string) string {
	if text == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(clean(text)) + "%"
}

// Create saves a new pipeline.
func (s *Store) Create(ctx context.Context, spec pipeline.Spec, actor string) (pipeline.Pipeline, error) {
	if err := writable(spec); err != nil {
		return pipeline.Pipeline{}, err
	}
	if spec.State == "" {
		spec.State = pipeline.Running
	}
	err := s.change(ctx, "creating pipeline", spec.Name, actor, "create", func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insertPipeline, pipelineArgs(spec)); err != nil {
			return err
		}
		return insertSteps(ctx, tx, spec)
	})
	if err != nil {
		return pipeline.Pipeline{}, err
	}
	return s.Get(ctx, spec.Name)
}

// Update replaces a pipeline's spec, if it still has revision ifRevision; 0 replaces whatever there is. A spec without a
// state keeps the state, and one that changes nothing makes no revision.
func (s *Store) Update(ctx context.Context, name string, ifRevision int64, spec pipeline.Spec, actor string) (pipeline.Pipeline, error) {
	return s.update(ctx, name, ifRevision, spec, actor, "update", nil)
}

func (s *Store) update(ctx context.Context, name string, ifRevision int64, spec pipeline.Spec, actor, action string,
	after func(context.Context, pgx.Tx) error) (pipeline.Pipeline, error) {
	if err := writable(spec); err != nil {
		return pipeline.Pipeline{}, err
	}
	if spec.Name != name {
		return pipeline.Pipeline{}, pipeline.Errorf(pipeline.CodeInvalid, "name", "is %q, but pipeline %q is being changed: names cannot change", spec.Name, name)
	}
	err := s.change(ctx, "changing pipeline", name, actor, action, func(ctx context.Context, tx pgx.Tx) error {
		have, err := lockRow(ctx, tx, name, ifRevision)
		if err != nil {
			return err
		}
		if spec.State == "" {
			spec.State = have.State
		}
		if after == nil && len(have.Problems) == 0 && same(have.Spec, spec) {
			return nil
		}
		if _, err := tx.Exec(ctx, updatePipeline, pipelineArgs(spec)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from pipeline_steps where pipeline = $1`, name); err != nil {
			return err
		}
		if err := insertSteps(ctx, tx, spec); err != nil {
			return err
		}
		if after != nil {
			return after(ctx, tx)
		}
		return nil
	})
	if err != nil {
		return pipeline.Pipeline{}, err
	}
	return s.Get(ctx, name)
}

// lockRow reads a row that is about to change and holds it.
func lockRow(ctx context.Context, tx pgx.Tx, name string, ifRevision int64) (Row, error) {
	row, err := readRow(ctx, tx, name, "for update")
	if err != nil {
		return Row{}, err
	}
	if ifRevision != 0 && row.Revision != ifRevision {
		return Row{}, pipeline.Errorf(pipeline.CodeStale, "", "pipeline %s is at revision %d by now, not %d: read it again and repeat the change",
			name, row.Revision, ifRevision)
	}
	return row, nil
}

func same(a, b pipeline.Spec) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// Delete removes a pipeline; its history and its audit stay.
func (s *Store) Delete(ctx context.Context, name string, ifRevision int64, actor string) error {
	return s.change(ctx, "deleting pipeline", name, actor, "delete", func(ctx context.Context, tx pgx.Tx) error {
		if _, err := lockRow(ctx, tx, name, ifRevision); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from pipelines where name = $1`, name)
		return err
	})
}

// SetState pauses, stops or resumes a pipeline. Code that a rollback chose stays; other code is built anew when it is resumed.
func (s *Store) SetState(ctx context.Context, name string, state pipeline.State, actor string) (pipeline.Pipeline, error) {
	actions := map[pipeline.State]string{pipeline.Running: "resume", pipeline.Paused: "pause", pipeline.Stopped: "stop"}
	action, ok := actions[state]
	if !ok {
		return pipeline.Pipeline{}, pipeline.Errorf(pipeline.CodeInvalid, "state", "is %q, but must be one of running, paused, stopped", string(state))
	}
	err := s.change(ctx, "changing the state of pipeline", name, actor, action, func(ctx context.Context, tx pgx.Tx) error {
		have, err := lockRow(ctx, tx, name, 0)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update pipelines set state = $2 where name = $1`, name, string(state)); err != nil {
			return err
		}
		text, err := readBuild(ctx, tx, name, have.Revision)
		var build pipeline.Build
		if err != nil || text == nil || have.State == state || json.Unmarshal(text, &build) != nil || !build.Chosen {
			return err
		}
		return takeOver(ctx, tx, name, build)
	})
	if err != nil {
		return pipeline.Pipeline{}, err
	}
	return s.Get(ctx, name)
}

// Touch makes a new revision of an unchanged spec, because what it refers to has changed: a schema that is "latest", or a
// file of the transform directory. Action says which in the audit, and build is what the new revision takes over, nil for
// nothing. Nothing happens when the revision is another by now.
func (s *Store) Touch(ctx context.Context, name string, revision int64, actor, action string, build *pipeline.Build) error {
	return s.change(ctx, "renewing pipeline", name, actor, action, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update pipelines set change_id = txid_current() where name = $1 and revision = $2`, name, revision)
		if err != nil || tag.RowsAffected() == 0 || build == nil {
			return err
		}
		return takeOver(ctx, tx, name, *build)
	})
}

// writeHistory has the triggers write the history now, which they do at the end of the transaction otherwise.
func writeHistory(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `set constraints pipelines_record immediate`)
	return err
}
