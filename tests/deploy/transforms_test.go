package deploy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflect-dev/inflect/local"
	"github.com/inflect-dev/inflect/pipeline"
	"github.com/inflect-dev/inflect/tests/parts"
	"github.com/inflect-dev/inflect/transforms"
)

// controlPlane is the container of the control plane in what the chart makes, and its pod.
func controlPlane(t *testing.T, objects []object) (container, pod object) {
	t.Helper()
	spec, _ := find(t, objects, "Deployment", "inflect").at("spec", "template", "spec").(map[string]any)
	containers, _ := spec["containers"].([]any)
	if len(containers) == 0 {
		t.Fatal("the control plane has no container")
	}
	first, _ := containers[0].(map[string]any)
	return first, spec
}

// transformsOf is the folder that the control plane is told to find transforms in, with root in place of the pod's own.
func transformsOf(t *testing.T, container object, root string) string {
	t.Helper()
	args, _ := container.at("args").([]any)
	for _, arg := range args {
		if dir, ok := strings.CutPrefix(arg.(string), "--transforms="); ok {
			return filepath.Join(root, dir)
		}
	}
	t.Fatal("the control plane is not told where the transforms are")
	return ""
}

// variable is an environment variable of a container.
func variable(container object, name string) string {
	env, _ := container.at("env").([]any)
	for _, e := range env {
		if v := object(e.(map[string]any)); v.text("name") == name {
			return v.text("value")
		}
	}
	return ""
}

func bundled(t *testing.T, dir string) transforms.Module {
	t.Helper()
	module, err := transforms.Bundle(dir, "orders.ts#double")
	if err != nil {
		t.Fatal(err)
	}
	list, err := transforms.List(dir)
	if err != nil || len(list) != 1 || list[0].ID != "orders.ts#double" {
		t.Errorf("the page lists %v: %v", list, err)
	}
	return module
}

const (
	orders = "import { factor } from './_factor.ts';\n/** @transform */\nexport const double = (e: { n: number }) => ({ n: e.n * factor });\n"
	factor = "export const factor = 2;\n"
)

func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// link points a link to somewhere else in one step, as a kubelet and git-sync do.
func link(t *testing.T, to, path string) {
	t.Helper()
	fresh := path + ".new"
	if err := os.Symlink(to, fresh); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fresh, path); err != nil {
		t.Fatal(err)
	}
}

// TestTransformsOfAConfigMap lays the files out as a kubelet does: each is a link through ..data to a folder that is named
// for the time, and replaced as a whole.
func TestTransformsOfAConfigMap(t *testing.T) {
	t.Parallel()
	container, _ := controlPlane(t, render(t, "transforms: {configMap: transforms}"))
	root := t.TempDir()
	dir := transformsOf(t, container, root)
	put(t, filepath.Join(dir, "..2026_01_01"), map[string]string{"orders.ts": orders, "_factor.ts": factor})
	link(t, "..2026_01_01", filepath.Join(dir, "..data"))
	for _, name := range []string{"orders.ts", "_factor.ts"} {
		link(t, filepath.Join("..data", name), filepath.Join(dir, name))
	}
	before, seen := bundled(t, dir), local.Fingerprint(dir)

	put(t, filepath.Join(dir, "..2026_01_02"), map[string]string{"orders.ts": orders, "_factor.ts": factor})
	link(t, "..2026_01_02", filepath.Join(dir, "..data"))
	if after := bundled(t, dir); after.Hash != before.Hash {
		t.Error("the same files, mounted again, are other code: every pod would make new revisions")
	}
	put(t, filepath.Join(dir, "..2026_01_03"), map[string]string{"orders.ts": orders, "_factor.ts": strings.Replace(factor, "2", "3", 1)})
	link(t, "..2026_01_03", filepath.Join(dir, "..data"))
	if variable(container, "INFLECT_WATCH") != "true" || local.Fingerprint(dir) == seen {
		t.Error("a change of the ConfigMap is not noticed")
	}
	if after := bundled(t, dir); after.Hash == before.Hash {
		t.Error("a change of the ConfigMap is not used")
	}
}

