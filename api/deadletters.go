package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"

	"github.com/inflect-dev/inflect/pipeline"
)

func (a *API) listDeadLetters(w http.ResponseWriter, r *http.Request) error {
	if a.options.DeadLetters == nil {
		return unavailable("Kafka cluster")
	}
	q := queryOf(r, "fingerprint", "records", "scan")
	query := pipeline.DeadLetterQuery{Fingerprint: q.text("fingerprint", 100), Records: int(q.number("records", 0, 500, 5)),
		Scan: int(q.number("scan", 1, 200_000, 20_000))}
	if q.err != nil {
		return q.err
	}
	p, err := a.withDeadLetters(r)
	if err != nil {
		return err
	}
	out, err := a.options.DeadLetters.List(r.Context(), p.Spec, query)
	if err != nil {
		return err
	}
	if out.Groups == nil {
		out.Groups = []pipeline.DeadLetterGroup{}
	}
	var records []*pipeline.Record
	for i, g := range out.Groups {
		if g.Records == nil {
			out.Groups[i].Records = []pipeline.DeadLetterRecord{}
		}
		for j := range g.Records {
			records = append(records, &g.Records[j].Record)
		}
	}
	a.decode(r.Context(), records)
	return write(w, http.StatusOK, out)
}

func (a *API) replayDeadLetters(w http.ResponseWriter, r *http.Request) error {
	if a.options.DeadLetters == nil {
		return unavailable("Kafka cluster")
	}
	var in pipeline.DeadLetterReplay
	if err := decode(r, &in); err != nil {
		return err
	}
	if err := checkReplay(&in); err != nil {
		return err
	}
	p, err := a.withDeadLetters(r)
	if err != nil {
		return err
	}
	if err := a.encodeEdits(r, p.Spec, in.Records); err != nil {
		return err
	}
	out, err := a.options.DeadLetters.Replay(r.Context(), p, in)
	if out.Replayed > 0 {
		// What was sent was sent, whoever has gone and whatever came after it.
		noted := a.options.Audit.Note(context.WithoutCancel(r.Context()), p.Name, actor(r), "replay_dead_letters", out)
		err = cmp.Or(err, noted)
	}
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, out)
}

// encodeEdits writes edited values by the incoming schema. Those of JSON Schema are JSON already, unless they have to have a
// frame.
func (a *API) encodeEdits(r *http.Request, spec pipeline.Spec, places []pipeline.DeadLetterPlace) error {
	var edits []*pipeline.DeadLetterPlace
	var events []pipeline.TestEvent
	var at []int
	for i := range places {
		if places[i].Value != nil {
			edits, events, at = append(edits, &places[i]), append(events, pipeline.TestEvent{Value: places[i].Value}), append(at, i)
		}
	}
	if len(edits) == 0 || spec.Source.Schema == nil || a.options.Schemas == nil {
		return nil
	}
	ref := *spec.Source.Schema
	or(&ref.Version, pipeline.Latest)
	ref.Others = "" // That is for reading.
	found, err := a.options.Schemas.Resolve(r.Context(), ref.Subject, ref.Version)
	if err != nil {
		return err
	}
	if found.Type == "JSON" && ref.Framing != "confluent" {
		return nil
	}
	records := make([]pipeline.Record, len(events))
	if err := a.encode(r, spec.Source.Topic, ref, events, records, func(i int) int { return at[i] }); err != nil {
		return err
	}
	for i, edit := range edits {
		value := base64.StdEncoding.EncodeToString(records[i].Value)
		edit.Value, edit.ValueBase64 = nil, &value
	}
	return nil
}

// withDeadLetters is the pipeline as it is at work, which a revision that has not run changes nothing of.
func (a *API) withDeadLetters(r *http.Request) (pipeline.Pipeline, error) {
	p, err := a.options.Pipelines.Get(r.Context(), param(r, "name"))
	if err != nil {
		return p, err
	}
	ran, ok, err := a.options.History.Applied(r.Context(), p.Name, p.Revision)
	if ok {
		p.Spec, p.Revision = ran.Spec, ran.Revision
	}
	if err == nil && p.DLQ == nil {
		err = pipeline.Errorf(pipeline.CodeNotFound, "dlq", "pipeline %s has no dead-letter topic", p.Name)
	}
	return p, err
}

// slowest is the rate at which one call sends one dead letter.
const slowest = 0.05

func checkReplay(in *pipeline.DeadLetterReplay) error {
	given := 0
	for _, set := range []bool{in.All, in.Fingerprint != "", len(in.Records) > 0} {
		if set {
			given++
		}
	}
	or(&in.Limit, 10_000)
	or(&in.MaxAttempts, 3)
	or(&in.To, pipeline.ToSource)
	switch {
	case given != 1:
		return pipeline.Errorf(pipeline.CodeInvalid, "", "name exactly one of all: true, fingerprint and records")
	case in.To != pipeline.ToSource && in.To != pipeline.ToPipeline:
		return pipeline.Errorf(pipeline.CodeInvalid, "to", "is %q, but must be source or pipeline", in.To)
	case in.Rate < 0 || in.Rate > 0 && in.Rate < slowest:
		return pipeline.Errorf(pipeline.CodeInvalid, "rate", "must be at least %g, which is one in 20 seconds; 0 means no limit", slowest)
	case in.Limit < 1 || in.Limit > 100_000:
		return pipeline.Errorf(pipeline.CodeInvalid, "limit", "must be between 1 and 100000")
	case in.MaxAttempts < 1 || in.MaxAttempts > 100:
		return pipeline.Errorf(pipeline.CodeInvalid, "max_attempts", "must be between 1 and 100")
	case len(in.Records) > 10_000:
		return pipeline.Errorf(pipeline.CodeInvalid, "records", "has %d entries, at most 10000 are possible", len(in.Records))
	}
	return checkPlaces(in.Records)
}

func checkPlaces(places []pipeline.DeadLetterPlace) error {
	type id struct {
		partition int32
		offset    int64
	}
	first := map[id]int{}
	for i, place := range places {
		at := fmt.Sprintf("records[%d]", i)
		if place.Partition < 0 || place.Offset < 0 {
			return pipeline.Errorf(pipeline.CodeInvalid, at, "partition and offset must not be negative")
		}
		if place.Value != nil && place.ValueBase64 != nil {
			return pipeline.Errorf(pipeline.CodeInvalid, at, "has both value and value_base64: send one of them, or none to replay it as it is")
		}
		// Twice the same is once, but for what is to be sent there is one answer only.
		switch j, twice := first[id{place.Partition, place.Offset}]; {
		case !twice:
			first[id{place.Partition, place.Offset}] = i
		case edits(place) || edits(places[j]):
			return pipeline.Errorf(pipeline.CodeInvalid, at, "is the same dead letter as records[%d], with another value", j)
		}
		if place.ValueBase64 != nil {
			if _, err := base64.StdEncoding.DecodeString(*place.ValueBase64); err != nil {
				return pipeline.Errorf(pipeline.CodeInvalid, at+".value_base64", "is not base64: %v", err)
			}
		}
	}
	return nil
}

func edits(place pipeline.DeadLetterPlace) bool {
	return place.Value != nil || place.ValueBase64 != nil
}
