// Package all is the list of what this distribution contains.
package all

import (
	// Packages register what they have with Benthos.
	_ "github.com/redpanda-data/connect/v4/public/components/io"
	_ "github.com/redpanda-data/connect/v4/public/components/prometheus"
	_ "github.com/redpanda-data/connect/v4/public/components/pure"

	// So do our own.
	_ "github.com/inflect-dev/inflect/plugins/dlq"
	_ "github.com/inflect-dev/inflect/plugins/js"
	_ "github.com/inflect-dev/inflect/plugins/kafka"
	_ "github.com/inflect-dev/inflect/plugins/schema"
)
