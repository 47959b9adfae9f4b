package render

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// Placeholders are the only names that a rendered config lets the engine expand. They are the engine's environment.
var placeholders = [...]string{
	varRegistry, varRegistryUser, varRegistryPassword, varRegistryToken,
	varKafkaUser, varKafkaPassword, varKafkaToken,
}

const (
	varRegistry         = "INFLECT_REGISTRY"
	varRegistryUser     = "INFLECT_REGISTRY_USERNAME"
	varRegistryPassword = "INFLECT_REGISTRY_PASSWORD"
	varRegistryToken    = "INFLECT_REGISTRY_TOKEN"
	varKafkaUser        = "INFLECT_KAFKA_USERNAME"
	varKafkaPassword    = "INFLECT_KAFKA_PASSWORD"
	varKafkaToken       = "INFLECT_KAFKA_TOKEN"
)

// Placeholders are the names of the variables that a rendered config may refer to.
func Placeholders() []string { return slices.Clone(placeholders[:]) }

// Settings are the installation's, the same for all pipelines.
type Settings struct {
	Brokers []string
	// GroupPrefix comes before a pipeline's name in its consumer group; "inflect." by default.
	GroupPrefix string
	Kafka       KafkaSecurity
	Registry    RegistrySecurity
}

// KafkaSecurity says how engines reach the brokers. Names and passwords come from the engine's environment.
type KafkaSecurity struct {
	TLS bool
	// CAFile, CertFile and KeyFile are paths on the engine's machine.
	CAFile, CertFile, KeyFile string
	// SASL is a mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; empty for none.
	SASL string
}

// RegistrySecurity says how engines reach the registry.
type RegistrySecurity struct {
	Basic, Token bool
	TLS          bool
	CAFile       string
}

// Group is the consumer group of a pipeline.
func (s Settings) Group(name string) string {
	if s.GroupPrefix == "" {
		return "inflect." + name
	}
	return s.GroupPrefix + name
}

// Stream is the config that engines run, exactly as it is pushed.
func Stream(p pipeline.Pipeline, b pipeline.Build, s Settings) ([]byte, error) {
	r, err := newRenderer(p, b, s, false)
	if err != nil {
		return nil, err
	}
	return r.write(r.stream())
}

// Trial is the pipeline's processors alone, with their traces on: a list under the key processors. The bytes that go in
// are a record's value.
func Trial(p pipeline.Pipeline, b pipeline.Build, s Settings) ([]byte, error) {
	r, err := newRenderer(p, b, s, true)
	if err != nil {
		return nil, err
	}
	return r.write(object{{"processors", r.processors()}})
}

// Prepare is the processors that bring a JSON value into the form of the source's schema, for trials.
func Prepare(p pipeline.Pipeline, b pipeline.Build, s Settings) ([]byte, error) {
	r, err := newRenderer(p, b, s, true)
	if err != nil {
		return nil, err
	}
	return r.write(object{{"processors", list{r.schema("source", "", r.spec.Source.Schema, "encode")}}})
}

type renderer struct {
	spec     pipeline.Spec
	revision int64
	build    pipeline.Build
	settings Settings
	trace    bool
}

func newRenderer(p pipeline.Pipeline, b pipeline.Build, s Settings, trace bool) (*renderer, error) {
	r := &renderer{spec: p.WithDefaults(), revision: p.Revision, build: b, settings: s, trace: trace}
	if len(b.Steps) != len(p.Steps) {
		return nil, fmt.Errorf("rendering pipeline %s: %d steps were built of %d", p.Name, len(b.Steps), len(p.Steps))
	}
	for field, schema := range Schemas(r.spec) {
		if schema.Version == pipeline.Latest && b.Versions[field] == 0 {
			return nil, fmt.Errorf("rendering pipeline %s: the version of %s was not resolved", p.Name, field)
		}
	}
	return r, nil
}

// Schemas are a spec's schemas by the field that has them: "source", "target", "outputs.<name>". The keys of
// [pipeline.Build.Versions] are the same.
func Schemas(s pipeline.Spec) map[string]*pipeline.Schema {
	out := map[string]*pipeline.Schema{}
	add := func(field string, schema *pipeline.Schema) {
		if schema != nil {
			out[field] = schema
		}
	}
	add("source", s.Source.Schema)
	add("target", s.Target.Schema)
	for name, t := range s.Outputs {
		add("outputs."+name, t.Schema)
	}
	return out
}

func (r *renderer) write(o object) ([]byte, error) {
	var w writer
	if err := w.object(o, 0); err != nil {
		return nil, fmt.Errorf("rendering pipeline %s: %w", r.spec.Name, err)
	}
	return w.Bytes(), nil
}

func (r *renderer) stream() object {
	return object{
		{"input", object{{"inflect_kafka", r.input()}}},
		{"pipeline", object{
			// A batch is spread over cores inside inflect_js; a second thread would break the order (invariant 3).
			{"threads", 1},
			{"processors", r.processors()},
		}},
		{"output", object{{"inflect_kafka", r.output()}}},
	}
}

