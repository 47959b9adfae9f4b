package schema

import (
	"context"
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// worker holds a slice of a batch against the schema, one message after the other.
type worker struct {
	*processor
	schema *compiled
	ctx    context.Context

	// The last writer that was looked up: records of one batch were mostly written with one schema.
	id     int
	writer *compiled
}

func (w *worker) process(m *service.Message) {
	started := time.Now()
	var shown []byte
	var f *record.Failure
	if !record.From(m).Null {
		shown, f = w.convert(m)
	}
	if f != nil {
		if f.Code != record.CodePipeline {
			f.Message = clip(f.Message, maxMessage) + " (" + w.schema.String() + ")"
		}
		w.fail(m, f)
	}
	if w.trace {
		if err := record.Trace(m, record.StageOf(w.stage, shown, f, time.Since(started))); err != nil {
			w.log.Errorf("tracing %s: %v", w.stage, err)
		}
	}
}

// convert replaces the message's bytes. It returns the JSON that went into or came out of the stage.
func (w *worker) convert(m *service.Message) (shown []byte, f *record.Failure) {
	defer func() {
		if r := recover(); r != nil {
			// A defect in a format's library is this record's misfortune and nobody else's (invariant 7).
			f = fail(CodeViolation, "checking it broke down: %v", r)
		}
	}()
	b, err := m.AsBytes()
	if err != nil {
		return nil, fail(record.CodeNotJSON, "cannot be written as bytes: %v", err)
	}
	if w.direction == encode {
		return b, w.encode(m, b)
	}
	id, payload, framed, f := unframe(b, w.framing)
	if f != nil {
		return nil, f
	}
	var writer *compiled
	if framed {
		if writer, f = w.writerOf(id); f != nil {
			return nil, f
		}
	}
	out, f := w.schema.format.decode(payload, writer)
	if f != nil {
		return nil, f
	}
	if framed || !sameBytes(out, b) {
		m.SetBytes(out)
	}
	return out, nil
}

func (w *worker) encode(m *service.Message, b []byte) *record.Failure {
	framed := w.framing != framingBare
	out := make([]byte, 0, len(b)+headerSize)
	if framed {
		out = appendFrame(out, w.schema.ID)
	}
	out, f := w.schema.format.encode(out, b, framed)
	if f != nil {
		return f
	}
	m.SetBytes(out)
	return nil
}

// writerOf is the schema that a record's frame names.
func (w *worker) writerOf(id int) (*compiled, *record.Failure) {
	if id == w.schema.ID {
		return w.schema, nil
	}
	if w.writer != nil && id == w.id {
		return w.writer, nil
	}
	c, f := w.lookUp(id)
	if f != nil {
		return nil, f
	}
	w.id, w.writer = id, c
	return c, nil
}

func (w *worker) lookUp(id int) (*compiled, *record.Failure) {
	subject := w.named.subject
	version, err := w.registry.versionOf(w.ctx, subject, id, w.waits)
	switch {
	case errors.Is(err, errUnknownID):
		return nil, fail(CodeUnknownID, "is framed with schema id %d, which the registry does not have: "+
			"if the topic's producers do not frame, set the schema's framing to bare", id)
	case err != nil:
		return nil, fail(record.CodePipeline, "looking up schema id %d: %s", id, clip(err.Error(), maxMessage))
	case version == 0:
		return nil, fail(CodeWrongSubject, "is framed with schema id %d, which is no version of subject %s", id, subject)
	case w.schema.Type == typeJSON:
		// JSON reads the same whatever it was written with.
		return w.schema, nil
	}
	c, err := w.registry.schema(w.ctx, variant{name{subject, version}, w.named.Options}, w.waits)
	var final *finalError
	switch {
	case errors.As(err, &final):
		return nil, fail(CodeIncompatible, "was written with version %d of subject %s, which cannot be used: %s", version, subject, clip(err.Error(), maxMessage))
	case err != nil:
		return nil, fail(record.CodePipeline, "loading version %d of subject %s: %s", version, subject, clip(err.Error(), maxMessage))
	}
	return c, nil
}

func sameBytes(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }
