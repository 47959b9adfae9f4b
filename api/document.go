package api

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"gopkg.in/yaml.v3"
)

//go:embed openapi.yaml
var contract []byte

// Document is the OpenAPI 3.1 document of this API as JSON.
func Document() ([]byte, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(contract, &doc); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document as JSON: %w", err)
	}
	return out, nil
}
