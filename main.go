// Command inflect is a Benthos distribution with the inflect_* plugins, and the control plane over it.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/inflect-dev/inflect/cli"
	_ "github.com/inflect-dev/inflect/plugins/all"
	"github.com/inflect-dev/inflect/plugins/engine"
	"github.com/inflect-dev/inflect/plugins/js"
)

// version is set by the linker.
var version = "dev"

func main() {
	branding := []service.CLIOptFunc{
		service.CLIOptSetBinaryName("inflect"),
		service.CLIOptSetProductName("Inflect"),
		service.CLIOptSetDocumentationURL("https://github.com/inflect-dev/inflect/tree/main/docs"),
		service.CLIOptSetVersion(version, ""),
	}
	app := &cli.App{
		Version: version, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Benthos: func(ctx context.Context, args []string) (int, error) {
			return service.RunCLIToCode(ctx, append(branding, service.CLIOptSetArgs(args...))...)
		},
	}
	app.Explain = func(dir, ref string) (bool, string, error) {
		e, err := js.Explain(dir, ref)
		return e.Module == "once", e.Reason, err
	}
	addControlPlane(app)
	opts := slices.Concat(branding, []service.CLIOptFunc{service.CLIOptSetArgs(app.Arrange(os.Args)...)})
	for _, c := range app.Commands() {
		opts = append(opts, service.CLIOptAddCommand(c))
	}
	done, err := app.Help(os.Args)
	code := 0
	if !done {
		code, err = engine.Run(context.Background(), version, opts...)
	}
	if own, show := cli.ExitCode(err); own != 0 {
		code = own
		if show {
			fmt.Fprintln(os.Stderr, "inflect:", err)
		}
	}
	os.Exit(code)
}
