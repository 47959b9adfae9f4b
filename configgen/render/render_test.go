package render_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/inflect-dev/inflect/configgen/render"
	"github.com/inflect-dev/inflect/pipeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// tricky has everything in it that YAML, Benthos or a shell might take for something else.
const tricky = "${PATH} ${{PATH}} ${INFLECT_REGISTRY_PASSWORD} \\${x} $${y} `${e.id}` \"quoted\" 'single' \\ back\n\tline\r\n" +
	"# comment: no\n- list\n--- \n... &anchor *alias !!binary %TAG @ ` | > \u0085\u2028\u2029\ufeff\u00a0 é 漢字 \U0001F600 \x7f\x01 $"

func minimal() (pipeline.Pipeline, pipeline.Build) {
	return pipeline.Pipeline{Revision: 1, Spec: pipeline.Spec{
		Name: "copy", Source: pipeline.Source{Topic: "in"}, Target: pipeline.Target{Topic: "out"},
	}}, pipeline.Build{}
}

func full() (pipeline.Pipeline, pipeline.Build) {
	return pipeline.Pipeline{Revision: 7, Spec: pipeline.Spec{
			Name: "orders-eu", Description: tricky, Owner: tricky, Labels: map[string]string{"a": tricky},
			Source: pipeline.Source{Topic: "orders", Start: "latest", Schema: &pipeline.Schema{Subject: "orders-value", Version: pipeline.Latest, Others: pipeline.FilterOthers}},
			Steps: []pipeline.Step{
				{Name: "keep_paid", Kind: pipeline.Filter, Transform: "orders.ts#keepPaid", Params: json.RawMessage(`{"min":10,"id":9007199254740993,"x":1.0}`)},
				{Name: "mask", Kind: pipeline.Transform, Code: "(e) => ({...e, email: null})"},
			},
			Target: pipeline.Target{Topic: "orders-clean", Schema: &pipeline.Schema{Subject: "orders-clean-value", Version: "3", Framing: "bare"}},
			Outputs: map[string]pipeline.Target{
				"us": {Topic: "orders-us"},
				"eu": {Topic: "orders-eu", Schema: &pipeline.Schema{Subject: "orders-eu-value"}},
			},
			DLQ: &pipeline.Target{Topic: "orders-dlq"}, Tombstones: pipeline.Steps, Delivery: pipeline.AtLeastOnce,
			Batch:   pipeline.Batch{MaxRecords: 500, Linger: pipeline.Duration(20 * time.Millisecond)},
			Limits:  pipeline.Limits{Time: pipeline.Duration(1500 * time.Millisecond), Memory: "64MiB", Rate: 0.5},
			Scaling: pipeline.Scaling{Max: 6, Partitions: pipeline.Partitions{Grow: true, Max: 12}},
		}}, pipeline.Build{
			Steps: []pipeline.BuiltStep{
				{Code: "export function keepPaid(e, ctx) {\n  return e.paid && e.amount >= ctx.params.min;\n}\n", Export: "keepPaid"},
				{Code: "(e) => ({...e, email: null})"},
			},
			Versions: map[string]int{"source": 4, "outputs.eu": 12},
		}
}

func hostile() (pipeline.Pipeline, pipeline.Build) {
	params, err := json.Marshal(map[string]string{tricky: tricky, "<<": "x", "y": "${PATH}"})
	if err != nil {
		panic(err)
	}
	quoted, err := json.Marshal(tricky)
	if err != nil {
		panic(err)
	}
	code := "(e) => ({...e, text: " + string(quoted) + ", path: `${e.id} ${PATH}`})"
	return pipeline.Pipeline{Revision: 1, Spec: pipeline.Spec{
		Name: "hostile", Source: pipeline.Source{Topic: "in", Schema: &pipeline.Schema{Subject: tricky, Version: "1"}},
		Steps:  []pipeline.Step{{Name: "on", Kind: pipeline.Transform, Code: code, Params: params}},
		Target: pipeline.Target{Topic: "out"}, Outputs: map[string]pipeline.Target{"yes": {Topic: "other"}},
		OnError: pipeline.Drop, Tombstones: pipeline.DropTombstones,
	}}, pipeline.Build{Steps: []pipeline.BuiltStep{{Code: code}}}
}

var plain = render.Settings{Brokers: []string{"localhost:9092"}}

var secured = render.Settings{
	Brokers: []string{"kafka-0.example:9093", "kafka-1.example:9093"}, GroupPrefix: "prod.inflect.",
	Kafka:    render.KafkaSecurity{TLS: true, CAFile: "/etc/kafka/ca.pem", CertFile: "/etc/kafka/cert.pem", KeyFile: "/etc/kafka/key.pem", SASL: "SCRAM-SHA-512"},
	Registry: render.RegistrySecurity{Basic: true, TLS: true, CAFile: "/etc/registry/ca.pem"},
}

type form func(pipeline.Pipeline, pipeline.Build, render.Settings) ([]byte, error)

