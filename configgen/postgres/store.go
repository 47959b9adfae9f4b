package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/inflect-dev/inflect/pipeline"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options tune a Store; the zero value is what a server uses.
type Options struct {
	Logger *slog.Logger
	// KeepAlive is how often the watching connection is tried, 5 s by default.
	KeepAlive time.Duration
	// Lease is how often a replica that does not lead asks for the lease, 2 s by default.
	Lease time.Duration
	// Timeout bounds one operation, 10 s by default.
	Timeout time.Duration
	// MaxConns bounds the pool, 8 by default.
	MaxConns int32
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.KeepAlive <= 0 {
		o.KeepAlive = 5 * time.Second
	}
	if o.Lease <= 0 {
		o.Lease = 2 * time.Second
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 8
	}
	return o
}

// Store is the database. Its methods may be called from any goroutine.
type Store struct {
	pool *pgxpool.Pool
	opts Options
}

// Connect makes a Store without touching the database, which may be away; [Store.Migrate] is to follow.
func Connect(dsn string, o Options) (*Store, error) {
	o = o.withDefaults()
	conf, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// The parser's own message may hold parts of the password.
		return nil, pipeline.Errorf(pipeline.CodeInvalid, "postgres",
			"is not a connection string: write postgres://user:password@host:5432/database")
	}
	conf.MaxConns = o.MaxConns
	conf.ConnConfig.ConnectTimeout = min(o.Timeout, 5*time.Second)
	conf.ConnConfig.RuntimeParams["application_name"] = "inflect"
	pool, err := pgxpool.NewWithConfig(context.Background(), conf)
	if err != nil {
		return nil, fmt.Errorf("opening the pool of the database: %w", err)
	}
	return &Store{pool: pool, opts: o}, nil
}

// Open connects and migrates. Several servers may do so at the same time.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	s, err := Connect(dsn, o)
	if err != nil {
		return nil, err
	}
	if err := s.Migrate(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Migrate brings the tables to this program's version. An advisory lock lets one server do it at a time.
func (s *Store) Migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	db := stdlib.OpenDB(*s.pool.Config().ConnConfig)
	defer closeDB(db)
	// goose has a lock of its own, but makes its table before it takes it.
	lock, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.wrap("migrating the database", "", err)
	}
	defer lock.Release()
	if _, err := lock.Exec(ctx, `select pg_advisory_lock(hashtext('inflect.migrations'), hashtext(current_schema()))`); err != nil {
		return s.wrap("waiting for another server's migration", "", err)
	}
	defer unlock(ctx, lock)
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir,
		goose.WithTableName("inflect_migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("preparing the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return s.wrap("migrating the database", "", err)
	}
	return nil
}

func closeDB(db *sql.DB) { _ = db.Close() }

// unlock frees the lock of the migrations, which the end of its connection does if need be.
func unlock(ctx context.Context, c *pgxpool.Conn) {
	if _, err := c.Exec(ctx, `select pg_advisory_unlock_all()`); err != nil {
		_ = c.Conn().Close(ctx)
	}
}

// Close gives the connections back. It may be called twice.
func (s *Store) Close() { s.pool.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	return s.wrap("reaching the database", "", s.pool.Ping(ctx))
}

// change runs f in one transaction whose changes are the actor's.
func (s *Store) change(ctx context.Context, doing, name, actor, action string, f func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const say = `select set_config('inflect.actor', $1, true), set_config('inflect.action', $2, true)`
		if _, err := tx.Exec(ctx, say, clean(actor), action); err != nil {
			return err
		}
		return f(ctx, tx)
	})
	return s.wrap(doing, name, err)
}

// clean is text that Postgres can hold: it has no NUL and is UTF-8.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// noTable is the code of a table that is not there.
const noTable = "42P01"

// wrap turns a driver's error into one that people and callers understand. Errors that already are stay as they are.
func (s *Store) wrap(doing, name string, err error) error {
	if err == nil {
		return nil
	}
	var own *pipeline.Error
	var list pipeline.Errors
	if errors.As(err, &own) || errors.As(err, &list) || errors.Is(err, context.Canceled) {
		return err
	}
	if name != "" {
		doing += " " + name
	}
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return notFound(name)
	case !errors.As(err, &pg), strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "57P"), strings.HasPrefix(pg.Code, "53"):
		s.opts.Logger.Warn("the database is away", "doing", doing, "error", err)
		return fmt.Errorf("%s: %w", doing, pipeline.Errorf(pipeline.CodeUnavailable, "", "the database cannot be reached: try again"))
	case pg.Code == noTable:
		return fmt.Errorf("%s: %w", doing, pipeline.Errorf(pipeline.CodeUnavailable, "", "the database has no tables of ours yet: a server makes them when it starts; try again"))
	case pg.Code == "23505":
		return pipeline.Errorf(pipeline.CodeExists, "name", "%q exists already: choose another name", name)
	case pg.Code == "40001", pg.Code == "40P01":
		return pipeline.Errorf(pipeline.CodeStale, "", "%s was changed at the same moment: read it again", name)
	case strings.HasPrefix(pg.Code, "22"):
		return pipeline.Errorf(pipeline.CodeInvalid, "", "holds a value that the database cannot keep: %s", pg.Message)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func notFound(name string) *pipeline.Error {
	return pipeline.Errorf(pipeline.CodeNotFound, "", "there is no pipeline %q", name)
}
