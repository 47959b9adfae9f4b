package js

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

// effects are what steps did beside making events. They leave an event only when it is finished: counts and
// observations of events that fail are dropped, what they logged is not.
type effects struct {
	metrics []measurement
	logs    []logLine
}

type measurement struct {
	name    string
	observe bool
	value   float64
	labels  prometheus.Labels
	names   []string
}

type logLine struct {
	level, text, step string
}

const (
	// maxLogLines and maxLogText bound what one event may log, maxMetrics what it may measure.
	maxLogLines = 20
	maxLogText  = 2000
	maxMetrics  = 100
	// logRate is how many lines a second a pipeline may log.
	logRate = 20
	// maxSeries is how many label combinations one business metric of a pipeline may have; the rest share one.
	maxSeries  = 200
	maxNames   = 100
	overflowed = "other"
)

var metricName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// measure is ctx.count and ctx.observe.
func (m *machine) measure(method string) func(goja.FunctionCall) goja.Value {
	observe := method == "observe"
	return func(c goja.FunctionCall) goja.Value {
		name := c.Argument(0).String()
		if !metricName.MatchString(name) {
			panic(m.vm.NewTypeError("ctx.%s: %q is not a metric name: lower-case letters, digits and _, beginning with a letter", method, name))
		}
		value := 1.0
		if v := c.Argument(1); !goja.IsUndefined(v) {
			value = v.ToFloat()
		} else if observe {
			panic(m.vm.NewTypeError("ctx.observe needs a value"))
		}
		if value != value || !observe && value < 0 {
			panic(m.vm.NewTypeError("ctx.%s: %v is not a value that can be measured", method, value))
		}
		u := m.unit
		if len(u.effects.metrics) >= maxMetrics {
			panic(m.newError("RangeError", fmt.Sprintf("an event may be measured %d times at most", maxMetrics)))
		}
		labels := prometheus.Labels{}
		if o, ok := c.Argument(2).(*goja.Object); ok {
			for _, k := range o.Keys() {
				if !metricName.MatchString(k) || k == fieldPipeline || k == "step" {
					panic(m.vm.NewTypeError("ctx.%s: %q is not a label name that can be used", method, k))
				}
				labels[k] = o.Get(k).String()
			}
		}
		names := make([]string, 0, len(labels))
		for k := range labels {
			names = append(names, k)
		}
		slices.Sort(names)
		u.effects.metrics = append(u.effects.metrics, measurement{name, observe, value, labels, names})
		return goja.Undefined()
	}
}

// log is ctx.log and the methods of console.
func (m *machine) log(level string) func(goja.FunctionCall) goja.Value {
	return func(c goja.FunctionCall) goja.Value {
		u := m.unit
		if u == nil || len(u.effects.logs) >= maxLogLines {
			return goja.Undefined()
		}
		parts := make([]string, 0, len(c.Arguments))
		for _, a := range c.Arguments {
			parts = append(parts, m.loggable(a))
		}
		s := strings.Join(parts, " ")
		if len(s) > maxLogText {
			s = s[:maxLogText] + "…"
		}
		u.effects.logs = append(u.effects.logs, logLine{level, s, u.step.name})
		return goja.Undefined()
	}
}

func (m *machine) loggable(v goja.Value) string {
	if o, ok := v.(*goja.Object); ok && o.ClassName() != "Error" {
		if text, ok := m.encoder(16*maxLogText).encode(nil, o); ok {
			return string(text)
		}
	}
	return v.String()
}

// publish lets a finished event's effects out.
func (p *processor) publish(j *job) {
	for _, l := range j.effects.logs {
		p.log.write(l)
	}
	if j.failure != nil || p.program.trace {
		return
	}
	for _, e := range j.effects.metrics {
		if err := p.business.add(e); err != nil {
			p.log.write(logLine{"warn", err.Error(), ""})
		}
	}
}

