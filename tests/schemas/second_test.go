package schemas

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/inflect-dev/inflect/api/sample"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// A near miss that only our own code refuses may be an event that is fine. In this file implementations of others judge
// events, edge cases and near misses: where they differ from us, one of the two is wrong.

// judge is an implementation of others, asked by a program in testdata.
type judge struct {
	name, program string
	lenient       []leniency
	// unusable are the schemas that it cannot read, and why.
	unusable map[string]string
}

// leniency is a kind of near miss that a judge is known to take, though the specification does not.
type leniency struct {
	why string
	// note is how the generator and ours how inflect_schema describes such an event.
	note, ours *regexp.Regexp
}

var anything = regexp.MustCompile("")

var ajv = judge{
	name: "Ajv", program: "judge.cjs",
	lenient: []leniency{
		{why: "it does not know the formats iri and iri-reference", note: anything, ours: regexp.MustCompile(`expected the format iri`)},
	},
	unusable: map[string]string{
		"raw.githubusercontent.com/Yash-Singh1/vscode-snippets-json-schema/main/schema.json": "has a property id, which draft 7 ignores and Ajv forbids",
		"raw.githubusercontent.com/architect/parser/v2.3.0/arc-schema.json":                  "gives the same $id to several of its parts",
	},
}

var fastavro = judge{
	name: "fastavro", program: "judge.py",
	lenient: []leniency{
		{why: "it finds the branch of a union by itself, where natural JSON asks for a tag", note: anything, ours: regexp.MustCompile(`expected .*\{"[^"]+": …\}.*, found`)},
	},
}

// otherText are the changes that make a text another one.
var otherText = regexp.MustCompile(` (is of another form|has control characters|has characters of many languages|is \d+ characters long)$`)

// anyFieldMask is what both judges of Protobuf do: a mask is names of fields, and Google's implementation for Go alone looks at
// them.
var anyFieldMask = leniency{why: "it takes any text as names of a field mask", note: otherText, ours: regexp.MustCompile(`google\.protobuf\.FieldMask\.paths`)}

var protobufES = judge{
	name: "Protobuf-ES", program: "judge.cjs",
	lenient: []leniency{
		{why: "it skips blanks in base64", note: otherText, ours: regexp.MustCompile(`bytes`)},
		{why: "it reads a duration as far as its first s", note: regexp.MustCompile(` is \d+ characters long$`), ours: regexp.MustCompile(`google\.protobuf\.Duration`)},
		anyFieldMask,
	},
}

var googleProtobuf = judge{
	name: "Google's Protobuf for Python", program: "judge.py",
	lenient: []leniency{
		{why: "it takes an array without items as a message without fields", note: regexp.MustCompile(` is an array instead of an object$`), ours: anything},
		{why: "it takes true as the number 1, also of an enum", note: regexp.MustCompile(` is a boolean instead of (text|a number)$`), ours: anything},
		{why: "it skips what is not base64", note: otherText, ours: regexp.MustCompile(`bytes`)},
		anyFieldMask,
	},
}

// candidate is a schema and what was generated for it.
type candidate struct {
	schema   pipeline.RegisteredSchema
	samples  []pipeline.Sample
	question question
	// register makes the schema known to the catalog under its subject.
	register func()
}

// question is a schema and its events as the programs read them.
type question struct {
	Schema      string   `json:"schema,omitempty"`
	Formats     bool     `json:"formats"`
	References  []string `json:"references,omitempty"`
	Descriptors string   `json:"descriptors,omitempty"`
	Message     string   `json:"message,omitempty"`
	Events      []string `json:"events"`
}

type answer struct {
	Unusable string
	Verdicts []string
}