func (r *renderer) input() object {
	s := r.spec
	batch := object{{"max_records", s.Batch.MaxRecords}, {"linger", duration(s.Batch.Linger)}}
	o := object{
		{"pipeline", text(s.Name)},
		{"revision", literal(strconv.FormatInt(r.revision, 10))},
		{"brokers", r.brokers()},
		{"topics", list{text(s.Source.Topic)}},
		{"group", text(r.settings.Group(s.Name))},
		{"start", text(s.Source.Start)},
		{"delivery", text(s.Delivery)},
		{"batch", batch},
	}
	if s.Scaling.Partitions.MetadataAge > 0 {
		// Records of a key keep their order when the topic grows (invariant 3).
		o = append(o, member{"hold_new_partitions", duration(s.Scaling.Partitions.MetadataAge)})
	}
	if s.Limits.Rate > 0 {
		o = append(o, member{"rate", literal(strconv.FormatFloat(s.Limits.Rate, 'f', -1, 64))})
	}
	return append(o, r.kafkaSecurity()...)
}

func (r *renderer) output() object {
	o := object{
		{"pipeline", text(r.spec.Name)},
		{"brokers", r.brokers()},
		{"topic", text(r.spec.Target.Topic)},
	}
	return append(o, r.kafkaSecurity()...)
}

func (r *renderer) brokers() list {
	var out list
	for _, b := range r.settings.Brokers {
		out = append(out, text(b))
	}
	return out
}

func (r *renderer) processors() list {
	s := r.spec
	var out list
	if s.Source.Schema != nil {
		out = append(out, r.schema("source", "", s.Source.Schema, "decode"))
	}
	if len(s.Steps) > 0 || s.Tombstones == pipeline.DropTombstones {
		out = append(out, object{{"inflect_js", r.js()}})
	}
	if s.Target.Schema != nil {
		out = append(out, r.schema("target", "", s.Target.Schema, "encode"))
	}
	for _, name := range sortedKeys(s.Outputs) {
		if t := s.Outputs[name]; t.Schema != nil {
			out = append(out, r.schema("outputs."+name, t.Topic, t.Schema, "encode"))
		}
	}
	return append(out, object{{"inflect_dlq", r.dlq()}})
}

func (r *renderer) schema(field, topic string, schema *pipeline.Schema, direction string) object {
	version := string(schema.Version)
	if n := r.build.Versions[field]; n > 0 && schema.Version == pipeline.Latest {
		version = strconv.Itoa(n)
	}
	o := object{
		{"pipeline", text(r.spec.Name)},
		{"registry", r.registry()},
		{"subject", text(schema.Subject)},
		{"version", text(version)},
		{"direction", text(direction)},
		{"framing", text(schema.Framing)},
	}
	// Only where it is not the default, so that engines that do not know the field take everything else.
	if direction == "decode" && schema.Others == pipeline.FilterOthers {
		o = append(o, member{"others", text(schema.Others)})
	}
	if topic != "" {
		o = append(o, member{"topic", text(topic)})
	}
	return object{{"inflect_schema", r.traced(o)}}
}

func (r *renderer) js() object {
	s := r.spec
	var steps list
	for i, step := range s.Steps {
		built := r.build.Steps[i]
		o := object{
			{"name", text(step.Name)},
			{"kind", text(step.Kind)},
			{"code", text(built.Code)},
		}
		if built.Export != "" {
			o = append(o, member{"export", text(built.Export)})
		}
		if len(step.Params) > 0 {
			// As text, so that every number keeps its digits and every key its place.
			o = append(o, member{"params", text(step.Params)})
		}
		steps = append(steps, o)
	}
	o := object{
		{"pipeline", text(s.Name)},
		{"steps", steps},
		{"timeout", duration(s.Limits.Time)},
		{"memory_limit", text(s.Limits.Memory)},
		{"tombstones", text(s.Tombstones)},
	}
	if len(s.Outputs) > 0 {
		var outputs object
		for _, name := range sortedKeys(s.Outputs) {
			outputs = append(outputs, member{name, text(s.Outputs[name].Topic)})
		}
		o = append(o, member{"outputs", outputs})
	}
	return r.traced(o)
}

func (r *renderer) dlq() object {
	s := r.spec
	o := object{
		{"pipeline", text(s.Name)},
		{"revision", literal(strconv.FormatInt(r.revision, 10))},
	}
	if s.DLQ != nil {
		o = append(o, member{"topic", text(s.DLQ.Topic)})
	}
	return r.traced(append(o, member{"on_error", text(s.OnError)}))
}

func (r *renderer) traced(o object) object {
	if r.trace {
		return append(o, member{"trace", true})
	}
	return o
}

func duration(d pipeline.Duration) text { return text(time.Duration(d).String()) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
