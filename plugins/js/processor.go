package js

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dustin/go-humanize"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/plugins/record"
)

const (
	fieldPipeline   = "pipeline"
	fieldSteps      = "steps"
	fieldName       = "name"
	fieldKind       = "kind"
	fieldFile       = "file"
	fieldCode       = "code"
	fieldExport     = "export"
	fieldParams     = "params"
	fieldTimeout    = "timeout"
	fieldMemory     = "memory_limit"
	fieldTombstones = "tombstones"
	fieldOutputs    = "outputs"
	fieldTrace      = "trace"
	fieldMaxEmits   = "max_emits"
	fieldMaxOutput  = "max_output"
	fieldBudget     = "batch_timeout"
)

// What becomes of null values.
const (
	tombstonePass  = "pass"
	tombstoneSteps = "steps"
	tombstoneDrop  = "drop"
)

func spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Summary("Runs the ordered steps of a pipeline, JavaScript or TypeScript functions, on each event.").
		Description(`
A step is a function of an event and a context, ` + "`(event, ctx) => result`" + `. A transform returns the new event, a filter whether
to keep it; a falsy result means in both that the event is filtered. All steps of a pipeline belong into one processor:
the event is then decoded and encoded once.

An event that fails, because a step throws, takes too long or needs too much, keeps its original bytes and carries the
error and the metadata ` + "`inflect_error_code` and `inflect_stage`" + `; the other events of its batch go on. Events that carry an
error already are left alone.`).
		Field(service.NewStringField(fieldPipeline).Default("").
			Description("The name under which metrics and logs appear. The component's label when empty.")).
		Field(service.NewObjectListField(fieldSteps,
			service.NewStringField(fieldName).Description("Names the step in errors and metrics: letters, digits, `_` and `-`."),
			service.NewStringEnumField(fieldKind, kindTransform, kindFilter).Default(kindTransform).Description("What the result means."),
			service.NewStringField(fieldFile).Default("").
				Description("A file of the transform directory, which `--transforms` names (the working directory when it does not). It cannot lie outside."),
			service.NewStringField(fieldCode).Default("").
				Description("The code itself instead of a file: one function expression, or a module with exports. TypeScript is understood; imports are not."),
			service.NewStringField(fieldExport).Default("").Description("Which export is the step. The default export when empty."),
			service.NewAnyField(fieldParams).Default(map[string]any{}).
				Description("What the step finds, frozen, at `ctx.params`: an object, or the JSON text of one, whose numbers and order of keys are kept as they are."),
		).Description("The steps, in order.")).
		Field(service.NewDurationField(fieldTimeout).Default("1s").Description("For one event in one step.")).
		Field(service.NewStringField(fieldMemory).Default("256MiB").
			Description("How much a batch may make the heap grow before the scripts that cause it are interrupted.")).
		Field(service.NewStringEnumField(fieldTombstones, tombstonePass, tombstoneSteps, tombstoneDrop).Default(tombstonePass).
			Description("What becomes of null values: delivered past the steps, given to the steps as null, or filtered.")).
		Field(service.NewStringMapField(fieldOutputs).Default(map[string]any{}).
			Description("Further topics by the name that `ctx.emit` gives.")).
		Field(service.NewIntField(fieldMaxEmits).Default(10000).Advanced().Description("How many events `ctx.emit` may make of one.")).
		Field(service.NewStringField(fieldMaxOutput).Default("64MiB").Advanced().Description("How long the JSON text of one event may become.")).
		Field(service.NewDurationField(fieldBudget).Default("30s").Advanced().
			Description("For all events of one batch. It must stay below the transaction's timeout; a pipeline that needs longer is stopped as failed.")).
		Field(service.NewBoolField(fieldTrace).Default(false).Advanced().
			Description("For trials: reports each step in the metadata `inflect_trace` and passes filtered events on, marked with `inflect_outcome`."))
}

// matchTimeout bounds one match of a regular expression, which nothing can interrupt. Its clock is coarse: one that found
// nothing and took longer than matchSlow may have been cut short.
const (
	matchTimeout = 300 * time.Millisecond
	matchSlow    = 150 * time.Millisecond
)

