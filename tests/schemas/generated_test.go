package schemas

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/api/sample"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// fullSize is the number of events in each format from which on a run is a full one.
const fullSize = 10_000

// events is how many are generated in each format: INFLECT_SCHEMA_EVENTS, or a quarter of a full run. Of every one in so
// many public schemas the edge cases and near misses are tried as well.
func events(t testing.TB) (count, oneIn int) {
	t.Helper()
	text := os.Getenv("INFLECT_SCHEMA_EVENTS")
	if text == "" {
		return fullSize / 4, 4
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		t.Fatalf("INFLECT_SCHEMA_EVENTS is %q: it must be a number from 1000 on", text)
	}
	return n, max(1, fullSize/n)
}

func generate(t testing.TB, s pipeline.RegisteredSchema, count int, mutants bool) (valid, edges, misses []string) {
	t.Helper()
	out, err := sample.Generator{}.Generate(context.Background(),
		pipeline.SampleRequest{Schema: s, Count: count, Seed: 1, EdgeCases: mutants, NearMisses: mutants})
	if err != nil {
		t.Fatalf("%s: %v", s.Subject, err)
	}
	for _, e := range out {
		switch v := string(e.Event.Value); {
		case e.Note == "":
			valid = append(valid, v)
		case e.Invalid:
			misses = append(misses, v)
		default:
			edges = append(edges, v)
		}
	}
	return valid, edges, misses
}

