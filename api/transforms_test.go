package api_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/inflect-dev/inflect/api"
	"github.com/inflect-dev/inflect/pipeline"
)

func TestDirectoryListsWhatCanBeUsedAndSaysWhatCannot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"orders.ts": "/** Keeps paid orders.\n * @filter */\nexport const keepPaid = (e: any) => e.paid;\n",
		"broken.ts": "export const x = (e) => {\n  return )\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	functions, problems, err := api.NewDirectory(dir).Functions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(functions) != 1 || functions[0].ID != "orders.ts#keepPaid" || functions[0].Kind != pipeline.Filter || functions[0].Doc == "" {
		t.Errorf("functions %+v", functions)
	}
	if len(problems) != 1 || problems[0].Code != pipeline.CodeBadTransform || problems[0].File != "broken.ts" || problems[0].Line != 2 {
		t.Errorf("problems %+v", problems)
	}
	_, problems, err = api.NewDirectory(filepath.Join(dir, "none")).Functions(t.Context())
	if err != nil || len(problems) != 1 {
		t.Errorf("a directory that is not there: %v, %v", problems, err)
	}
}
