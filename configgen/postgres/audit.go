package postgres

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/pipeline"
)

// Audit is one page of who did what, the newest first, of one pipeline or, without a name, of all.
func (s *Store) Audit(ctx context.Context, name, cursorText string, limit int) (pipeline.Page[pipeline.AuditEntry], error) {
	var page pipeline.Page[pipeline.AuditEntry]
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
	rows, err := s.pool.Query(ctx, `select id, time, actor, action, pipeline, before, after from audit
		where id < $1 and ($2 = '' or pipeline = $2) order by id desc limit $3`, below, clean(name), limit+1)
	if err != nil {
		return page, s.wrap("reading the audit", "", err)
	}
	page.Items, err = pgx.CollectRows(rows, scanAudit)
	if err != nil {
		return page, s.wrap("reading the audit", "", err)
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(page.Items[limit-1].ID, 10)))
	}
	return page, nil
}

// idCursor is the id below which a list that is ordered by ids goes on.
func idCursor(text string) (int64, error) {
	if text == "" {
		return 1<<63 - 1, nil
	}
	plain, err := cursor(text)
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(plain, 10, 64)
	if err != nil {
		return 0, pipeline.Errorf(pipeline.CodeInvalid, "cursor", "is not one that a list gave: begin without it")
	}
	return id, nil
}

func scanAudit(r pgx.CollectableRow) (pipeline.AuditEntry, error) {
	var (
		e             pipeline.AuditEntry
		before, after []byte
	)
	if err := r.Scan(&e.ID, &e.Time, &e.Actor, &e.Action, &e.Pipeline, &before, &after); err != nil {
		return e, err
	}
	e.Before, e.After = asSpec(before), asSpec(after)
	return e, nil
}

// asSpec is a spec in the form the API shows specs in. What is no spec, because it is a note or nonsense, stays as it is.
func asSpec(b []byte) json.RawMessage {
	if b == nil {
		return json.RawMessage("null")
	}
	if _, err := pipeline.Parse(b); err != nil || withoutNull(b) == nil {
		return b
	}
	s, problem := decodeSpec(b)
	if problem != nil {
		return b
	}
	out, err := json.Marshal(s)
	if err != nil {
		return b
	}
	return out
}

// Note adds an entry for something that changed no row: a drain, a restart, a replay, dead letters sent again.
func (s *Store) Note(ctx context.Context, name, actor, action string, details any) error {
	text, err := json.Marshal(details)
	if err != nil {
		return pipeline.Errorf(pipeline.CodeInvalid, "", "cannot be written as JSON: %v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	_, err = s.pool.Exec(ctx, `insert into audit (actor, action, pipeline, after) values ($1, $2, $3, $4)`,
		clean(actor), clean(action), clean(name), string(text))
	return s.wrap("writing the audit", "", err)
}
