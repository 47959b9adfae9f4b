package postgres

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/pipeline"
)

const tokenColumns = `id::text, name, role, created_at, expires_at`

func scanToken(r pgx.CollectableRow) (pipeline.Token, error) {
	var t pipeline.Token
	err := r.Scan(&t.ID, &t.Name, &t.Role, &t.CreatedAt, &t.ExpiresAt)
	return t, err
}

// Tokens are all API tokens, without anything by which they could be used.
func (s *Store) Tokens(ctx context.Context) ([]pipeline.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select `+tokenColumns+` from api_tokens order by api_tokens.id`)
	if err != nil {
		return nil, s.wrap("reading the tokens", "", err)
	}
	out, err := pgx.CollectRows(rows, scanToken)
	return out, s.wrap("reading the tokens", "", err)
}

// CreateToken saves a token under the SHA-256 of its secret.
func (s *Store) CreateToken(ctx context.Context, t pipeline.Token, hash [32]byte, actor string) (pipeline.Token, error) {
	var saved pipeline.Token
	err := s.change(ctx, "creating token", t.Name, actor, "", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `insert into api_tokens (name, role, hash, expires_at, created_by) values ($1, $2, $3, $4, $5)
			returning `+tokenColumns, clean(t.Name), string(t.Role), hash[:], t.ExpiresAt, clean(actor))
		if err != nil {
			return err
		}
		if saved, err = pgx.CollectExactlyOneRow(rows, scanToken); err != nil {
			return err
		}
		return noteToken(ctx, tx, actor, "create_token", saved)
	})
	return saved, err
}

// RevokeToken deletes a token.
func (s *Store) RevokeToken(ctx context.Context, id, actor string) error {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return noToken(id)
	}
	return s.change(ctx, "revoking token", id, actor, "", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `delete from api_tokens where id = $1 returning `+tokenColumns, n)
		if err != nil {
			return err
		}
		t, err := pgx.CollectExactlyOneRow(rows, scanToken)
		if errors.Is(err, pgx.ErrNoRows) {
			return noToken(id)
		}
		if err != nil {
			return err
		}
		return noteToken(ctx, tx, actor, "revoke_token", t)
	})
}

func noToken(id string) error {
	return pipeline.Errorf(pipeline.CodeNotFound, "", "there is no token %q", id)
}

// noteToken writes the audit; tokens belong to no pipeline.
func noteToken(ctx context.Context, tx pgx.Tx, actor, action string, t pipeline.Token) error {
	text, err := verbatim(t)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into audit (actor, action, pipeline, after) values ($1, $2, '', $3)`, clean(actor), action, text)
	return err
}

// TokenByHash is the token whose secret has the hash. Expired ones are found as well.
func (s *Store) TokenByHash(ctx context.Context, hash [32]byte) (pipeline.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	rows, err := s.pool.Query(ctx, `select `+tokenColumns+` from api_tokens where hash = $1`, hash[:])
	if err != nil {
		return pipeline.Token{}, s.wrap("looking a token up", "", err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanToken)
	if errors.Is(err, pgx.ErrNoRows) {
		err = pipeline.Errorf(pipeline.CodeNotFound, "", "there is no such token")
	}
	return t, s.wrap("looking a token up", "", err)
}
