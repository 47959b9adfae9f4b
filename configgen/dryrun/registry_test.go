package dryrun

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inflect-dev/inflect/pipeline"
)

// TestAnnouncedSchemasComeBeforeTheRegistry is not parallel: it changes the environment.
func TestAnnouncedSchemasComeBeforeTheRegistry(t *testing.T) {
	t.Setenv(envRegistry, "http://registry-1:8081,http://registry-2:8081")
	stop, err := announce(t.Context(), []pipeline.RegisteredSchema{{Subject: "a/b", Version: 4, ID: 2147483647, Type: "AVRO", Text: `"int"`,
		References: []pipeline.SchemaReference{{Name: "n", Subject: "r", Version: 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	first, rest, _ := strings.Cut(os.Getenv(envRegistry), ",")
	if rest != "http://registry-1:8081,http://registry-2:8081" || !strings.HasPrefix(first, "http://127.0.0.1:") {
		t.Fatalf("%s is %s", envRegistry, os.Getenv(envRegistry))
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(path string) (int, any) {
		t.Helper()
		answer, err := client.Get(first + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		_ = json.Unmarshal(b, &v) // An answer without a body has none.
		return answer.StatusCode, v
	}
	code, got := ask("/subjects/a%2Fb/versions/4")
	want := map[string]any{"subject": "a/b", "version": 4.0, "id": 2147483647.0, "schemaType": "AVRO", "schema": `"int"`,
		"references": []any{map[string]any{"name": "n", "subject": "r", "version": 1.0}}}
	if diff := cmp.Diff(want, got); code != http.StatusOK || diff != "" {
		t.Errorf("%d %s", code, diff)
	}
	code, got = ask("/schemas/ids/2147483647/versions")
	if diff := cmp.Diff([]any{map[string]any{"subject": "a/b", "version": 4.0}}, got); code != http.StatusOK || diff != "" {
		t.Errorf("%d %s", code, diff)
	}
	// What it does not have is for the next address: a 404 would be the last word.
	for _, path := range []string{"/subjects/a%2Fb/versions/3", "/subjects/other/versions/4", "/schemas/ids/1/versions"} {
		if code, _ := ask(path); code != http.StatusServiceUnavailable {
			t.Errorf("%s is answered with %d", path, code)
		}
	}
}

func TestChildThatWritesTooMuchIsEnded(t *testing.T) {
	t.Parallel()
	child := Child{Command: []string{"sh", "-c", "exec cat /dev/zero"}}
	if _, err := child.Run(t.Context(), nil); pipeline.CodeOf(err) != pipeline.CodeRejected || !strings.Contains(err.Error(), "broke down") {
		t.Errorf("got %v", err)
	}
	chatty := Child{Command: []string{"sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x >&2; echo the end >&2; exit 3"}}
	if _, err := chatty.Run(t.Context(), nil); err == nil || !strings.HasSuffix(err.Error(), "the end") || len(err.Error()) > maxComplaint+200 {
		t.Errorf("got %d bytes of complaint", len(err.Error()))
	}
	child = Child{Command: []string{"/nonexistent"}}
	if _, err := child.Run(t.Context(), nil); pipeline.CodeOf(err) != pipeline.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}
