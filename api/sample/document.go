package sample

import (
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inflect-dev/inflect/pipeline"
)

// Document is the JSON Schema of a schema's events as the steps see them: the schema itself, or what stands for an Avro or
// Protobuf schema.
func Document(s pipeline.RegisteredSchema) (any, error) {
	switch s.Type {
	case "JSON":
		return jsonschema.UnmarshalJSON(strings.NewReader(s.Text))
	case "AVRO":
		return avroDocument(s)
	case "PROTOBUF":
		return protobufDocument(s)
	}
	return nil, fmt.Errorf("schemas of type %s are not known", s.Type)
}
