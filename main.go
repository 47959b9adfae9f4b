package main

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/inflect-dev/inflect/plugins/all"
)

func main() {
	service.RunCLI(context.Background())
}
