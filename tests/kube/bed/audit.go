package bed

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
)

func (b *Bed) auditLog() string { return filepath.Join(b.dir, "audit.log") }

// Used is what a service account asked of the API server, each as resource and verb.
func (b *Bed) Used(namespace, account string) []string {
	b.t.Helper()
	seen := map[string]bool{}
	b.requests(namespace, account, func(_, resource, verb string) { seen[resource+" "+verb] = true })
	var out []string
	for right := range seen {
		out = append(out, right)
	}
	slices.Sort(out)
	return out
}

// Requests is how many times a service account asked for anything, but for what it watches.
func (b *Bed) Requests(namespace, account string) int {
	b.t.Helper()
	n := 0
	b.requests(namespace, account, func(_, _, verb string) {
		if verb != "watch" {
			n++
		}
	})
	return n
}

// Watches is how many watches of a service account have begun and ended.
func (b *Bed) Watches(namespace, account string) (begun, ended int) {
	b.t.Helper()
	b.requests(namespace, account, func(stage, _, verb string) {
		switch {
		case verb != "watch":
		case stage == began:
			begun++
		default:
			ended++
		}
	})
	return begun, ended
}

// began is the stage of a request that goes on, a watch: it is told again when it ends.
const began = "ResponseStarted"

func (b *Bed) requests(namespace, account string, each func(stage, resource, verb string)) {
	b.t.Helper()
	f, err := os.Open(b.auditLog())
	b.must(err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var event struct {
			Verb, Stage string
			User        struct{ Username string }
			ObjectRef   *struct{ Resource string }
		}
		// The last line may be half written.
		if json.Unmarshal(lines.Bytes(), &event) != nil || event.User.Username != "system:serviceaccount:"+namespace+":"+account || event.ObjectRef == nil ||
			event.ObjectRef.Resource == "" {
			continue
		}
		if event.ObjectRef.Resource != "selfsubjectaccessreviews" {
			each(event.Stage, event.ObjectRef.Resource, event.Verb)
		}
	}
}
