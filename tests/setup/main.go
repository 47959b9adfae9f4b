// Command setup brings everything that the tests need and Go does not bring by
// itself: Apache Kafka, a schema registry, Postgres, public schemas, the
// programs of Kubernetes and KEDA, Prometheus, an emulator of other processors, a
// browser and the page's npm packages. It does nothing where all is there, may run
// several times at once, and names the command for what it cannot set up.
//
//	go run ./tests/setup [part ...]      bring these parts, or all
//	go run ./tests/setup -linter         bring golangci-lint and print where it is
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/inflect-dev/inflect/tests/setup/cache"
)

func main() {
	linter := flag.Bool("linter", false, "bring golangci-lint and print where it is")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := do(ctx, *linter, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}

func do(ctx context.Context, linter bool, names []string) error {
	if !linter {
		return run(ctx, tasks, names, os.Stdout)
	}
	lint := task{name: "linter", run: cache.LinterPart().Install}
	if err := run(ctx, []task{lint}, nil, os.Stderr); err != nil {
		return err
	}
	path, err := cache.Linter()
	if err != nil {
		return err
	}
	_, err = fmt.Println(path)
	return err
}
