package main

import (
	"context"
	"errors"
	"io"

	"github.com/inflect-dev/inflect/tests/setup/cache"
)

func run(ctx context.Context, _ []string, log io.Writer) error {
	unlock, err := cache.Lock()
	if err != nil {
		return err
	}
	var problems []error
	for _, part := range []cache.Part{cache.KafkaPart(), cache.RegistryPart(), cache.PostgresPart()} {
		problems = append(problems, part.Install(ctx, log))
	}
	return errors.Join(append(problems, unlock())...)
}
