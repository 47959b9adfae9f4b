package parts_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/tests/parts"
)

func TestChromiumIsARealBrowser(t *testing.T) {
	t.Parallel()
	page := "data:text/html,<p id=sum></p><script>document.getElementById('sum').textContent = 19 + 23</script>"
	cmd := exec.CommandContext(t.Context(), parts.Chromium(t),
		"--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", page)
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("running the browser: %v", err)
	}
	if !strings.Contains(string(output), ">42<") {
		t.Errorf("the page's script did not run: %s", output)
	}
}