func TestJSONSchemaIsJudgedAlike(t *testing.T) {
	c := fake(t)
	schemas := own(t, ".json", "JSON") // one of each draft
	for _, s := range some(t, public(t)) {
		if !beyond[s.Subject] {
			schemas = append(schemas, s)
		}
	}
	var candidates []candidate
	for _, s := range schemas {
		register := func() { c.register(t, s.Subject, "JSON", s.Text) }
		// From 2019-09 on formats are notes: generated events have them all the same, edge cases need not.
		notes := strings.Contains(s.Text, "json-schema.org/draft/20")
		all := trial(t, s)
		candidates = append(candidates, candidate{s, all, question{Schema: s.Text, Formats: !notes}, register})
		if notes {
			plain := slices.DeleteFunc(slices.Clone(all), func(p pipeline.Sample) bool { return p.Note != "" })
			candidates = append(candidates, candidate{s, plain, question{Schema: s.Text, Formats: true}, register})
		}
	}
	ajv.agrees(t, c, candidates)
}

func TestAvroIsJudgedAlike(t *testing.T) {
	c := fake(t)
	var candidates []candidate
	for _, s := range own(t, ".avsc", "AVRO") {
		candidates = append(candidates, candidate{s, trial(t, s), question{Schema: s.Text}, func() { c.register(t, s.Subject, s.Type, s.Text) }})
	}
	schemas := publicAvro(t)
	for _, name := range some(t, schemas.events()) {
		s := schemas.registered(name)
		q := question{Schema: s.Text, References: schemas.before(name, map[string]bool{})}
		candidates = append(candidates, candidate{s, trial(t, s), q, func() { schemas.register(t, c, name) }})
	}
	fastavro.agrees(t, c, candidates)
}

func TestProtobufIsJudgedAlike(t *testing.T) {
	c := fake(t)
	var candidates []candidate
	add := func(s pipeline.RegisteredSchema, register func()) {
		set := descriptors(t, s)
		candidates = append(candidates, candidate{s, trial(t, s), question{Descriptors: set, Message: listed(t, set)}, register})
	}
	for _, s := range own(t, ".proto", "PROTOBUF") {
		add(s, func() { c.register(t, s.Subject, s.Type, s.Text) })
	}
	schemas := publicProtobuf(t)
	for _, name := range some(t, schemas.events()) {
		add(schemas.registered(name), func() { schemas.register(t, c, name) })
	}
	for _, j := range []judge{protobufES, googleProtobuf} {
		j.agrees(t, c, candidates)
	}
}

// trial is ten events of a schema, its edge cases and near misses.
func trial(t *testing.T, s pipeline.RegisteredSchema) []pipeline.Sample {
	t.Helper()
	out, err := sample.Generator{}.Generate(context.Background(), pipeline.SampleRequest{Schema: s, Count: 10, Seed: 1, EdgeCases: true, NearMisses: true})
	if err != nil {
		t.Fatalf("%s: %v", s.Subject, err)
	}
	return out
}

// some is all of them in a full run, and every twelfth where a quarter of the events is made: asking others takes longer.
func some[T any](t *testing.T, all []T) []T {
	t.Helper()
	_, oneIn := events(t)
	if oneIn > 1 {
		oneIn *= 3
	}
	var out []T
	for i := 0; i < len(all); i += oneIn {
		out = append(out, all[i])
	}
	return out
}

// before is the texts that a schema refers to, each after those that it refers to itself.
func (c corpus) before(name string, seen map[string]bool) []string {
	var out []string
	for _, called := range slices.Sorted(maps.Keys(c[name].references)) {
		if file := c[name].references[called]; !seen[file] {
			seen[file] = true
			out = append(append(out, c.before(file, seen)...), c[file].text)
		}
	}
	return out
}

// listed is the message that the list of a descriptor set holds.
func listed(t *testing.T, set string) string {
	t.Helper()
	b, err := os.ReadFile(set)
	if err != nil {
		t.Fatal(err)
	}
	var files descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(b, &files); err != nil {
		t.Fatal(err)
	}
	list := files.File[len(files.File)-1]
	return strings.TrimPrefix(list.MessageType[0].Field[0].GetTypeName(), ".")
}

