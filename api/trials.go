package api

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/inflect-dev/inflect/pipeline"
)

// maxEvents bounds a trial.
const maxEvents = 1000

func (a *API) validate(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r, "events")
	events := int(q.number("events", 0, maxEvents, 0))
	if q.err != nil {
		return q.err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	spec, err := pipeline.Parse(body)
	var wrong *pipeline.Error
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return validation{Errors: pipeline.Errors{wrong}}.write(w)
	case err != nil:
		return err
	}
	out := validation{Errors: a.options.Checker.Validate(r.Context(), spec)}
	if hash, err := a.options.Checker.CodeHash(r.Context(), spec); err == nil {
		out.CodeHash = hash
	}
	if events == 0 || len(spec.Validate().Fatal()) > 0 {
		return out.write(w)
	}
	// A topic that is not there does not keep events from being tried. What does, such as a step that cannot be compiled, is
	// among the errors already.
	if out.Fit, err = a.fitOf(r.Context(), spec, events); err != nil && len(out.Errors.Fatal()) == 0 {
		return err
	}
	return out.write(w)
}

// validation is the verdict on a spec. CodeHash is there when its steps can be built.
type validation struct {
	Valid    bool            `json:"valid"`
	Errors   pipeline.Errors `json:"errors"`
	CodeHash string          `json:"code_hash,omitempty"`
	Fit      *fit            `json:"fit,omitempty"`
}

func (v validation) write(w http.ResponseWriter) error {
	if v.Errors == nil {
		v.Errors = pipeline.Errors{}
	}
	v.Valid = len(v.Errors.Fatal()) == 0
	return write(w, http.StatusOK, v)
}

