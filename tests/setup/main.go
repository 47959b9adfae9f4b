// Command setup brings everything that the tests need and Go does not bring by
// itself: Apache Kafka, a schema registry, Postgres, a browser and the page's
// npm packages. It does nothing where all is there, may run several times at
// once, and names the command for what it cannot set up.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		stop()
		os.Exit(1)
	}
}