// public is the schemas of SchemaStore that need nothing but themselves.
func public(t testing.TB) []pipeline.RegisteredSchema {
	t.Helper()
	root, err := cache.SchemaStore()
	if err != nil {
		t.Fatal(err)
	}
	var out []pipeline.RegisteredSchema
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		// Large schemas take the time of the whole test and show nothing that others do not.
		if len(b) > 20_000 {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		s := pipeline.RegisteredSchema{Subject: rel, Version: 1, Type: "JSON", Text: string(b)}
		if _, compileErr := (sample.Generator{}).Generate(context.Background(), pipeline.SampleRequest{Schema: s}); compileErr == nil {
			out = append(out, s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// beyond is the public schemas for which no event is found: each asks, by a negation or a pattern that looks ahead, for
// more than a generator can guess.
var beyond = map[string]bool{
	"github-issue-forms.json": true,
	"raw.githubusercontent.com/nagyesta/yippee-ki-json/main/schema/yippee-ki-json_config_schema.json":   true,
	"raw.githubusercontent.com/nagyesta/yippee-ki-json/v1.1.2/schema/yippee-ki-json_config_schema.json": true,
	"raw.githubusercontent.com/snapcore/snapcraft/master/schema/snapcraft.json":                         true,
}

func TestGeneratedEventsFitPublicSchemas(t *testing.T) {
	c := fake(t)
	schemas := public(t)
	count, _ := events(t)
	each := count/len(schemas) + 1
	var sum tally
	for i, s := range schemas {
		if beyond[s.Subject] {
			continue
		}
		subject := fmt.Sprintf("public-%d", i)
		c.register(t, subject, "JSON", s.Text)
		// Edge cases and near misses of every tenth schema.
		valid, edges, misses := sum.generate(t, s, each, i%10 == 0)
		all := slices.Concat(valid, edges, misses)
		for n, r := range process(t, c.config("direction: decode, subject: "+subject), all...) {
			invalid := n >= len(valid)+len(edges)
			if (r.code != "") != invalid {
				t.Errorf("%s: event %d of %d, near miss %v: %s %s\n%s", s.Subject, n, len(all), invalid, r.code, r.message, all[n])
			}
		}
	}
	t.Logf("%d schemas: %s", len(schemas)-len(beyond), sum)
	if len(schemas)-len(beyond) < 60 || sum.valid < count {
		t.Errorf("%d events of %d schemas", sum.valid, len(schemas))
	}
}

func TestGeneratedEventsGoThereAndBack(t *testing.T) {
	for typ, ending := range map[string]string{"AVRO": ".avsc", "PROTOBUF": ".proto"} {
		t.Run(typ, func(t *testing.T) {
			c := fake(t)
			schemas := own(t, ending, typ)
			for _, s := range schemas {
				c.register(t, s.Subject, typ, s.Text)
				sum := tally{}
				count, _ := events(t)
				sum.thereAndBack(t, c, s, count/len(schemas)+1, true)
				t.Logf("%s: %s", s.Subject, sum)
			}
		})
	}
}

func TestGeneratedEventsOfPublicSchemasGoThereAndBack(t *testing.T) {
	for typ, open := range map[string]func(testing.TB) corpus{"AVRO": publicAvro, "PROTOBUF": publicProtobuf} {
		t.Run(typ, func(t *testing.T) {
			c := fake(t)
			schemas := open(t)
			sum := tally{}
			count, oneIn := events(t)
			for i, name := range schemas.events() {
				schemas.register(t, c, name)
				sum.thereAndBack(t, c, schemas.registered(name), count/len(schemas.events())+1, i%oneIn == 0)
			}
			t.Logf("%d schemas: %s", len(schemas.events()), sum)
			if len(schemas.events()) < 60 || sum.valid < count {
				t.Errorf("%d schemas, %d events", len(schemas.events()), sum.valid)
			}
		})
	}
}

// tally is how many events went through and the processor time that the generator took for them.
type tally struct {
	valid, edges, misses int
	took                 time.Duration
}

func (s tally) String() string {
	return fmt.Sprintf("%d events, %d edge cases, %d near misses, %s of processor time per event", s.valid, s.edges, s.misses, s.took/time.Duration(s.valid+s.edges+s.misses))
}

// generate makes events of a schema, the first of them twice, and counts them.
func (s *tally) generate(t *testing.T, schema pipeline.RegisteredSchema, count int, mutants bool) (valid, edges, misses []string) {
	t.Helper()
	before := cpu(t)
	valid, edges, misses = generate(t, schema, count, mutants)
	s.took += cpu(t) - before
	s.valid, s.edges, s.misses = s.valid+len(valid), s.edges+len(edges), s.misses+len(misses)
	if first, _, _ := generate(t, schema, 3, false); !slices.Equal(first, valid[:3]) {
		t.Fatalf("%s: the same seed gave other events: %s, and not %s", schema.Subject, first, valid[:3])
	}
	return valid, edges, misses
}

// thereAndBack makes events of a schema that is registered under its subject, writes them, reads them and writes them again. No
// near miss may be written, if edge cases and near misses are wanted, too.
func (s *tally) thereAndBack(t *testing.T, c *catalog, schema pipeline.RegisteredSchema, count int, mutants bool) {
	t.Helper()
	valid, edges, misses := s.generate(t, schema, count, mutants)
	good := slices.Concat(valid, edges)
	all := slices.Concat(good, misses)
	encoded := process(t, c.config("direction: encode, subject: "+schema.Subject), all...)
	for i, r := range encoded {
		if (r.code != "") != (i >= len(good)) {
			t.Fatalf("%s: event %d, near miss %v: %s %s\n%s", schema.Subject, i, i >= len(good), r.code, r.message, all[i])
		}
	}
	payloads := texts(encoded[:len(good)])
	decoded := process(t, c.config("direction: decode, subject: "+schema.Subject), payloads...)
	again := process(t, c.config("direction: encode, subject: "+schema.Subject), texts(decoded)...)
	for i := range good {
		if decoded[i].code != "" || again[i].value != payloads[i] {
			t.Fatalf("%s: %s became %s (%s)", schema.Subject, good[i], decoded[i].value, decoded[i].message)
		}
		if schema.Type == "AVRO" && i < len(valid) {
			sameJSON(t, good[i], decoded[i].value)
		}
	}
}

func texts(results []result) []string {
	out := make([]string, len(results))
	for i, r := range results {
		out[i] = r.value
	}
	return out
}

// sameJSON compares every value that the event had: what decoding adds are defaults. Numbers are compared as they count.
func sameJSON(t *testing.T, had, got string) {
	t.Helper()
	a, b := parse(t, had), parse(t, got)
	if !within(a, b) {
		t.Fatalf("%s\nbecame\n%s", had, got)
	}
}

func parse(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func within(had, got any) bool {
	switch h := had.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for k := range h {
			ok = ok && within(h[k], g[k])
		}
		return ok
	case []any:
		g, ok := got.([]any)
		ok = ok && len(g) == len(h)
		for i := range h {
			ok = ok && within(h[i], g[i])
		}
		return ok
	case json.Number:
		g, ok := got.(json.Number)
		return ok && sameNumber(string(h), string(g))
	}
	return reflect.DeepEqual(had, got)
}

// sameNumber compares whole numbers digit by digit, and others as the float of 32 bits that they may have been.
func sameNumber(a, b string) bool {
	if !strings.ContainsAny(a+b, ".eE") {
		return a == b
	}
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err == nil && err2 == nil && (x == y || float32(x) == float32(y))
}
