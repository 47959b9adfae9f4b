package kafka

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/redpanda-data/benthos/v4/public/service"
)

// reader reads fields until one of them fails and keeps the first error, so that a long list of fields stays a list.
type reader struct {
	conf *service.ParsedConfig
	err  error
}

func read[T any](r *reader, get func(...string) (T, error), path []string) (v T) {
	if r.err != nil {
		return v
	}
	v, r.err = get(path...)
	return v
}

func (r *reader) text(path ...string) string     { return read(r, r.conf.FieldString, path) }
func (r *reader) list(path ...string) []string   { return read(r, r.conf.FieldStringList, path) }
func (r *reader) number(path ...string) int      { return read(r, r.conf.FieldInt, path) }
func (r *reader) decimal(path ...string) float64 { return read(r, r.conf.FieldFloat, path) }
func (r *reader) duration(path ...string) time.Duration {
	return read(r, r.conf.FieldDuration, path)
}

// bytes reads a size such as 16MiB, which must fit into the 31 bits that Kafka has for one.
func (r *reader) bytes(path ...string) int {
	s := r.text(path...)
	if r.err != nil {
		return 0
	}
	n, err := humanize.ParseBytes(s)
	if err != nil || n < 1 || n > math.MaxInt32 {
		r.err = fmt.Errorf("%s is %q: it must be a size between 1B and 2GiB, such as 16MiB", strings.Join(path, "."), s)
		return 0
	}
	return int(n)
}
