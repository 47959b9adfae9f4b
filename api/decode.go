package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/inflect-dev/inflect/pipeline"
)

// maxSchemas bounds how many schemas one answer is decoded by: each takes a trial.
const maxSchemas = 5

// decode puts JSON in place of Avro and Protobuf values, by the schema whose id they carry. It is a trial of a pipeline
// that has an incoming schema and no steps. What cannot be decoded stays as it is.
func (a *API) decode(ctx context.Context, records []*pipeline.Record) {
	if a.options.Schemas == nil {
		return
	}
	byID := map[int32][]*pipeline.Record{}
	for _, r := range records {
		if r.SchemaID != nil && len(r.Value) > 0 && !isJSON(r.Value) {
			byID[*r.SchemaID] = append(byID[*r.SchemaID], r)
		}
	}
	tried := 0
	for id, framed := range byID {
		if tried++; tried > maxSchemas {
			return
		}
		subject, version, err := a.options.Schemas.ByID(ctx, id)
		if err != nil {
			continue // The five bytes may mean something else altogether.
		}
		a.decodeBy(ctx, subject, version, framed)
	}
}

func (a *API) decodeBy(ctx context.Context, subject string, version int, records []*pipeline.Record) {
	schema := &pipeline.Schema{Subject: subject, Version: pipeline.Version(strconv.Itoa(version))}
	spec := pipeline.Spec{Name: "records", Source: pipeline.Source{Topic: "framed", Schema: schema}, Target: pipeline.Target{Topic: "decoded"},
		OnError: pipeline.Drop}
	events := make([]pipeline.TestEvent, len(records))
	for i, r := range records {
		events[i].ValueBase64 = base64.StdEncoding.EncodeToString(r.Value)
	}
	results, err := a.options.Runner.Run(ctx, pipeline.Pipeline{Spec: spec}, events)
	if err != nil || len(results) != len(records) {
		a.log.DebugContext(ctx, "decoding records", "subject", subject, "version", version, "error", err)
		return
	}
	for i, result := range results {
		if len(result.Records) == 1 && result.Records[0].Value != nil {
			records[i].Value, records[i].Decoded = result.Records[0].Value, true
		}
	}
}

func isJSON(b []byte) bool { return utf8.Valid(b) && json.Valid(b) }

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
