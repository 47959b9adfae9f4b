package pipeline

import (
	"strconv"
	"time"
)

// WithDefaults is the spec with every optional field filled in, which is how it runs. What is stored and shown is what
// the author wrote.
func (s Spec) WithDefaults() Spec {
	or(&s.Source.Start, "earliest")
	s.Source.Schema = s.Source.Schema.withDefaults()
	if s.Source.Schema != nil {
		or(&s.Source.Schema.Others, DeadLetterOthers)
	}
	s.Target.Schema = s.Target.Schema.withDefaults()
	outputs := make(map[string]Target, len(s.Outputs))
	for name, t := range s.Outputs {
		t.Schema = t.Schema.withDefaults()
		outputs[name] = t
	}
	s.Outputs = outputs
	if s.DLQ != nil {
		or(&s.OnError, DeadLetter)
	}
	or(&s.OnError, Stop)
	or(&s.Tombstones, Pass)
	or(&s.Delivery, ExactlyOnce)
	if s.Delivery == ExactlyOnce {
		or(&s.Batch.MaxRecords, 10000)
		or(&s.Batch.Linger, Duration(100*time.Millisecond))
	}
	or(&s.Batch.MaxRecords, 5000)
	or(&s.Limits.Time, Duration(time.Second))
	or(&s.Limits.Memory, "256MiB")
	or(&s.Scaling.Max, max(1, s.Scaling.Min))
	if s.Scaling.LagThreshold == 0 {
		or(&s.Scaling.LagSeconds, 10)
	}
	or(&s.Scaling.Poll, Duration(5*time.Second))
	or(&s.Scaling.Cooldown, Duration(time.Minute))
	if s.Scaling.Partitions.Grow {
		or(&s.Scaling.Partitions.MetadataAge, Duration(5*time.Minute))
	}
	or(&s.State, Running)
	return s
}

func (s *Schema) withDefaults() *Schema {
	if s == nil {
		return nil
	}
	out := *s
	or(&out.Version, Latest)
	or(&out.Framing, "auto")
	return &out
}

func or[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

func (v Version) number() int {
	n, err := strconv.Atoi(string(v))
	if err != nil {
		return 0
	}
	return n
}
