package transforms

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ctxPage = "../docs/reference/ctx.md"

var memberForm = regexp.MustCompile(`(?s)    /\*\*(.*?)\*/\n    ([^\n]+);\n`)

// reference is the page about ctx, made of its declarations.
func ctxReference(declarations string) string {
	_, body, _ := strings.Cut(declarations, "interface Context")
	body, _, _ = strings.Cut(body, "\n  }\n")
	body += "\n"
	var b strings.Builder
	b.WriteString("# ctx\n\n<!-- Generated from transforms/inflect.d.ts by `go test ./transforms -update`. -->\n\n" +
		"The second argument of every step, `(event, ctx) => result`. It is frozen.\n")
	for _, g := range memberForm.FindAllStringSubmatch(body, -1) {
		name := strings.TrimPrefix(g[2], "readonly ")
		name, _, method := strings.Cut(name, "(")
		if !method {
			name, _, _ = strings.Cut(name, ":")
		}
		var doc []string
		for line := range strings.SplitSeq(g[1], "\n") {
			doc = append(doc, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "*")))
		}
		fmt.Fprintf(&b, "\n## ctx.%s\n\n```ts\n%s\n```\n\n%s\n", name, g[2], strings.TrimSpace(strings.Join(doc, "\n")))
	}
	return b.String()
}

func TestReferenceOfCtxIsCurrent(t *testing.T) {
	t.Parallel()
	want := ctxReference(Declarations)
	if *update {
		if err := os.WriteFile(ctxPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(ctxPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/reference/ctx.md is stale, run go test ./transforms -update:\n%s", diff)
	}
}