func init() {
	// Steps run in UTC, and the engine asks the process for its zone. Both settings have to be made before any other
	// goroutine runs.
	time.Local = time.UTC
	regexp2.DefaultMatchTimeout = matchTimeout
	service.MustRegisterBatchProcessor("inflect_js", spec(),
		func(conf *service.ParsedConfig, res *service.Resources) (service.BatchProcessor, error) {
			return newProcessor(conf, res)
		})
}

// program is what a config compiles to. All runtimes of a processor share it.
type program struct {
	pipeline    string
	steps       []*step
	timeout     time.Duration
	memory      uint64
	tombstones  string
	outputs     map[string]string
	outputNames []string
	maxEmits    int
	maxOutput   int
	trace       bool
	// timers are the histograms of the steps' durations.
	timers []prometheus.Observer
	// budget is how long one batch may take.
	budget time.Duration
}

// stage is where a failure belongs that no step is to blame for.
func (p *program) stage() string {
	if len(p.steps) == 0 {
		return record.StageUnknown
	}
	return p.steps[0].stage
}

var stepName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,62}$`)

func newProgram(conf *service.ParsedConfig, res *service.Resources) (p *program, err error) {
	p = &program{}
	r := fieldReader{conf: conf}
	p.pipeline = r.text(fieldPipeline)
	if p.pipeline == "" {
		p.pipeline = res.Label()
	}
	p.timeout = r.duration(fieldTimeout)
	p.budget = r.duration(fieldBudget)
	p.memory = r.size(fieldMemory)
	p.tombstones = r.text(fieldTombstones)
	p.maxEmits = r.number(fieldMaxEmits)
	p.maxOutput = int(r.size(fieldMaxOutput))
	p.trace, r.err = firstOf(r.err, conf.FieldBool, fieldTrace)
	p.outputs, r.err = firstOf(r.err, conf.FieldStringMap, fieldOutputs)
	if r.err != nil {
		return nil, r.err
	}
	if p.timeout <= 0 {
		return nil, fmt.Errorf("%s must be longer than nothing", fieldTimeout)
	}
	p.outputNames = slices.Sorted(maps.Keys(p.outputs))
	list, err := conf.FieldObjectList(fieldSteps)
	if err != nil {
		return nil, err
	}
	dir, dirErr := transformDir(res)
	for _, c := range list {
		s, err := parseStep(c)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(p.steps, func(t *step) bool { return t.name == s.name }) {
			return nil, fmt.Errorf("step %s: an earlier step has the same name", s.name)
		}
		if s.file != "" && dirErr != nil {
			return nil, fmt.Errorf("step %s: %w", s.name, dirErr)
		}
		loaded, err := load(s, dir)
		if err != nil {
			return nil, fmt.Errorf("step %s: %w", s.name, err)
		}
		p.steps = append(p.steps, loaded)
	}
	return p, nil
}

// fieldReader reads fields until the first error.
type fieldReader struct {
	conf *service.ParsedConfig
	err  error
}

func firstOf[T any](err error, read func(...string) (T, error), name string) (T, error) {
	v, rerr := read(name)
	if err == nil {
		err = rerr
	}
	return v, err
}

func (r *fieldReader) text(name string) (s string) {
	s, r.err = firstOf(r.err, r.conf.FieldString, name)
	return s
}

func (r *fieldReader) number(name string) (n int) {
	n, r.err = firstOf(r.err, r.conf.FieldInt, name)
	return n
}

func (r *fieldReader) duration(name string) (d time.Duration) {
	d, r.err = firstOf(r.err, r.conf.FieldDuration, name)
	return d
}

func (r *fieldReader) size(name string) uint64 {
	n, err := humanize.ParseBytes(r.text(name))
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s must be a size like 256MiB: %w", name, err)
	}
	return n
}

func parseStep(conf *service.ParsedConfig) (c stepConfig, err error) {
	r := fieldReader{conf: conf}
	c = stepConfig{name: r.text(fieldName), kind: r.text(fieldKind), file: r.text(fieldFile), code: r.text(fieldCode), export: r.text(fieldExport)}
	params, err := firstOf(r.err, conf.FieldAny, fieldParams)
	if err != nil {
		return c, err
	}
	if !stepName.MatchString(c.name) {
		return c, fmt.Errorf("step %q: the name must consist of letters, digits, _ and -, and begin with a letter", c.name)
	}
	if (c.file == "") == (c.code == "") {
		return c, fmt.Errorf("step %s: needs either file or code, and not both", c.name)
	}
	if text, ok := params.(string); ok {
		c.params = json.RawMessage(text)
	} else if c.params, err = json.Marshal(params); err != nil {
		return c, fmt.Errorf("step %s: params: %w", c.name, err)
	}
	if t := strings.TrimSpace(string(c.params)); !strings.HasPrefix(t, "{") {
		return c, fmt.Errorf("step %s: params must be an object", c.name)
	}
	return c, nil
}

type filesKey struct{}

// RefuseFiles makes every inflect_js that is built with r refuse `file:`, for configs that come from the network.
func RefuseFiles(r *service.Resources) { r.SetGeneric(filesKey{}, true) }

// TransformsVariable is the environment variable that names the transform directory; the value "off" refuses `file:`.
const TransformsVariable = "INFLECT_TRANSFORMS"

// transformDir is where file: resolves. The error says why it does not.
func transformDir(res *service.Resources) (string, error) {
	dir := os.Getenv(TransformsVariable)
	if _, refused := res.GetGeneric(filesKey{}); refused || dir == "off" {
		return "", errors.New("file: is not possible in this process, whose configs come over the network: put the bundled module into the field code")
	}
	if dir == "" {
		return ".", nil
	}
	return dir, nil
}

// processor is inflect_js. ProcessBatch may be called by several goroutines at once.
type processor struct {
	program *program
	pool    *pool
	stats   *record.Pipeline
	// business holds what steps count and observe, log what they say.
	business *business
	log      *logLimit
}

func newProcessor(conf *service.ParsedConfig, res *service.Resources) (*processor, error) {
	p, err := newProgram(conf, res)
	if err != nil {
		return nil, err
	}
	stats := record.StatsOf(res)
	counters := stats.Pipeline(p.pipeline)
	for _, s := range p.steps {
		p.timers = append(p.timers, counters.StepTimer(s.name))
	}
	pool, err := newPool(p, counters)
	if err != nil {
		return nil, err
	}
	return &processor{program: p, pool: pool, stats: counters, business: newBusiness(stats, p.pipeline), log: newLogLimit(res.Logger().With("pipeline", p.pipeline))}, nil
}

func (p *processor) ProcessBatch(_ context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	jobs := make([]*job, 0, len(batch))
	var work []*job
	for _, msg := range batch {
		j := &job{message: msg}
		if p.prepare(j) {
			work = append(work, j)
		}
		if n := len(jobs); n > 0 && j.source() == jobs[n-1].source() {
			j.sibling, jobs[n-1].sibling = true, true
		}
		jobs = append(jobs, j)
	}
	newShift(p.pool, work).run()
	out := make(service.MessageBatch, 0, len(batch))
	for _, j := range jobs {
		out = p.finish(out, j)
	}
	p.countFiltered(jobs, out)
	if len(out) == 0 {
		return nil, nil
	}
	return []service.MessageBatch{out}, nil
}

// prepare reports whether the steps have to see the message.
func (p *processor) prepare(j *job) bool {
	if j.message.GetError() != nil || record.Traced(j.message) {
		j.skip, j.envelope = true, record.From(j.message)
		return false
	}
	j.envelope = record.Ensure(j.message)
	text, err := j.message.AsBytes()
	if err != nil {
		j.failure = &record.Failure{Code: record.CodeNotJSON, Stage: p.program.stage(), Message: "the event cannot be read: " + err.Error()}
		return false
	}
	j.text = text
	if j.envelope.Null {
		switch p.program.tombstones {
		case tombstonePass:
			j.skip = true
			return false
		case tombstoneDrop:
			return false
		}
	}
	return true
}

func (p *processor) Close(context.Context) error { return nil }
