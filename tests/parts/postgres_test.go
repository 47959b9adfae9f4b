package parts_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/inflect-dev/inflect/tests/parts"
)

func TestPostgresGivesEveryTestAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	for range 2 {
		execute(t, parts.Postgres(t), "CREATE TABLE pipelines (name text)")
	}
}

func TestPostgresKeepsPortAndDataThroughStopAndKill(t *testing.T) {
	t.Parallel()
	database := parts.OwnPostgres(t)
	execute(t, database, "CREATE TABLE pipelines (name text)")
	database.Stop(t)
	if _, err := pgx.Connect(t.Context(), database.URL()); err == nil {
		t.Fatal("a stopped server accepts connections")
	}
	database.Start(t)
	execute(t, database, "INSERT INTO pipelines VALUES ('orders')")
	database.Kill(t)
	database.Start(t)
	execute(t, database, "DROP TABLE pipelines")
}

func execute(t *testing.T, database *parts.Database, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
