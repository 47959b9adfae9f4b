// Command inflect is a Benthos distribution with the inflect_* plugins, and the control plane over it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/inflect-dev/inflect/plugins/all"
	"github.com/inflect-dev/inflect/plugins/engine"
)

// version is set by the linker.
var version = "dev"

func main() {
	code, err := engine.Run(context.Background(), version,
		service.CLIOptSetBinaryName("inflect"),
		service.CLIOptSetProductName("Inflect"),
		service.CLIOptSetDocumentationURL("https://github.com/inflect-dev/inflect/tree/main/docs"),
		service.CLIOptSetVersion(version, ""),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "inflect:", err)
	}
	os.Exit(code)
}
