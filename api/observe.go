package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"
)

type requestKey struct{}

// requestID is the id of the request that ctx belongs to.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// idForm is what is taken over from a proxy in front.
var idForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// observe gives every request an id, logs it, and turns a panic into a problem.
func (a *API) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !idForm.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
		seen := &recorder{ResponseWriter: w}
		begin := time.Now()
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				a.fail(seen, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
				if seen.cut {
					panic(http.ErrAbortHandler) // The answer had begun: nobody may take it for whole.
				}
			}
			a.log.LogAttrs(r.Context(), levelOf(r, seen.status), "request", slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.Int("status", seen.status), slog.Int64("bytes", seen.bytes), slog.Duration("took", time.Since(begin)), slog.String("actor", seen.actor), slog.String("request_id", id))
		}()
		next.ServeHTTP(seen, r)
	})
}

// levelOf keeps what is asked again and again out of the log.
func levelOf(r *http.Request, status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelWarn
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// recorder remembers what was answered, and whether a second answer was begun, which is not let through.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	cut    bool
	actor  string
}

func (r *recorder) WriteHeader(status int) {
	if r.status != 0 {
		r.cut = true
		return
	}
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.cut {
		return len(b), nil
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach what is beneath.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
