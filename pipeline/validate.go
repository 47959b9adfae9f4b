package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	nameForm  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	stepForm  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,62}$`)
	topicForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)
	sizeForm  = regexp.MustCompile(`^([1-9][0-9]{0,9})(KiB|MiB|GiB)$`)
)

// The bounds of a spec, so that no row can ask for the impossible.
const (
	MaxSteps      = 100
	MaxCodeBytes  = 1 << 20
	MaxBatch      = 1_000_000
	maxText       = 10_000
	maxStepTime   = 5 * time.Minute
	maxBatchDelay = time.Minute
	// Records of new partitions wait for so long at most.
	maxMetadataAge = time.Hour
)

// Parse reads a spec from JSON. A field that no spec has is an error that names it.
func Parse(b []byte) (Spec, error) {
	var s Spec
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Spec{}, decodeError(err)
	}
	if d.More() {
		return Spec{}, Errorf(CodeInvalid, "", "there is more after the end of the JSON document: send one object")
	}
	return s, nil
}

func decodeError(err error) error {
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		field, uerr := strconv.Unquote(name)
		if uerr != nil {
			field = name
		}
		return Errorf(CodeUnknownField, field, "no such field: remove it or correct its spelling")
	}
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return Errorf(CodeInvalid, t.Field, "is a JSON %s, but a %s is wanted", t.Value, t.Type)
	}
	return Errorf(CodeInvalid, "", "is not valid JSON: %v", err)
}

// Validate is every problem that can be seen in the spec alone, by field. Topics, schemas and transforms are looked up
// by others.
func (s Spec) Validate() Errors {
	v := &validation{}
	v.check(nameForm.MatchString(s.Name), "name",
		"must be a DNS label: lower-case letters, digits and hyphens, at most 63, beginning and ending with a letter or digit")
	v.check(len(s.Description) <= maxText, "description", "is longer than %d bytes", maxText)
	v.topic("source.topic", s.Source.Topic)
	v.oneOf("source.start", s.Source.Start, "earliest", "latest")
	v.schema("source.schema", s.Source.Schema)
	if s.Source.Schema != nil {
		v.oneOf("source.schema.others", string(s.Source.Schema.Others), string(DeadLetterOthers), string(FilterOthers))
	}
	v.steps(s.Steps)
	v.target("target", s.Target)
	for _, name := range sortedKeys(s.Outputs) {
		field := "outputs." + name
		v.check(stepForm.MatchString(name), field, "is not a name: letters, digits, _ and -, beginning with a letter")
		v.target(field, s.Outputs[name])
	}
	if s.DLQ != nil {
		v.target("dlq", *s.DLQ)
		v.check(s.DLQ.Schema == nil, "dlq.schema", "dead letters keep their original bytes and have no schema: remove it")
	}
	v.oneOf("on_error", string(s.OnError), string(DeadLetter), string(Drop), string(Stop))
	v.check(s.OnError != DeadLetter || s.DLQ != nil, "on_error", "is dead_letter, but no dlq is given: add dlq.topic")
	v.oneOf("tombstones", string(s.Tombstones), string(Pass), string(Steps), string(DropTombstones))
	v.oneOf("delivery", string(s.Delivery), string(ExactlyOnce), string(AtLeastOnce))
	v.oneOf("state", string(s.State), string(Running), string(Paused), string(Stopped))
	v.loop(s)
	v.bounds(s)
	return v.errs
}

type validation struct{ errs Errors }

func (v *validation) check(ok bool, field, format string, args ...any) {
	if !ok {
		v.errs = append(v.errs, Errorf(CodeInvalid, field, format, args...))
	}
}

func (v *validation) oneOf(field, value string, allowed ...string) {
	v.check(value == "" || slices.Contains(allowed, value), field, "is %q, but must be one of %s", value, strings.Join(allowed, ", "))
}

func (v *validation) topic(field, topic string) {
	v.check(topic != "", field, "is missing: name a topic")
	v.check(topic == "" || topicForm.MatchString(topic) && topic != "." && topic != "..", field,
		"%q is not a topic name: letters, digits, '.', '_' and '-', at most 249", topic)
}

func (v *validation) schema(field string, s *Schema) {
	if s == nil {
		return
	}
	v.check(s.Subject != "", field+".subject", "is missing: name a subject of the registry, or remove the schema")
	v.check(s.Version == "" || s.Version == Latest || s.Version.number() > 0, field+".version",
		"is %q, but must be a positive number or latest", string(s.Version))
	v.oneOf(field+".framing", s.Framing, "auto", "confluent", "bare")
}

func (v *validation) target(field string, t Target) {
	v.topic(field+".topic", t.Topic)
	v.schema(field+".schema", t.Schema)
	v.check(t.Schema == nil || t.Schema.Others == "", field+".schema.others",
		"is for source.schema alone, since only what is read can be of other types: remove it")
	if t.Create != nil {
		v.check(t.Create.Partitions >= 0, field+".create.partitions", "must not be negative")
		v.check(t.Create.Replication >= 0, field+".create.replication", "must not be negative")
	}
}

func (v *validation) steps(steps []Step) {
	v.check(len(steps) <= MaxSteps, "steps", "has %d steps, at most %d are allowed", len(steps), MaxSteps)
	seen := map[string]bool{}
	for i, s := range steps {
		at := fmt.Sprintf("steps[%d]", i)
		v.check(stepForm.MatchString(s.Name), at+".name", "%q is not a name: letters, digits, _ and -, beginning with a letter", s.Name)
		v.check(!seen[s.Name], at+".name", "%q is used by an earlier step: names must differ", s.Name)
		seen[s.Name] = true
		v.check(s.Kind != "", at+".kind", "is missing: transform or filter")
		v.oneOf(at+".kind", string(s.Kind), string(Transform), string(Filter))
		v.check((s.Transform == "") != (s.Code == ""), at, "needs either transform (file.ts#export) or code, and not both")
		v.check(len(s.Code) <= MaxCodeBytes, at+".code", "is longer than 1 MiB: put it into a file of the transform directory")
		var object map[string]json.RawMessage
		v.check(len(s.Params) == 0 || json.Unmarshal(s.Params, &object) == nil && object != nil, at+".params",
			"is not a JSON object: write {\"name\": value}")
	}
}

// loop refuses a pipeline that would feed itself.
func (v *validation) loop(s Spec) {
	const why = "is the source topic: the pipeline would read its own records for ever"
	v.check(s.Source.Topic == "" || s.Target.Topic != s.Source.Topic, "target.topic", why)
	for _, name := range sortedKeys(s.Outputs) {
		v.check(s.Outputs[name].Topic != s.Source.Topic, "outputs."+name+".topic", why)
	}
	if s.DLQ != nil {
		v.check(s.DLQ.Topic != s.Source.Topic, "dlq.topic", why)
		v.check(s.DLQ.Topic != s.Target.Topic, "dlq.topic", "is the target topic: dead letters would mix with good records")
	}
}

func (v *validation) bounds(s Spec) {
	v.check(s.Batch.MaxRecords >= 0 && s.Batch.MaxRecords <= MaxBatch, "batch.max_records", "must be between 1 and %d", MaxBatch)
	v.check(s.Batch.Linger >= 0 && time.Duration(s.Batch.Linger) <= maxBatchDelay, "batch.linger", "must be between 0s and %s", maxBatchDelay)
	v.check(s.Limits.Time >= 0 && time.Duration(s.Limits.Time) <= maxStepTime, "limits.time", "must be between 1ms and %s", maxStepTime)
	v.check(s.Limits.Memory == "" || sizeForm.MatchString(s.Limits.Memory), "limits.memory", "is %q, but must be a size like 256MiB", s.Limits.Memory)
	v.check(s.Limits.Rate >= 0, "limits.rate", "must not be negative; 0 means no limit")
	v.check(s.Scaling.Min >= 0, "scaling.min", "must not be negative")
	v.check(s.Scaling.Max >= 0 && (s.Scaling.Max == 0 || s.Scaling.Max >= s.Scaling.Min), "scaling.max", "must be at least scaling.min")
	v.check(s.Scaling.CPU >= 0 && s.Scaling.CPU <= 100, "scaling.cpu", "is a percentage: 0 to 100, 0 for none")
	v.check(s.Scaling.LagSeconds >= 0, "scaling.lag_seconds", "must not be negative")
	v.check(s.Scaling.LagThreshold >= 0, "scaling.lag_threshold", "must not be negative")
	v.check(!s.Scaling.Partitions.Grow || s.Scaling.Partitions.Max > 0, "scaling.partitions.max",
		"is missing: growing a topic cannot be undone, so say how far it may grow")
	v.check(s.Scaling.Partitions.MetadataAge >= 0 && time.Duration(s.Scaling.Partitions.MetadataAge) <= maxMetadataAge,
		"scaling.partitions.metadata_age", "must be between 0s and %s", maxMetadataAge)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