func TestGolden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		of       func() (pipeline.Pipeline, pipeline.Build)
		settings render.Settings
		form     form
	}{
		{"minimal.stream", minimal, plain, render.Stream},
		{"full.stream", full, plain, render.Stream},
		{"full.trial", full, plain, render.Trial},
		{"full.prepare", full, plain, render.Prepare},
		{"secured.stream", full, secured, render.Stream},
		{"hostile.stream", hostile, plain, render.Stream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, b := tt.of()
			got, err := tt.form(p, b, tt.settings)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", tt.name+".yaml")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got; -update rewrites):\n%s", diff)
			}
		})
	}
}

// variables is what Benthos expands, and a little more.
var variables = regexp.MustCompile(`\$\{[^}]*\}`)

// expand does to a config what Benthos does to its bytes, with an environment in which everything is set to "EXPANDED".
func expand(config []byte) string { return variables.ReplaceAllString(string(config), "EXPANDED") }

func TestUserTextSurvivesExpansion(t *testing.T) {
	t.Parallel()
	p, b := hostile()
	config, err := render.Stream(p, b, plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(config), "\n") {
		if strings.Contains(strings.ReplaceAll(line, `"${INFLECT_REGISTRY}"`, ""), "${") {
			t.Errorf("a placeholder of the user's: %s", line)
		}
	}
	var got struct {
		Pipeline struct {
			Processors []struct {
				JS *struct {
					Steps []struct{ Name, Code, Params string }
				} `yaml:"inflect_js"`
				Schema *struct{ Subject string } `yaml:"inflect_schema"`
			}
		}
	}
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(string(config), "${INFLECT_REGISTRY}", "http://registry")), &got); err != nil {
		t.Fatal(err)
	}
	if s := got.Pipeline.Processors[0].Schema.Subject; s != tricky {
		t.Errorf("the subject became %q", s)
	}
	step := got.Pipeline.Processors[1].JS.Steps[0]
	if step.Code != p.Steps[0].Code || step.Params != string(p.Steps[0].Params) || step.Name != "on" {
		t.Errorf("the step became %+v", step)
	}
}

func TestTheSameInputGivesTheSameText(t *testing.T) {
	t.Parallel()
	p, b := full()
	first, err := render.Stream(p, b, secured)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := render.Stream(p, b, secured)
		if err != nil || string(again) != string(first) {
			t.Fatalf("another text: %v\n%s", err, again)
		}
	}
}

func TestSecretsAreNamesOnly(t *testing.T) {
	t.Parallel()
	p, b := full()
	config, err := render.Stream(p, b, secured)
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{}
	for _, name := range render.Placeholders() {
		allowed[name] = true
	}
	seen := map[string]bool{}
	for _, v := range variables.FindAllString(string(config), -1) {
		seen[strings.Trim(v, "${}")] = true
	}
	for name := range seen {
		if !allowed[name] {
			t.Errorf("the config lets engines expand %q", name)
		}
	}
	for _, want := range []string{"INFLECT_KAFKA_PASSWORD", "INFLECT_REGISTRY_PASSWORD"} {
		if !seen[want] {
			t.Errorf("%s is not in the config", want)
		}
	}
}

func TestUnresolvedBuildsAreRefused(t *testing.T) {
	t.Parallel()
	p, b := full()
	tests := []struct {
		name string
		edit func(*pipeline.Build)
		want string
	}{
		{"a step is missing", func(b *pipeline.Build) { b.Steps = b.Steps[:1] }, "1 steps were built of 2"},
		{"latest was not resolved", func(b *pipeline.Build) { b.Versions = map[string]int{"source": 4} }, "the version of outputs.eu was not resolved"},
	}
	for _, tt := range tests {
		b := b
		tt.edit(&b)
		if _, err := render.Stream(p, b, plain); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// FuzzQuote renders any text as a step's code and reads it back, after expansion.
func FuzzQuote(f *testing.F) {
	f.Add(tricky)
	f.Add("$\u007b")
	f.Add("\xed\xa0\x80 \xff ${")
	f.Fuzz(func(t *testing.T, text string) {
		p, _ := minimal()
		p.Steps = []pipeline.Step{{Name: "s", Kind: pipeline.Filter, Code: text}}
		config, err := render.Stream(p, pipeline.Build{Steps: []pipeline.BuiltStep{{Code: text}}}, plain)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(config), "${") {
			t.Fatalf("a placeholder in %s", config)
		}
		var got struct {
			Pipeline struct {
				Processors []struct {
					JS struct{ Steps []struct{ Code string } } `yaml:"inflect_js"`
				}
			}
		}
		if err := yaml.Unmarshal([]byte(expand(config)), &got); err != nil {
			t.Fatalf("%v in\n%s", err, config)
		}
		// Each byte that is no UTF-8 becomes the replacement character.
		want := string([]rune(text))
		if code := got.Pipeline.Processors[0].JS.Steps[0].Code; code != want {
			t.Errorf("%q became %q", text, code)
		}
	})
}