func (a *API) testRun(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Spec     json.RawMessage      `json:"spec"`
		Pipeline string               `json:"pipeline"`
		Revision int64                `json:"revision"`
		Events   []pipeline.TestEvent `json:"events"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	if err := checkEvents("events", in.Events, maxEvents); err != nil {
		return err
	}
	var p pipeline.Pipeline
	var err error
	switch {
	case len(in.Spec) > 0 && in.Pipeline == "":
		p.Spec, err = trialSpec(in.Spec)
	case len(in.Spec) == 0 && in.Pipeline != "":
		p, err = a.savedRevision(r, in.Pipeline, in.Revision)
	default:
		err = pipeline.Errorf(pipeline.CodeInvalid, "spec", "send either spec or pipeline")
	}
	if err != nil {
		return err
	}
	results, err := a.options.Runner.Run(r.Context(), p, in.Events)
	if err != nil {
		return err
	}
	for i := range results {
		if results[i].Stages == nil {
			results[i].Stages = []pipeline.StageResult{}
		}
		if results[i].Records == nil {
			results[i].Records = []pipeline.TestRecord{}
		}
	}
	return write(w, http.StatusOK, struct {
		Results []pipeline.TestResult `json:"results"`
	}{results})
}

func trialSpec(raw json.RawMessage) (pipeline.Spec, error) {
	spec, err := pipeline.Parse(raw)
	if err != nil {
		return spec, under("spec", err)
	}
	if errs := spec.Validate(); len(errs) > 0 {
		return spec, under("spec", errs)
	}
	return spec, nil
}

// under puts the fields of a spec's errors beneath the field that the spec was sent in.
func under(field string, err error) error {
	move := func(e *pipeline.Error) *pipeline.Error {
		moved := *e
		if moved.Field = field; e.Field != "" {
			moved.Field = field + "." + e.Field
		}
		return &moved
	}
	var one *pipeline.Error
	var all pipeline.Errors
	switch {
	case errors.As(err, &all):
		out := make(pipeline.Errors, len(all))
		for i, e := range all {
			out[i] = move(e)
		}
		return out
	case errors.As(err, &one):
		return move(one)
	}
	return err
}

// savedRevision is a pipeline as one of its revisions has it, the newest for 0.
func (a *API) savedRevision(r *http.Request, name string, revision int64) (pipeline.Pipeline, error) {
	if revision != 0 {
		rev, err := a.options.History.Revision(r.Context(), name, revision)
		return pipeline.Pipeline{Spec: rev.Spec, Revision: rev.Revision}, err
	}
	return a.options.Pipelines.Get(r.Context(), name)
}

// checkEvents refuses events that say no value or several.
func checkEvents(field string, events []pipeline.TestEvent, most int) error {
	if len(events) == 0 || len(events) > most {
		return pipeline.Errorf(pipeline.CodeInvalid, field, "has %d events, but 1 to %d are possible", len(events), most)
	}
	for i, e := range events {
		at, given := fmt.Sprintf("%s[%d]", field, i), 0
		for _, set := range []bool{e.Value != nil, e.ValueBase64 != "", e.Tombstone} {
			if set {
				given++
			}
		}
		if given != 1 {
			return pipeline.Errorf(pipeline.CodeInvalid, at, "needs exactly one of value, value_base64 and tombstone: true")
		}
		if _, err := base64.StdEncoding.DecodeString(e.ValueBase64); err != nil {
			return pipeline.Errorf(pipeline.CodeInvalid, at+".value_base64", "is not base64: %v", err)
		}
	}
	return nil
}

func (a *API) sampleEvents(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Schema     *pipeline.Schema `json:"schema"`
		Topic      string           `json:"topic"`
		Count      *int             `json:"count"`
		Seed       int64            `json:"seed"`
		EdgeCases  bool             `json:"edge_cases"`
		NearMisses bool             `json:"near_misses"`
	}
	if err := decode(r, &in); err != nil {
		return err
	}
	count := 10
	if in.Count != nil {
		count = *in.Count
	}
	// Without events, what comes on top of them is what is asked for.
	least := 1
	if in.Schema != nil && (in.EdgeCases || in.NearMisses) {
		least = 0
	}
	if count < least || count > maxEvents {
		why := ""
		if count == 0 {
			why = ", or 0 for nothing but the edge cases or near misses of a schema"
		}
		return pipeline.Errorf(pipeline.CodeInvalid, "count", "is %d, but must be between %d and %d%s", count, least, maxEvents, why)
	}
	var samples []pipeline.Sample
	var err error
	switch {
	case in.Schema != nil && in.Topic == "":
		samples, err = a.generated(r, *in.Schema, pipeline.SampleRequest{Count: count, Seed: in.Seed, EdgeCases: in.EdgeCases, NearMisses: in.NearMisses})
	case in.Schema == nil && in.Topic != "":
		samples, err = a.newest(r, in.Topic, count)
	default:
		err = pipeline.Errorf(pipeline.CodeInvalid, "schema", "send either schema or topic")
	}
	if err != nil {
		return err
	}
	if samples == nil {
		samples = []pipeline.Sample{}
	}
	return write(w, http.StatusOK, struct {
		Events []pipeline.Sample `json:"events"`
	}{samples})
}

func (a *API) generated(r *http.Request, ref pipeline.Schema, request pipeline.SampleRequest) ([]pipeline.Sample, error) {
	if a.options.Generator == nil {
		return nil, unavailable("event generator")
	}
	if a.options.Schemas == nil {
		return nil, unavailable("schema registry")
	}
	or(&ref.Version, pipeline.Latest)
	schema, err := a.options.Schemas.Resolve(r.Context(), ref.Subject, ref.Version)
	if err != nil {
		return nil, under("schema", err)
	}
	request.Schema = schema
	return a.options.Generator.Generate(r.Context(), request)
}

func (a *API) newest(r *http.Request, topic string, count int) ([]pipeline.Sample, error) {
	if a.options.Topics == nil {
		return nil, unavailable("Kafka cluster")
	}
	records, err := a.options.Topics.Records(r.Context(), topic, pipeline.RecordQuery{Limit: count})
	if err != nil {
		return nil, err
	}
	a.decode(r.Context(), pointers(records))
	var out []pipeline.Sample
	for _, rec := range records {
		if !rec.Truncated {
			out = append(out, pipeline.Sample{Event: eventOf(rec), Partition: &rec.Partition, Offset: &rec.Offset, Timestamp: &rec.Timestamp})
		}
	}
	return out, nil
}

// eventOf is a record as a trial takes it. A frame that was taken off stays off: a trial encodes by the schema that
// the pipeline names.
func eventOf(rec pipeline.Record) pipeline.TestEvent {
	var e pipeline.TestEvent
	if rec.Key != nil && utf8.Valid(rec.Key) {
		key := string(rec.Key)
		e.Key = &key
	}
	for _, h := range rec.Headers {
		if e.Headers == nil {
			e.Headers = map[string]string{}
		}
		e.Headers[h.Name] = string(h.Value)
	}
	switch {
	case rec.Value == nil:
		e.Tombstone = true
	case isJSON(rec.Value):
		e.Value = rec.Value
	default:
		e.ValueBase64 = base64.StdEncoding.EncodeToString(rec.Value)
	}
	return e
}
