package schemas

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// linkAvro finds the files of the same folder that define what a schema names and does not define itself.
func (c corpus) linkAvro(t testing.TB) {
	t.Helper()
	found := map[string]avroNames{}
	definedIn := map[string]string{}
	for name, s := range c {
		n := avroNames{defined: map[string]bool{}, used: map[string]bool{}}
		n.read(s.parsed(t), "")
		found[name] = n
		for full := range n.defined {
			definedIn[path.Dir(name)+":"+full] = name
		}
	}
	for name, n := range found {
		for full := range n.used {
			if file, ok := definedIn[path.Dir(name)+":"+full]; ok && !n.defined[full] {
				c[name].references[full] = file
			}
		}
	}
}

func (s publicSchema) parsed(t testing.TB) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(s.text))
	d.UseNumber()
	var schema any
	if err := d.Decode(&schema); err != nil {
		t.Fatalf("reading %.100s: %v", s.text, err)
	}
	return schema
}

// avroNames is the full names that schemas define and use.
type avroNames struct{ defined, used map[string]bool }

// read collects the names of a schema and returns it without the definitions of names that were defined before.
func (n avroNames) read(schema any, namespace string) any {
	switch s := schema.(type) {
	case string:
		if !slices.Contains(strings.Fields("null boolean int long float double string bytes array map record enum fixed error"), s) {
			n.used[fullName(s, namespace)] = true
		}
	case []any:
		out := make([]any, len(s))
		for i, branch := range s {
			out[i] = n.read(branch, namespace)
		}
		return out
	case map[string]any:
		out := maps.Clone(s)
		if name, ok := s["name"].(string); ok {
			if given, ok := s["namespace"].(string); ok {
				namespace = given
			}
			name = fullName(name, namespace)
			if n.defined[name] {
				return name
			}
			n.defined[name] = true
			namespace = name[:max(strings.LastIndex(name, "."), 0)]
		}
		for _, part := range []string{"type", "items", "values"} {
			if inner, ok := s[part]; ok {
				out[part] = n.read(inner, namespace)
			}
		}
		if fields, ok := s["fields"].([]any); ok {
			out["fields"] = n.fields(fields, namespace)
		}
		return out
	}
	return schema
}

func (n avroNames) fields(fields []any, namespace string) []any {
	out := make([]any, len(fields))
	for i, field := range fields {
		f, ok := field.(map[string]any)
		if !ok {
			return fields
		}
		f = maps.Clone(f)
		f["type"] = n.read(f["type"], namespace)
		out[i] = f
	}
	return out
}

func fullName(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return name
	}
	return namespace + "." + name
}

// branch is a record of a union: its full name, and the file that it is from.
type branch struct{ name, file string }

// union is one schema of the records of as many files as can be together in one: those of the system whose schemas share
// their definitions, and those whose names no other file has.
func (c corpus) union(t testing.TB) ([]byte, []branch) {
	t.Helper()
	all := avroNames{defined: map[string]bool{}, used: map[string]bool{}}
	var records []any
	var branches []branch
	for _, file := range c.events() {
		record, ok := c[file].parsed(t).(map[string]any)
		if !ok || record["type"] != "record" || len(c[file].references) > 0 {
			continue
		}
		alone := avroNames{defined: map[string]bool{}, used: map[string]bool{}}
		alone.read(record, "")
		taken := func(name string) bool { return all.defined[name] }
		if !strings.HasPrefix(file, "datahub/") && slices.ContainsFunc(slices.Collect(maps.Keys(alone.defined)), taken) {
			continue
		}
		if read, ok := all.read(record, "").(map[string]any); ok {
			namespace, _ := record["namespace"].(string)
			records = append(records, read)
			branches = append(branches, branch{fullName(record["name"].(string), namespace), file})
		}
	}
	text, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	return text, branches
}
