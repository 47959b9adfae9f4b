package schema

import (
	"fmt"

	"github.com/inflect-dev/inflect/plugins/record"
)

// Definition is a schema as a registry holds it, with everything it refers to, directly or not.
type Definition struct {
	Subject string
	Version int
	ID      int
	// Type is AVRO, JSON or PROTOBUF.
	Type string
	Text string
	// References are in the order in which they can be compiled: what others need comes first.
	References []Reference
}

// Options are what a pipeline may choose about a schema's use.
type Options struct {
	// StandardJSON asks for Avro's own JSON encoding instead of the natural one.
	StandardJSON bool
	// Message is the full name of the Protobuf message; empty stands for the schema's first.
	Message string
}

// Reference is a schema under the name by which another one refers to it.
type Reference struct {
	Name string
	Text string
}

func (d *Definition) String() string {
	return fmt.Sprintf("schema %s version %d, id %d", d.Subject, d.Version, d.ID)
}

// Check compiles the schema as a processor would and says what is wrong with it. It does no I/O.
func Check(d Definition, o Options) error {
	_, err := compile(&d, o)
	return err
}

// format converts between payloads and JSON by one compiled schema. It is used by many goroutines at once.
type format interface {
	// decode checks a payload and turns it into JSON. Writer is the schema that the payload was framed with, nil when it
	// was not framed.
	decode(payload []byte, writer *compiled) ([]byte, *record.Failure)
	// encode checks JSON and appends its payload to b. Framed says that b ends with a frame's header.
	encode(b, json []byte, framed bool) ([]byte, *record.Failure)
}

// compiled is a schema that is ready for use.
type compiled struct {
	Definition
	format format
}

func compile(d *Definition, o Options) (*compiled, error) {
	c := &compiled{Definition: *d}
	var err error
	switch d.Type {
	case typeJSON:
		c.format, err = newJSON(&c.Definition)
	case typeAvro:
		c.format, err = newAvro(&c.Definition, o)
	case typeProtobuf:
		c.format, err = newProtobuf(&c.Definition, o)
	default:
		err = fmt.Errorf("schemas of type %s are not known: use AVRO, JSON or PROTOBUF", d.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("compiling %s: %w", d, err)
	}
	return c, nil
}

// The registry's names of the types.
const (
	typeAvro     = "AVRO"
	typeJSON     = "JSON"
	typeProtobuf = "PROTOBUF"
)
