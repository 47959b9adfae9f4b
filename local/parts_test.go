package local

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/inflect-dev/inflect/tests/leaks"
	"github.com/inflect-dev/inflect/tests/parts"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// start runs a part and returns what stops it and waits.
func start(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopping: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// patience is how long tests wait for what a busy machine may be slow to do.
const patience = 4 * time.Minute

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func address(t *testing.T, p *Ports, id string) string {
	t.Helper()
	a, err := p.Address(id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func listen(t *testing.T, p *Ports, id string) net.Listener {
	t.Helper()
	l, err := p.Listen(id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestPortsAreRememberedAcrossRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := OpenPorts(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t, p, "kafka")
	defer l.Close()
	again, err := OpenPorts(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := l.Addr().(*net.TCPAddr).Port; again.byID["kafka"] != want {
		t.Errorf("remembered %d, want %d", again.byID["kafka"], want)
	}
	// A port that somebody has by now is replaced.
	if got := address(t, again, "kafka"); got == l.Addr().String() {
		t.Errorf("%s was given away twice", got)
	}
}

func TestDamagedPortsFileIsForgotten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ports.json"), []byte(`{"kafka":`), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := OpenPorts(dir)
	if err != nil {
		t.Fatal(err)
	}
	address(t, p, "kafka")
}

func TestBrokerKeepsRecordsAndOffsets(t *testing.T) {
	t.Parallel()
	ctx, dir := deadline(t), t.TempDir()
	ports, err := OpenPorts(dir)
	if err != nil {
		t.Fatal(err)
	}
	open := func() (*Kafka, func()) {
		k, err := StartKafka(filepath.Join(dir, "kafka"), listen(t, ports, "kafka"))
		if err != nil {
			t.Fatal(err)
		}
		return k, start(t, k.Run)
	}
	k, stop := open()
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Broker))
	if err != nil {
		t.Fatal(err)
	}
	reg, stopRegistry := openRegistry(t, dir, ports)
	if err := PrepareDemo(ctx, client, reg); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(ctx, &kgo.Record{Topic: demoTopic, Value: []byte("kept")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	client.Close()
	stopRegistry()
	stop()

	k, _ = open()
	client, err = kgo.NewClient(kgo.SeedBrokers(k.Broker), kgo.ConsumeTopics(demoTopic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	fetches := client.PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		t.Fatal(err)
	}
	if got := fetches.Records(); len(got) != 1 || string(got[0].Value) != "kept" {
		t.Errorf("got %d records after the restart, want the one", len(got))
	}
	reg, _ = openRegistry(t, dir, ports)
	if err := PrepareDemo(ctx, client, reg); err != nil {
		t.Errorf("preparing the demo a second time: %v", err)
	}
}

func openRegistry(t *testing.T, dir string, ports *Ports) (*sr.Client, func()) {
	t.Helper()
	r, err := StartRegistry(dir, listen(t, ports, "registry"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := sr.NewClient(sr.URLs(r.URL))
	if err != nil {
		t.Fatal(err)
	}
	return client, start(t, r.Run)
}

func TestRegistryKeepsSchemasUnderTheirIDs(t *testing.T) {
	t.Parallel()
	ctx, dir := deadline(t), t.TempDir()
	ports, err := OpenPorts(dir)
	if err != nil {
		t.Fatal(err)
	}
	client, stop := openRegistry(t, dir, ports)
	ids := map[string]int{}
	for _, s := range []string{"a", "b", "c"} {
		made, err := client.CreateSchema(ctx, s, sr.Schema{Schema: `{"title":"` + s + `"}`, Type: sr.TypeJSON})
		if err != nil {
			t.Fatal(err)
		}
		ids[s] = made.ID
	}
	if _, err := client.DeleteSubject(ctx, "b", sr.SoftDelete); err != nil {
		t.Fatal(err)
	}
	stop()
	// A crash in mid-write leaves half a line.
	f, err := os.OpenFile(filepath.Join(dir, "registry.ndjson"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"method":"POST","ur`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	for range 2 {
		client, stop = openRegistry(t, dir, ports)
		for _, s := range []string{"a", "c"} {
			got, err := client.SchemaByVersion(ctx, s, -1)
			if err != nil || got.ID != ids[s] {
				t.Errorf("schema %s: id %d (%v), want %d", s, got.ID, err, ids[s])
			}
		}
		if _, err := client.SchemaByVersion(ctx, "b", -1); err == nil {
			t.Error("the deleted subject is back")
		}
		if _, err := client.CreateSchema(ctx, "d", sr.Schema{Schema: `{"title":"d"}`, Type: sr.TypeJSON}); err != nil {
			t.Error(err)
		}
		stop()
	}
}

func TestPostgresKeepsRowsThroughStopAndCrash(t *testing.T) {
	t.Parallel()
	ctx, dir := deadline(t), t.TempDir()
	ports, err := OpenPorts(dir)
	if err != nil {
		t.Fatal(err)
	}
	// Nobody else is to take the port while the server is down.
	_, port, err := net.SplitHostPort(parts.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	if ports.byID["postgres"], err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	var dsn string
	for i, statement := range []string{"CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)", "INSERT INTO kept VALUES (2)"} {
		p, err := NewPostgres(ctx, dir, address(t, ports, "postgres"), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && p.DSN() != dsn {
			t.Errorf("the address or password changed with the restart")
		}
		dsn = p.DSN()
		stop := start(t, p.Run)
		if err := p.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
		if err := conn.Close(ctx); err != nil {
			t.Error(err)
		}
		stop()
	}
}

func TestFeedGivesEveryEventANewIDAndThePresent(t *testing.T) {
	t.Parallel()
	f, err := DemoFeed(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.events) < 1000 {
		t.Errorf("the feed has %d events only", len(f.events))
	}
	now := time.UnixMilli(1_800_000_000_000)
	var gaps time.Duration
	for _, e := range f.events {
		gaps += e.gap
		r := e.record("t", "-r1", now)
		var got struct {
			ID         string
			Properties struct{ Time, Updated int64 }
		}
		if err := json.Unmarshal(r.Value, &got); err != nil {
			t.Fatalf("%s: %v", e.id, err)
		}
		if got.ID != e.id+"-r1" || string(r.Key) != got.ID || got.Properties.Time != now.UnixMilli() || got.Properties.Updated != now.UnixMilli()+e.lag {
			t.Fatalf("got %+v of %s", got, e.id)
		}
	}
	if rate := float64(len(f.events)) / gaps.Seconds(); rate < demoRate/2 || rate > demoRate*2 {
		t.Errorf("the feed runs at %.0f events per second, want about %d", rate, demoRate)
	}
}

func TestDemoSpecsAreValid(t *testing.T) {
	t.Parallel()
	specs, err := DemoPipelines()
	if err != nil {
		t.Fatal(err)
	}
	made := strings.Join(demoTopics, " ")
	for _, s := range specs {
		if errs := s.Validate(); len(errs) > 0 {
			t.Errorf("%s: %v", s.Name, errs)
		}
		for _, topic := range []string{s.Source.Topic, s.Target.Topic, s.DLQ.Topic} {
			if !strings.Contains(made, topic) {
				t.Errorf("%s names the topic %s, which the demo does not make", s.Name, topic)
			}
		}
	}
}

func TestDemoTransformsLeaveTheUsersFilesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := WriteDemoTransforms(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "demo", "quakes.ts")
	if err := os.WriteFile(file, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteDemoTransforms(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "mine" {
		t.Errorf("the edited file was written over: %q, %v", got, err)
	}
}
