package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Standing is a replica's place among its peers.
type Standing int

// A replica follows until it gets the lease. It is adrift while the database cannot be reached: then nobody can know who
// leads.
const (
	Adrift Standing = iota
	Following
	Leading
)

// Watcher is told what Watch sees. Its functions are called from one goroutine and must not block.
type Watcher struct {
	// Hint is called with the name of a pipeline whose row changed, and with "" when everything is to be looked at.
	Hint func(name string)
	// Standing is called when the replica's place changes.
	Standing func(Standing)
}

// The channels that triggers notify, after the schema's name: rows that changed, and what became of revisions.
const (
	rowChannel     = ".pipelines"
	outcomeChannel = ".pipeline_outcomes"
)

// The pause before the watching connection is made again grows between these.
const (
	minReconnect = 100 * time.Millisecond
	maxReconnect = 5 * time.Second
)

// Watch listens until ctx ends, on a connection of its own that it keeps alive and makes again when it is lost.
func (s *Store) Watch(ctx context.Context, w Watcher) error {
	pause := minReconnect
	for {
		began := time.Now()
		err := s.listen(ctx, w)
		select {
		case <-ctx.Done():
			return nil
		default:
		}
		w.Standing(Adrift)
		s.opts.Logger.Warn("listening to the database broke off", "error", err, "again_in", pause)
		if time.Since(began) > maxReconnect {
			pause = minReconnect
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, maxReconnect)
	}
}

// listen is one connection's life.
func (s *Store) listen(ctx context.Context, w Watcher) (err error) {
	dial, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(dial, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() {
		// ctx may have ended; the lease is to be free at once all the same.
		bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		err = errors.Join(err, conn.Close(bye))
	}()
	var schema string
	if err := conn.QueryRow(dial, `select current_schema()`).Scan(&schema); err != nil {
		return err
	}
	// The server notices within 15 s that a replica was cut off, and gives its lease away.
	for _, statement := range []string{
		`set tcp_keepalives_idle = 5`, `set tcp_keepalives_interval = 5`, `set tcp_keepalives_count = 2`,
		`listen ` + pgx.Identifier{schema + rowChannel}.Sanitize(), `listen ` + pgx.Identifier{schema + outcomeChannel}.Sanitize(),
	} {
		if _, err := conn.Exec(dial, statement); err != nil {
			return fmt.Errorf("preparing the watching connection (%s): %w", statement, err)
		}
	}
	l := &listener{store: s, conn: conn, w: w, standing: Adrift}
	if err := l.lead(ctx, schema); err != nil {
		return err
	}
	w.Hint("")
	return l.loop(ctx, schema)
}

type listener struct {
	store    *Store
	conn     *pgx.Conn
	w        Watcher
	standing Standing
}

// loop waits for notifications; in between it proves that the connection lives and asks for the lease.
func (l *listener) loop(ctx context.Context, schema string) error {
	asked := time.Now()
	for {
		wait := l.store.opts.KeepAlive
		if l.standing != Leading {
			wait = min(wait, l.store.opts.Lease)
		}
		// However many notifications come, the lease has its turn.
		turn, cancel := context.WithDeadline(ctx, asked.Add(wait))
		n, err := l.conn.WaitForNotification(turn)
		cancel()
		switch {
		case err == nil:
			// What became of a revision is known to the one who decided it.
			if l.standing != Leading || n.Channel == schema+rowChannel {
				l.w.Hint(n.Payload)
			}
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case !pgconn.Timeout(err):
			return err
		}
		if err := l.lead(ctx, schema); err != nil {
			return err
		}
		asked = time.Now()
	}
}

// lead asks for the lease, or, when it is held, whether the connection that holds it is alive.
func (l *listener) lead(ctx context.Context, schema string) error {
	ctx, cancel := context.WithTimeout(ctx, l.store.opts.KeepAlive)
	defer cancel()
	if l.standing == Leading {
		return l.conn.Ping(ctx)
	}
	var leads bool
	if err := l.conn.QueryRow(ctx, `select pg_try_advisory_lock(hashtext('inflect.lease'), hashtext($1))`, schema).Scan(&leads); err != nil {
		return err
	}
	standing := Following
	if leads {
		standing = Leading
	}
	if standing != l.standing {
		l.standing = standing
		l.w.Standing(standing)
	}
	return nil
}
