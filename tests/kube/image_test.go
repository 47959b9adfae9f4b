package kube

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inflect-dev/inflect/tests/parts"
	"github.com/inflect-dev/inflect/tests/setup/cache"
)

// image is a container image, unpacked.
type image struct {
	root string
	user uint32
	// emulator runs its program where the processor does not; empty where it does.
	emulator string
}

// buildImage builds an image for an architecture without a container engine and unpacks it.
func buildImage(t *testing.T, name, architecture string) image {
	t.Helper()
	emulator, err := cache.Emulator(architecture)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificates := filepath.Join(dir, "certificates")
	if err := os.WriteFile(certificates, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "run", "./deploy/image", "-out", dir, "-version", "v9.9.9", "-images", name,
		"-arch", architecture, "-certificates", certificates)
	build.Dir = "../.."
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the image: %v\n%s", err, output)
	}
	root := t.TempDir()
	return image{root: root, user: unpackImage(t, filepath.Join(dir, name+".tar"), root), emulator: emulator}
}

// command is the image's program as a process: as root it sees nothing but the image, as nobody. An emulator is not in the
// image, so what it runs sees everything.
func (i image) command(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	program := filepath.Join(i.root, "inflect")
	if i.emulator != "" {
		program, args = i.emulator, append([]string{program}, args...)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"PATH=/"}
	if os.Geteuid() == 0 && i.emulator == "" {
		for _, dir := range []string{i.root, filepath.Dir(i.root)} {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd.Path, cmd.Args[0], cmd.Dir = "/inflect", "/inflect", "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: i.root, Credential: &syscall.Credential{Uid: i.user, Gid: i.user}}
	}
	return cmd
}

// serve starts the program, waits until url answers, has it looked at, and ends it as Kubernetes does.
func (i image) serve(t *testing.T, url string, env []string, look func(), args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var says strings.Builder
	cmd := i.command(ctx, t, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(cmd.Env, env...), &says, &says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for code := 0; code != http.StatusOK; code, _ = get(ctx, url) {
		select {
		case err := <-ended:
			t.Fatalf("the program has ended: %v\n%s", err, &says)
		case <-tick.C:
		}
	}
	look()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the program did not end in order: %v\n%s", err, &says)
	}
}

func get(ctx context.Context, url string) (code int, body string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err.Error()
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	return "127.0.0.1:" + strconv.Itoa(parts.Port(t))
}

// TestTheControlPlanesImageServes starts it with a real database, before its brokers are there.
func TestTheControlPlanesImageServes(t *testing.T) {
	t.Parallel()
	serveControlPlane(t, buildImage(t, "inflect", runtime.GOARCH))
}

// TestImagesRunOnTheOtherArchitecture runs both images' programs in an emulator: Kubernetes' nodes are of either kind.
func TestImagesRunOnTheOtherArchitecture(t *testing.T) {
	t.Parallel()
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	if other == "" {
		t.Fatalf("images are built for amd64 and arm64, and this is %s", runtime.GOARCH)
	}
	t.Run("inflect", func(t *testing.T) {
		serveControlPlane(t, buildImage(t, "inflect", other))
	})
	t.Run("inflect-connect", func(t *testing.T) {
		i := buildImage(t, "inflect-connect", other)
		output, err := i.command(t.Context(), t, "version").CombinedOutput()
		if err != nil || !strings.Contains(string(output), "v9.9.9") || !strings.Contains(string(output), other) {
			t.Errorf("asking for the version: %v\n%s", err, output)
		}
		status := freeAddress(t)
		env := []string{"INFLECT_STREAMS_PASSWORD=a-password-of-the-tests"}
		i.serve(t, "http://"+status+"/readyz", env, func() {
			if _, text := get(t.Context(), "http://"+status+"/metrics"); !strings.Contains(text, `inflect_build_info{version="v9.9.9"} 1`) {
				t.Errorf("the engine's metrics are %.300s", text)
			}
		}, "streams", "--streams-listen="+freeAddress(t), "--metrics-listen="+status)
	})
}

func serveControlPlane(t *testing.T, i image) {
	t.Helper()
	listen, transforms := freeAddress(t), "/transforms"
	if os.Geteuid() != 0 || i.emulator != "" {
		transforms = filepath.Join(i.root, "transforms")
	}
	env := []string{"INFLECT_POSTGRES=" + parts.Postgres(t).URL(), "INFLECT_STREAMS_PASSWORD=a-password-of-the-tests"}
	i.serve(t, "http://"+listen+"/api/v1/pipelines", env, func() {
		if code, text := get(t.Context(), "http://"+listen+"/"); code != http.StatusOK || !strings.Contains(text, "<title>") {
			t.Errorf("the page: %d %.300s", code, text)
		}
	}, "serve", "--listen="+listen, "--brokers="+freeAddress(t), "--engine=http://"+freeAddress(t), "--engine-status=http://"+freeAddress(t),
		"--transforms="+transforms)
}
