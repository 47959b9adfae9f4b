package schemas

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/tests/parts"
)

// variety is one format with values that meet each condition. The schemas are a first version, a second one that differs,
// and one of another subject.
type variety struct {
	typ                         string
	first, second, other        string
	good, wrongType, missing    string
	wrongVersion, nothingOfKind string
	prefix                      string
}

var varieties = map[string]variety{
	"JSON Schema": {
		typ:    "JSON",
		first:  `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"integer"},"name":{"type":"string"}},"required":["id"]}`,
		second: `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"integer"},"name":{"type":"string"}},"required":["id","name"]}`,
		other:  `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","title":"other"}`,
		good:   `{"id":7,"name":"a"}`, wrongType: `{"id":"7","name":"a"}`, missing: `{"id":7}`, wrongVersion: `{"id":7}`, nothingOfKind: "<order/>",
	},
	"Avro": {
		typ:    "AVRO",
		first:  `{"type":"record","name":"Order","namespace":"t","fields":[{"name":"id","type":"long"}]}`,
		second: `{"type":"record","name":"Order","namespace":"t","fields":[{"name":"id","type":"long"},{"name":"name","type":"string","default":"none"}]}`,
		other:  `{"type":"record","name":"Other","namespace":"t","fields":[{"name":"x","type":"string"}]}`,
		// A string's length where the name should be is negative; the name is not there at all.
		good: "\x0e\x02a", wrongType: "\x0e\x01", missing: "\x0e", wrongVersion: "\x0e", nothingOfKind: "<order/>",
	},
	"Protobuf": {
		typ:    "PROTOBUF",
		first:  `syntax = "proto2"; package t; message Order { required int64 id = 1; }`,
		second: `syntax = "proto2"; package t; message Order { required int64 id = 1; optional string name = 2; }`,
		other:  `syntax = "proto3"; package t; message Other { string x = 1; }`,
		good:   "\x08\x07\x12\x01a", wrongType: "\x0d\x07\x00\x00\x00", missing: "\x12\x01a", wrongVersion: "\x08\x07", nothingOfKind: "<order/>",
		prefix: "\x00",
	},
}

// outcomes is what docs/guides/schemas.md promises for each condition, by format: a code, or the JSON that goes on.
var outcomes = []struct {
	condition string
	want      map[string]string
}{
	{"valid", map[string]string{"JSON Schema": `{"id":7,"name":"a"}`, "Avro": `{"id":7,"name":"a"}`, "Protobuf": `{"id":"7","name":"a"}`}},
	{"wrong type", map[string]string{"JSON Schema": "schema_violation", "Avro": "not_avro", "Protobuf": "schema_violation"}},
	{"missing field", map[string]string{"JSON Schema": "schema_violation", "Avro": "not_avro", "Protobuf": "schema_violation"}},
	{"unknown id", map[string]string{"JSON Schema": "unknown_schema_id", "Avro": "unknown_schema_id", "Protobuf": "unknown_schema_id"}},
	{"wrong subject", map[string]string{"JSON Schema": "wrong_subject", "Avro": "wrong_subject", "Protobuf": "wrong_subject"}},
	{"truncated frame", map[string]string{"JSON Schema": "truncated_frame", "Avro": "truncated_frame", "Protobuf": "truncated_frame"}},
	{"tombstone", map[string]string{"JSON Schema": "", "Avro": "", "Protobuf": ""}},
	// Written with the first version: JSON is held against the second, Avro and Protobuf are read into it.
	{"another version", map[string]string{"JSON Schema": "schema_violation", "Avro": `{"id":7,"name":"none"}`, "Protobuf": `{"id":"7"}`}},
	{"not the format at all", map[string]string{"JSON Schema": "not_json", "Avro": "not_avro", "Protobuf": "not_protobuf"}},
}

func TestOutcomesOnRealRegistries(t *testing.T) {
	registries := map[string]func(*testing.T) *catalog{
		"Apicurio": func(t *testing.T) *catalog { return connect(t, parts.Registry(t).URL()) },
		"srfake":   func(t *testing.T) *catalog { return fake(t) },
	}
	for server, open := range registries {
		t.Run(server, func(t *testing.T) {
			c := open(t)
			for format, v := range varieties {
				t.Run(format, func(t *testing.T) {
					subject := parts.Unique("orders-value")
					first := c.register(t, subject, v.typ, v.first)
					second := c.register(t, subject, v.typ, v.second)
					other := c.register(t, parts.Unique("users-value"), v.typ, v.other)
					framed := func(id int, payload string) string { return frame(id) + v.prefix + payload }
					values := []string{framed(second.ID, v.good), framed(second.ID, v.wrongType), framed(second.ID, v.missing),
						framed(1<<30, v.good), framed(other.ID, v.good), frame(second.ID)[:4], tombstone,
						framed(first.ID, v.wrongVersion), framed(second.ID, v.nothingOfKind)}
					config := c.config(fmt.Sprintf("direction: decode, subject: %s, version: %d", subject, second.Version))
					all := process(t, config, values...)
					for i, got := range all {
						o := outcomes[i]
						want := o.want[format]
						if strings.HasPrefix(want, "{") || want == "" {
							if got.code != "" || got.value != want {
								t.Errorf("%s: got %s %q (%s), want %q", o.condition, got.code, got.value, got.message, want)
							}
						} else if got.code != want {
							t.Errorf("%s: got %q %q (%s), want %s", o.condition, got.code, got.value, got.message, want)
						}
					}
					// All but the record of another subject fare the same where others are left out.
					want := slices.DeleteFunc(all, func(r result) bool { return r.code == "wrong_subject" })
					got := left(t, strings.Replace(config, "direction: decode", "direction: decode, others: filter", 1), values...)
					if len(want) != len(values)-1 || !slices.Equal(got, want) {
						t.Errorf("with others filtered: got %+v, want %+v", got, want)
					}
				})
			}
		})
	}
}

func frame(id int) string {
	return string([]byte{0, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)})
}

// Public schemas with all that they refer to, on a real registry: it takes them, and what is generated after them goes through.
func TestReferencesOnARealRegistry(t *testing.T) {
	for typ, open := range map[string]func(testing.TB) corpus{"AVRO": publicAvro, "PROTOBUF": publicProtobuf} {
		t.Run(typ, func(t *testing.T) {
			c := connect(t, parts.Registry(t).URL())
			schemas := open(t)
			sum, tried := tally{}, 0
			for i, name := range schemas.events() {
				// Avro's are few. Of Protobuf's every eighth is enough: most are referred to by another one.
				if len(schemas[name].references) == 0 || typ == "PROTOBUF" && i%8 > 0 {
					continue
				}
				schemas.register(t, c, name)
				sum.thereAndBack(t, c, schemas.registered(name), 10, true)
				tried++
			}
			t.Logf("%d schemas with references: %s", tried, sum)
			if tried == 0 {
				t.Error("no schema refers to another")
			}
		})
	}
}