// TestTransformsOfARepository lays the files out as git-sync promises to: a link to a checkout that is named for its commit.
func TestTransformsOfARepository(t *testing.T) {
	t.Parallel()
	container, pod := controlPlane(t, render(t, `
transforms: {git: {repository: "https://git.example/streams.git", image: "git-sync:v4", path: kafka/transforms, secret: inflect-git}}`))
	sidecar := object(pod["containers"].([]any)[1].(map[string]any))
	root, origin := t.TempDir(), t.TempDir()
	git(t, origin, "init", "--quiet", "--initial-branch", variable(sidecar, "GITSYNC_REF"))
	commit := func(factor string) string {
		put(t, origin, map[string]string{"kafka/transforms/orders.ts": orders, "kafka/transforms/_factor.ts": factor, "README": factor})
		git(t, origin, "add", "--all")
		git(t, origin, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "change")
		return git(t, origin, "rev-parse", "HEAD")
	}
	sync := func(hash string) {
		tree := filepath.Join(".worktrees", hash)
		volume := filepath.Join(root, variable(sidecar, "GITSYNC_ROOT"))
		git(t, origin, "worktree", "add", "--quiet", "--detach", filepath.Join(volume, tree), hash)
		link(t, tree, filepath.Join(volume, variable(sidecar, "GITSYNC_LINK")))
	}
	dir := transformsOf(t, container, root)
	if _, err := transforms.List(dir); err == nil {
		t.Error("before the first sync there is something to list")
	}
	absent := local.Fingerprint(dir)
	sync(commit(factor))
	before, seen := bundled(t, dir), local.Fingerprint(dir)
	if seen == absent {
		t.Error("the first sync is not noticed")
	}
	sync(commit(strings.Replace(factor, "2", "3", 1)))
	if variable(container, "INFLECT_WATCH") != "true" || local.Fingerprint(dir) == seen {
		t.Error("a push is not noticed")
	}
	if after := bundled(t, dir); after.Hash == before.Hash {
		t.Error("a push is not used")
	}
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}

// TestAnotherImageMakesRevisions starts a control plane on other files than the one before it had, as a rollout does.
func TestAnotherImageMakesRevisions(t *testing.T) {
	t.Parallel()
	dir, k, listen := t.TempDir(), parts.Kafka(t), parts.Address(t)
	images := filepath.Join(dir, "transforms")
	put(t, filepath.Join(dir, "first"), map[string]string{"orders.ts": orders, "_factor.ts": factor})
	put(t, filepath.Join(dir, "second"), map[string]string{"orders.ts": orders, "_factor.ts": strings.Replace(factor, "2", "3", 1)})
	link(t, "first", images)
	up := parts.Start(t, "up", parts.Program{Path: parts.Inflect(t), Ready: "  Logs  ", Args: []string{"up", "--no-demo", "--watch", "--resync", "250ms",
		"--listen", listen, "--brokers", strings.Join(k.Addrs(), ","), "--data", filepath.Join(dir, "data"), "--transforms", images}})
	spec, err := json.Marshal(pipeline.Spec{Name: "orders", Source: pipeline.Source{Topic: k.Topic(t, "in", 1)}, Target: pipeline.Target{Topic: k.Topic(t, "out", 1)},
		Steps: []pipeline.Step{{Name: "double", Kind: pipeline.Transform, Transform: "orders.ts#double"}}})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the control plane is ready", func() error {
		if code, body := request(t, http.MethodGet, "http://"+listen+"/readyz", ""); code != http.StatusOK {
			return fmt.Errorf("%d %s", code, body)
		}
		return nil
	})
	if code, body := request(t, http.MethodPost, "http://"+listen+"/api/v1/pipelines", string(spec)); code != http.StatusCreated {
		t.Fatalf("creating the pipeline: %d %s", code, body)
	}
	runs := func(revision int64) func() error {
		return func() error {
			var s pipeline.Status
			code, body := request(t, http.MethodGet, "http://"+listen+"/api/v1/pipelines/orders/status", "")
			if err := json.Unmarshal([]byte(body), &s); err != nil || s.Phase != pipeline.PhaseRunning || s.AppliedRevision != revision || s.Revision != revision {
				return fmt.Errorf("%d %s", code, body)
			}
			return nil
		}
	}
	until(t, "the first revision runs", runs(1))
	up.Stop(t)
	link(t, "second", images)
	up.Start(t)
	until(t, "a revision with the other files runs", runs(2))
}

// TestTransformsOfAnImage: the folder is the image's own, so no volume may hide it.
func TestTransformsOfAnImage(t *testing.T) {
	t.Parallel()
	container, _ := controlPlane(t, render(t, ""))
	if dir := transformsOf(t, container, "/"); dir != "/transforms" || !strings.Contains(read(t, "../../docs/guides/kubernetes.md"), "COPY transforms/ /transforms/") {
		t.Errorf("transforms are in %s, which is not what the guide copies them to", dir)
	}
	mounts, _ := container.at("volumeMounts").([]any)
	for _, m := range mounts {
		if at := object(m.(map[string]any)).text("mountPath"); at == "/transforms" || at == "/" {
			t.Errorf("a volume at %s hides the image's transforms", at)
		}
	}
}
