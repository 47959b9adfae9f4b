package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/inflect-dev/inflect/pipeline"
)

// TestCases are the saved trials of a pipeline, by name.
func (s *Store) TestCases(ctx context.Context, name string) ([]pipeline.TestCase, error) {
	if _, err := s.Row(ctx, name); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select name, description, events, expect from test_cases where pipeline = $1 order by name`, name)
	if err != nil {
		return nil, s.wrap("reading the test cases of pipeline", name, err)
	}
	out, err := pgx.CollectRows(rows, scanTestCase)
	return out, s.wrap("reading the test cases of pipeline", name, err)
}

func scanTestCase(r pgx.CollectableRow) (pipeline.TestCase, error) {
	var (
		c              pipeline.TestCase
		events, expect []byte
	)
	if err := r.Scan(&c.Name, &c.Description, &events, &expect); err != nil {
		return c, err
	}
	if err := json.Unmarshal(events, &c.Events); err != nil {
		return c, fmt.Errorf("test case %s: %w", c.Name, err)
	}
	if expect == nil {
		return c, nil
	}
	if err := json.Unmarshal(expect, &c.Expect); err != nil {
		return c, fmt.Errorf("test case %s: %w", c.Name, err)
	}
	return c, nil
}

// SaveTestCase creates or replaces a test case.
func (s *Store) SaveTestCase(ctx context.Context, name string, c pipeline.TestCase, actor string) error {
	events, err := verbatim(c.Events)
	if err != nil {
		return err
	}
	var expect any
	if len(c.Expect) > 0 {
		if expect, err = verbatim(c.Expect); err != nil {
			return err
		}
	}
	err = s.change(ctx, "saving a test case of pipeline", name, actor, "", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into test_cases (pipeline, name, description, events, expect, updated_by) values ($1, $2, $3, $4, $5, $6)
			on conflict (pipeline, name) do update set description = excluded.description, events = excluded.events, expect = excluded.expect,
			updated_at = now(), updated_by = excluded.updated_by`,
			clean(name), clean(c.Name), clean(c.Description), events, expect, clean(actor))
		return err
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23503" {
		return notFound(name)
	}
	return err
}

// verbatim is JSON in which events keep the text they have.
func verbatim(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", pipeline.Errorf(pipeline.CodeInvalid, "", "cannot be written as JSON: %v", err)
	}
	return b.String(), nil
}

// DeleteTestCase removes a test case.
func (s *Store) DeleteTestCase(ctx context.Context, name, testCase, actor string) error {
	return s.change(ctx, "deleting a test case of pipeline", name, actor, "", func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from test_cases where pipeline = $1 and name = $2`, clean(name), clean(testCase))
		if err == nil && tag.RowsAffected() == 0 {
			return pipeline.Errorf(pipeline.CodeNotFound, "", "pipeline %q has no test case %q", name, testCase)
		}
		return err
	})
}
