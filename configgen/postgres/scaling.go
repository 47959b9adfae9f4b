package postgres

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/inflect-dev/inflect/pipeline"
)

// keptChanges is how many changes of a pipeline's scaling are kept.
const keptChanges = 1000

const changeColumns = `id, time, pipeline, subject, before, after, cause, message, actor, figures`

func scanChange(r pgx.CollectableRow) (pipeline.ScalingChange, error) {
	var (
		c       pipeline.ScalingChange
		figures []byte
	)
	if err := r.Scan(&c.ID, &c.Time, &c.Pipeline, &c.Of, &c.From, &c.To, &c.Cause, &c.Message, &c.Actor, &figures); err != nil {
		return c, err
	}
	c.Time = c.Time.UTC()
	return c, json.Unmarshal(figures, &c.Figures)
}

// ScalingChanges is one page of how a pipeline was scaled, the newest first.
func (s *Store) ScalingChanges(ctx context.Context, name, cursorText string, limit int) (pipeline.Page[pipeline.ScalingChange], error) {
	var page pipeline.Page[pipeline.ScalingChange]
	below, err := idCursor(cursorText)
	if err != nil {
		return page, err
	}
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, maxPage)
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select `+changeColumns+` from scaling_changes
		where pipeline = $1 and id < $2 order by id desc limit $3`, clean(name), below, limit+1)
	if err == nil {
		page.Items, err = pgx.CollectRows(rows, scanChange)
	}
	if err != nil {
		return page, s.wrap("reading how a pipeline was scaled", "", err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(page.Items[limit-1].ID, 10)))
	}
	return page, nil
}

// LastScalings are the newest changes of each subject, of all pipelines, the oldest of them first.
func (s *Store) LastScalings(ctx context.Context) ([]pipeline.ScalingChange, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select * from
		(select distinct on (pipeline, subject) `+changeColumns+` from scaling_changes order by pipeline, subject, id desc) newest order by id`)
	if err != nil {
		return nil, s.wrap("reading how pipelines were scaled", "", err)
	}
	out, err := pgx.CollectRows(rows, scanChange)
	return out, s.wrap("reading how pipelines were scaled", "", err)
}

// Scaled writes a change down. One of a pipeline that has no row any more is nobody's.
func (s *Store) Scaled(ctx context.Context, c pipeline.ScalingChange) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return writeScaled(ctx, tx, c) })
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == foreignKey {
		return nil
	}
	return s.wrap("writing down how pipeline", c.Pipeline, err)
}

// foreignKey is the code of a reference to a row that is not there.
const foreignKey = "23503"

func writeScaled(ctx context.Context, tx pgx.Tx, c pipeline.ScalingChange) error {
	figures, err := json.Marshal(c.Figures)
	if err != nil {
		return fmt.Errorf("encoding the figures of a change: %w", err)
	}
	if _, err := tx.Exec(ctx, `insert into scaling_changes (pipeline, time, subject, before, after, cause, message, actor, figures)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, clean(c.Pipeline), c.Time, c.Of, c.From, c.To, c.Cause, clean(c.Message), clean(c.Actor), string(figures)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `delete from scaling_changes where pipeline = $1 and id <=
		(select id from scaling_changes where pipeline = $1 order by id desc offset $2 limit 1)`, clean(c.Pipeline), keptChanges)
	return err
}

// growth is what the audit says of a topic's growth, in place of specs.
type growth struct {
	Topic      string            `json:"topic"`
	Partitions int               `json:"partitions"`
	Why        string            `json:"why,omitempty"`
	Figures    *pipeline.Figures `json:"figures,omitempty"`
}

// Growing lets do grow a topic, and writes that into the audit and the history of the pipeline that wanted it: both or
// neither. Whoever else would grow the topic at the same moment waits, and looks at it again in do.
func (s *Store) Growing(ctx context.Context, topic string, c pipeline.ScalingChange, do func(context.Context) error) error {
	before, err := json.Marshal(growth{Topic: topic, Partitions: c.From})
	if err != nil {
		return fmt.Errorf("encoding an entry of the audit: %w", err)
	}
	after, err := json.Marshal(growth{Topic: topic, Partitions: c.To, Why: clean(c.Message), Figures: &c.Figures})
	if err != nil {
		return fmt.Errorf("encoding an entry of the audit: %w", err)
	}
	var refused error // which the database has no part in
	// The brokers have their own time limit on top.
	ctx, cancel := context.WithTimeout(ctx, 3*s.opts.Timeout)
	defer cancel()
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext(current_schema() || '.inflect.growth'), hashtext($1))`, clean(topic)); err != nil {
			return err
		}
		// Everything is written before the topic grows, so that hardly anything is left that could go wrong after it.
		if err := writeScaled(ctx, tx, c); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into audit (actor, action, pipeline, before, after) values ($1, 'grow_partitions', $2, $3, $4)`,
			clean(c.Actor), clean(c.Pipeline), string(before), string(after)); err != nil {
			return err
		}
		refused = do(ctx)
		return refused
	})
	if refused != nil {
		return refused
	}
	return s.wrap("growing the source of pipeline", c.Pipeline, err)
}
