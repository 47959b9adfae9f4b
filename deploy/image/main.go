// Command image builds the container images inflect (the control plane) and inflect-connect (the data plane alone)
// without a container engine, as OCI image layouts in a tar file each, for amd64 and arm64:
//
//	go run ./deploy/image -version v1.2.3 -out dist
//
// An image holds one static program, certificates, and a user who is nobody. The same sources give the same bytes. To
// push one: `skopeo copy oci-archive:dist/inflect.tar docker://…`, or `crane push` of the unpacked layout.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// build is what is asked for.
type build struct {
	version, out, certificates, source string
	architectures                      []string
}

// images are what can be built: their names, and the build tags that leave out what is not for them.
var images = map[string][]string{
	"inflect": nil,
	// No page, no Postgres, no embedded broker.
	"inflect-connect": {"connect"},
}

func main() {
	b := build{}
	flag.StringVar(&b.version, "version", "dev", "version that the programs say")
	flag.StringVar(&b.out, "out", "dist", "folder for the images")
	flag.StringVar(&b.certificates, "certificates", "/etc/ssl/certs/ca-certificates.crt", "PEM file with the authorities that are trusted")
	flag.StringVar(&b.source, "source", ".", "root of the source tree, the page built")
	names := flag.String("images", "inflect,inflect-connect", "images to build")
	architectures := flag.String("arch", "amd64,arm64", "architectures to build for")
	flag.Parse()
	b.architectures = strings.Split(*architectures, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := b.all(ctx, strings.Split(*names, ","))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func (b build) all(ctx context.Context, names []string) error {
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return fmt.Errorf("making room for the images: %w", err)
	}
	for _, name := range names {
		tags, ok := images[name]
		if !ok {
			return fmt.Errorf("there is no image %q: inflect or inflect-connect", name)
		}
		file := filepath.Join(b.out, name+".tar")
		if err := b.image(ctx, name, tags, file); err != nil {
			return fmt.Errorf("building %s: %w", name, err)
		}
		fmt.Println(file)
	}
	return nil
}

func (b build) image(ctx context.Context, name string, tags []string, file string) error {
	certificates, err := os.ReadFile(b.certificates)
	if err != nil {
		return fmt.Errorf("reading the trusted authorities: %w: name a file with -certificates", err)
	}
	scratch, err := os.MkdirTemp("", "image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	l := newLayout(name, b.version)
	for _, arch := range b.architectures {
		program := filepath.Join(scratch, arch)
		if err := b.compile(ctx, arch, tags, program); err != nil {
			return err
		}
		if err := l.add(arch, program, certificates); err != nil {
			return err
		}
	}
	return l.write(file)
}

func (b build) compile(ctx context.Context, arch string, tags []string, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags="+strings.Join(tags, ","),
		"-ldflags=-s -w -X main.version="+b.version, "-o", to, ".")
	cmd.Dir = b.source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compiling for %s: %w\n%s", arch, err, output)
	}
	return nil
}