// agrees holds the judge's verdicts against the generator's, and says how many there were.
func (j judge) agrees(t *testing.T, c *catalog, candidates []candidate) {
	t.Helper()
	schemas, unread, sum := map[string]bool{}, map[string]bool{}, tally{}
	taken := make([]int, len(j.lenient))
	for i, a := range j.ask(t, candidates) {
		subject := candidates[i].schema.Subject
		if a.Unusable != "" {
			if j.unusable[subject] == "" {
				t.Errorf("%s cannot read %s: %s", j.name, subject, a.Unusable)
			}
			unread[subject] = true
			continue
		}
		schemas[subject] = true
		var accepted []pipeline.Sample
		for n, s := range candidates[i].samples {
			switch verdict := a.Verdicts[n]; {
			case s.Invalid && verdict == "":
				accepted = append(accepted, s)
			case s.Invalid:
				sum.misses++
			case verdict != "":
				t.Errorf("%s refuses an event of %s (%s): %s\n%s", j.name, subject, s.Note, verdict, s.Event.Value)
			case s.Note == "":
				sum.valid++
			default:
				sum.edges++
			}
		}
		j.excuse(t, c, candidates[i], accepted, taken)
	}
	t.Logf("%s, %d schemas: takes %d events and %d edge cases, refuses %d near misses", j.name, len(schemas), sum.valid, sum.edges, sum.misses)
	if sum.misses < 500 {
		t.Errorf("%s refused only %d near misses", j.name, sum.misses)
	}
	_, oneIn := events(t)
	for i, l := range j.lenient {
		t.Logf("%s takes %d near misses: %s", j.name, taken[i], l.why)
		if oneIn == 1 && taken[i] == 0 {
			t.Errorf("%s is excused for nothing: %s", j.name, l.why)
		}
	}
	for subject, why := range j.unusable {
		if oneIn == 1 && !unread[subject] {
			t.Errorf("%s reads %s, which it is said not to, because it %s", j.name, subject, why)
		}
	}
}

// excuse counts the near misses that the judge is known to take, and finds fault with others.
func (j judge) excuse(t *testing.T, c *catalog, of candidate, accepted []pipeline.Sample, taken []int) {
	t.Helper()
	if len(accepted) == 0 {
		return
	}
	of.register()
	direction := map[string]string{"JSON": "decode", "AVRO": "encode", "PROTOBUF": "encode"}[of.schema.Type]
	values := make([]string, len(accepted))
	for i, s := range accepted {
		values[i] = string(s.Event.Value)
	}
	for i, ours := range process(t, c.config("direction: "+direction+", subject: "+of.schema.Subject), values...) {
		known := slices.IndexFunc(j.lenient, func(l leniency) bool { return l.note.MatchString(accepted[i].Note) && l.ours.MatchString(ours.message) })
		if ours.code == "" || known < 0 {
			t.Errorf("%s takes a near miss of %s (%s), which we refuse: %s\n%s", j.name, of.schema.Subject, accepted[i].Note, ours.message, values[i])
			continue
		}
		taken[known]++
	}
}

// ask runs the judge's program once for all candidates.
func (j judge) ask(t *testing.T, candidates []candidate) []answer {
	t.Helper()
	folders, err := cache.Validators()
	if err != nil {
		t.Fatal(err)
	}
	var input bytes.Buffer
	for _, c := range candidates {
		q := c.question
		for _, s := range c.samples {
			q.Events = append(q.Events, string(s.Event.Value))
		}
		if err := json.NewEncoder(&input).Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join("testdata", j.program)
	command := []string{"node", program}
	if filepath.Ext(program) == ".py" {
		command = []string{"python3", "-S", program} // no packages but ours
	}
	t.Setenv("NODE_PATH", folders.Node)
	t.Setenv("PYTHONPATH", folders.Python)
	var answers []answer
	for _, line := range jsonLines(t, run(t, input.Bytes(), command[0], command[1:]...)) {
		var a answer
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(candidates) {
		t.Fatalf("%d answers to %d questions", len(answers), len(candidates))
	}
	return answers
}
