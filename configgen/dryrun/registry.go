package dryrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// envRegistry is the addresses that rendered processors ask for schemas, separated by commas: the first that answers.
const envRegistry = "INFLECT_REGISTRY"

// announce makes schemas that are not registered look as if they were, to the processors of this process: a registry of
// these schemas alone, on a loopback port that lives as long as the trial, comes before the real one. What it does not have
// it does not answer for, so that the processors go on to the next address.
func announce(ctx context.Context, schemas []pipeline.RegisteredSchema) (stop func(), err error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("announcing schemas to the trial: %w", err)
	}
	addresses := "http://" + l.Addr().String()
	if others := os.Getenv(envRegistry); others != "" {
		addresses += "," + others
	}
	if err := os.Setenv(envRegistry, addresses); err != nil {
		return nil, errors.Join(fmt.Errorf("announcing schemas to the trial: %w", err), l.Close())
	}
	server := &http.Server{Handler: registryOf(schemas), ReadHeaderTimeout: time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // It ends when it is closed.
	}()
	return func() {
		_ = server.Close()
		<-done
	}, nil
}

// registryOf answers what inflect_schema asks a registry, for these schemas.
func registryOf(schemas []pipeline.RegisteredSchema) http.Handler {
	versions, ids := map[string]any{}, map[string][]any{}
	for _, s := range schemas {
		type reference = pipeline.SchemaReference
		number := strconv.Itoa(s.Version)
		versions[s.Subject+"\x00"+number] = struct {
			Subject    string      `json:"subject"`
			Version    int         `json:"version"`
			ID         int         `json:"id"`
			Type       string      `json:"schemaType"`
			Text       string      `json:"schema"`
			References []reference `json:"references,omitempty"`
		}{s.Subject, s.Version, s.ID, s.Type, s.Text, s.References}
		id := strconv.Itoa(s.ID)
		ids[id] = append(ids[id], map[string]any{"subject": s.Subject, "version": s.Version})
	}
	answer := func(w http.ResponseWriter, v any, ok bool) {
		if !ok {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(v) // A processor that went away needs no answer.
	}
	m := http.NewServeMux()
	m.HandleFunc("GET /subjects/{subject}/versions/{version}", func(w http.ResponseWriter, r *http.Request) {
		v, ok := versions[r.PathValue("subject")+"\x00"+r.PathValue("version")]
		answer(w, v, ok)
	})
	m.HandleFunc("GET /schemas/ids/{id}/versions", func(w http.ResponseWriter, r *http.Request) {
		v, ok := ids[r.PathValue("id")]
		answer(w, v, ok)
	})
	return m
}
