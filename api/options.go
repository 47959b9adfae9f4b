package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/inflect-dev/inflect/pipeline"
)

// Options are what the API stands on. Those up to Runner are required; a nil among the others makes the routes that need
// it answer that this server does not have it.
type Options struct {
	Pipelines  Pipelines
	States     States
	History    History
	Audit      Audit
	Engines    Engines
	Operations Operations
	Checker    Checker
	Runner     Runner

	// Changes may be nil: then event streams look for changes at every tick.
	Changes     Changes
	TestCases   TestCases
	Topics      Topics
	Schemas     Schemas
	Transforms  Transforms
	DeadLetters DeadLetters
	Generator   Generator
	Scaling     Scaling
	Comparer    Comparer
	Tokens      Tokens

	// Probes are what /readyz asks, by name: "postgres", "engines".
	Probes map[string]func(context.Context) error
	// Metrics serves /metrics, Page everything that is no route of the API.
	Metrics, Page http.Handler
	// RequireTokens is false only on loopback, or when somebody said so explicitly.
	RequireTokens bool
	// Hosts are the names, without port, under which browsers may address this server besides localhost and plain
	// addresses.
	Hosts []string
	// Version and Commit are what /version says.
	Version, Commit string
	Log             *slog.Logger

	// MaxBody bounds a request's body, in bytes. Default 16 MiB.
	MaxBody int64
	// Timeout bounds a request that is answered at once, LongTimeout one that waits for engines or many records.
	// Defaults 30 s and 5 min.
	Timeout, LongTimeout time.Duration
	// Tick is how often an event stream looks for changes, Heartbeat how often it says that it is alive. Defaults 1 s
	// and 15 s.
	Tick, Heartbeat time.Duration
}

// Pipelines are the saved specs.
type Pipelines interface {
	List(context.Context, pipeline.Query) (pipeline.Page[pipeline.Pipeline], error)
	Get(ctx context.Context, name string) (pipeline.Pipeline, error)
	Create(ctx context.Context, spec pipeline.Spec, actor string) (pipeline.Pipeline, error)
	// Update replaces a spec; revision 0 stands for whatever is there.
	Update(ctx context.Context, name string, revision int64, spec pipeline.Spec, actor string) (pipeline.Pipeline, error)
}

// States changes what is wanted of a pipeline.
type States interface {
	SetState(ctx context.Context, name string, state pipeline.State, actor string) (pipeline.Pipeline, error)
	// Delete removes a pipeline; revision 0 stands for whatever is there.
	Delete(ctx context.Context, name string, revision int64, actor string) error
	// Touch makes a new revision of an unchanged spec, for what action says. Nothing happens when the revision is another
	// by now.
	Touch(ctx context.Context, name string, revision int64, actor, action string, build *pipeline.Build) error
}

// History is what specs have been.
type History interface {
	Revisions(ctx context.Context, name string) ([]pipeline.Revision, error)
	Revision(ctx context.Context, name string, revision int64) (pipeline.Revision, error)
	// Applied is the newest revision that has run, up to the given one; ok is false when none has.
	Applied(ctx context.Context, name string, upTo int64) (rev pipeline.Revision, ok bool, err error)
	// Rollback makes revision n, with the code it was built from, the newest; ifRevision 0 stands for whatever is there.
	Rollback(ctx context.Context, name string, n, ifRevision int64, actor string) (pipeline.Pipeline, error)
}

// Audit is who did what. Changes of rows are recorded by whoever makes them; Note adds what changes no row.
type Audit interface {
	Audit(ctx context.Context, pipeline, cursor string, limit int) (pipeline.Page[pipeline.AuditEntry], error)
	Note(ctx context.Context, pipeline, actor, action string, details any) error
}

// Engines is what is seen of pipelines.
type Engines interface {
	Status(ctx context.Context, name string) (pipeline.Status, error)
	Statuses(context.Context) (map[string]pipeline.Status, error)
	// Config is the stream config exactly as it was pushed.
	Config(ctx context.Context, name string) ([]byte, error)
}

// Scaling is how many instances pipelines have, and why.
type Scaling interface {
	Scale(ctx context.Context, name string) (pipeline.Scale, error)
	ScalingChanges(ctx context.Context, name, cursor string, limit int) (pipeline.Page[pipeline.ScalingChange], error)
}

// Operations are done to what runs, and return when they are done.
type Operations interface {
	Restart(ctx context.Context, name string) error
	Drain(ctx context.Context, name string) error
	Replay(ctx context.Context, name string, to pipeline.Replay) error
}

