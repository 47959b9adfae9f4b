//go:build !connect

package main

import (
	"context"
	"errors"
	"time"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/config"
	"github.com/inflect-dev/inflect/configgen/postgres"
	"github.com/inflect-dev/inflect/pipeline"
)

// bootstrap makes the first admin token, for which nobody can be asked for a token. Whoever may write to the database
// may do so anyway.
func bootstrap(ctx context.Context, expires *time.Time) (string, error) {
	dsn, err := config.Postgres()
	if err != nil {
		return "", err
	}
	store, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		return "", err
	}
	defer store.Close()
	have, err := store.Tokens(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range have {
		if t.Role == pipeline.Admin && (t.ExpiresAt == nil || t.ExpiresAt.After(time.Now())) {
			return "", errors.New("there is an admin token already: make others with it, or remove its row from api_tokens")
		}
	}
	secret, hash := api.NewSecret()
	_, err = store.CreateToken(ctx, pipeline.Token{Name: "bootstrap", Role: pipeline.Admin, ExpiresAt: expires}, hash, "bootstrap")
	return secret, err
}