// business is the metrics that the steps of one pipeline make up.
type business struct {
	stats    *record.Stats
	pipeline string
	mu       sync.Mutex
	metrics  map[string]*businessMetric
}

type businessMetric struct {
	names   []string
	observe bool
	counter *prometheus.CounterVec
	values  *prometheus.HistogramVec
	series  map[string]bool
}

func newBusiness(s *record.Stats, pipeline string) *business {
	return &business{stats: s, pipeline: pipeline, metrics: map[string]*businessMetric{}}
}

func (b *business) add(e measurement) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.metrics[e.name]
	if m == nil {
		var err error
		if m, err = b.register(e); err != nil {
			return err
		}
	}
	if m.observe != e.observe || !slices.Equal(m.names, e.names) {
		return fmt.Errorf("metric %s was first used with the labels %q: a metric keeps its kind and its labels", e.name, m.names)
	}
	labels := prometheus.Labels{fieldPipeline: b.pipeline}
	id := ""
	for _, k := range e.names {
		labels[k] = e.labels[k]
		id += "\x00" + e.labels[k]
	}
	if !m.series[id] {
		if len(m.series) >= maxSeries {
			for _, k := range e.names {
				labels[k] = overflowed
			}
		} else {
			m.series[id] = true
		}
	}
	if e.observe {
		m.values.With(labels).Observe(e.value)
	} else {
		m.counter.With(labels).Add(e.value)
	}
	return nil
}

// register makes a metric, or finds the one that another pipeline or another processor made.
func (b *business) register(e measurement) (*businessMetric, error) {
	if len(b.metrics) >= maxNames {
		return nil, fmt.Errorf("metric %s is one too many: a pipeline may have %d", e.name, maxNames)
	}
	m := &businessMetric{names: e.names, observe: e.observe, series: map[string]bool{}}
	name := "inflect_business_" + e.name
	labels := append([]string{fieldPipeline}, e.names...)
	var err error
	if e.observe {
		m.values, err = registered(b.stats, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name,
			Help: "Observed by ctx.observe in a pipeline's steps.", Buckets: prometheus.ExponentialBucketsRange(0.001, 1e6, 19)}, labels))
	} else {
		m.counter, err = registered(b.stats, prometheus.NewCounterVec(prometheus.CounterOpts{Name: name,
			Help: "Counted by ctx.count in a pipeline's steps."}, labels))
	}
	if err != nil {
		return nil, fmt.Errorf("metric %s cannot be used with the labels %q: another step uses it otherwise", e.name, e.names)
	}
	b.metrics[e.name] = m
	return m, nil
}

func registered[C record.Vec](s *record.Stats, c C) (C, error) {
	err := s.Registry.Register(c)
	var dup prometheus.AlreadyRegisteredError
	if errors.As(err, &dup) {
		if have, ok := dup.ExistingCollector.(C); ok {
			return have, nil
		}
	}
	if err == nil {
		s.Add(c)
	}
	return c, err
}

// logLimit writes what steps log, so many lines a second, and says how many it left out.
type logLimit struct {
	*service.Logger
	mu      sync.Mutex
	second  int64
	written int
	dropped int
}

func newLogLimit(l *service.Logger) *logLimit { return &logLimit{Logger: l} }

func (l *logLimit) write(line logLine) {
	l.mu.Lock()
	now := time.Now().Unix()
	dropped := 0
	if now != l.second {
		dropped = l.dropped
		l.second, l.written, l.dropped = now, 0, 0
	}
	l.written++
	skip := l.written > logRate
	if skip {
		l.dropped++
	}
	l.mu.Unlock()
	if dropped > 0 {
		l.Warnf("%d lines that steps logged were left out: at most %d are written in a second", dropped, logRate)
	}
	if skip {
		return
	}
	out := l.With("step", line.step)
	switch line.level {
	case "error":
		out.Error(line.text)
	case "warn":
		out.Warn(line.text)
	case "debug":
		out.Debug(line.text)
	default:
		out.Info(line.text)
	}
}