// Changes tells that some status changed, earlier than the next tick would. The channel is closed when ctx ends.
type Changes interface {
	Subscribe(context.Context) <-chan pipeline.Status
}

// Checker finds every problem of a spec, warnings included. What it could not look up is a problem of CodeUnavailable.
type Checker interface {
	Validate(context.Context, pipeline.Spec) pipeline.Errors
	// CodeHash is that of the code which the steps would be built into now; a revision has that of its own code.
	CodeHash(context.Context, pipeline.Spec) (string, error)
}

// Runner tries events on a pipeline without producing anything. A revision runs the code that it was built into; revision 0 is
// a spec that was not saved.
type Runner interface {
	Run(context.Context, pipeline.Pipeline, []pipeline.TestEvent) ([]pipeline.TestResult, error)
	// RunWith is Run with schemas that are taken for registered, each for the newest of its subject.
	RunWith(context.Context, []pipeline.RegisteredSchema, pipeline.Pipeline, []pipeline.TestEvent) ([]pipeline.TestResult, error)
}

// TestCases are the saved trials of pipelines, by name.
type TestCases interface {
	TestCases(ctx context.Context, pipeline string) ([]pipeline.TestCase, error)
	SaveTestCase(ctx context.Context, pipeline string, c pipeline.TestCase, actor string) error
	DeleteTestCase(ctx context.Context, pipeline, name, actor string) error
}

// Topics is the Kafka cluster. Reading never joins a consumer group.
type Topics interface {
	Topics(context.Context) ([]pipeline.TopicSummary, error)
	Topic(ctx context.Context, name string) (pipeline.Topic, error)
	Records(ctx context.Context, topic string, q pipeline.RecordQuery) ([]pipeline.Record, error)
	// Produce writes all of the records and says where they went, in order.
	Produce(ctx context.Context, topic string, records []pipeline.Record) ([]pipeline.ProducedRecord, error)
}

// Schemas is the schema registry.
type Schemas interface {
	Subjects(context.Context) ([]string, error)
	Subject(ctx context.Context, name string) (pipeline.Subject, error)
	Resolve(ctx context.Context, subject string, version pipeline.Version) (pipeline.RegisteredSchema, error)
	// ByID is one subject and version that the id, which framed values carry, stands for.
	ByID(ctx context.Context, id int32) (subject string, version int, err error)
	// Compatible is what the registry would say if the schema were registered. One that it cannot read is CodeInvalid.
	Compatible(context.Context, pipeline.RegisteredSchema) (pipeline.Compatibility, error)
	// CompatibleWith is the same of one version of the subject alone.
	CompatibleWith(ctx context.Context, s pipeline.RegisteredSchema, version int) (pipeline.Compatibility, error)
}

// Transforms are the functions of the transform directory, and what is wrong with files that cannot be used.
type Transforms interface {
	Functions(context.Context) ([]pipeline.Function, pipeline.Errors, error)
}

// DeadLetters are the records that failed.
type DeadLetters interface {
	List(context.Context, pipeline.Spec, pipeline.DeadLetterQuery) (pipeline.DeadLetters, error)
	// Replay sends each dead letter at most once, however often it is called.
	Replay(context.Context, pipeline.Pipeline, pipeline.DeadLetterReplay) (pipeline.DeadLetterReplayed, error)
}

// Generator makes events that fit a schema.
type Generator interface {
	Generate(context.Context, pipeline.SampleRequest) ([]pipeline.Sample, error)
}

// Comparer says how the events of a schema differ from those of the one before it.
type Comparer interface {
	Differences(ctx context.Context, before, after pipeline.RegisteredSchema) ([]pipeline.SchemaDifference, error)
}

// Tokens are stored as the SHA-256 of their secrets.
type Tokens interface {
	Tokens(context.Context) ([]pipeline.Token, error)
	CreateToken(ctx context.Context, t pipeline.Token, hash [32]byte, actor string) (pipeline.Token, error)
	RevokeToken(ctx context.Context, id, actor string) error
	// TokenByHash is CodeNotFound when there is no such token; expired ones are found.
	TokenByHash(ctx context.Context, hash [32]byte) (pipeline.Token, error)
}

func (o Options) withDefaults() Options {
	or(&o.MaxBody, 16<<20)
	or(&o.Timeout, 30*time.Second)
	or(&o.LongTimeout, 5*time.Minute)
	or(&o.Tick, time.Second)
	or(&o.Heartbeat, 15*time.Second)
	return o
}

func or[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}
