package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestPageIsUpToDate(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../../docs/reference/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := write(&got, contract); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("docs/reference/api.md is stale: run `go generate ./api/reference`")
	}
}

func TestPageOfASmallDocument(t *testing.T) {
	t.Parallel()
	const contract = `
info: {description: About it.}
tags: [{name: things, description: All things.}]
paths:
  /things/{id}:
    parameters: [{name: id, in: path, schema: {type: string}}]
    get:
      summary: One thing
      tags: [things]
      parameters: [{name: deep, in: query, schema: {type: integer, minimum: 1, maximum: 9, default: 2}, description: 'How deep | wide.'}]
      responses: {'200': {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}
components:
  schemas:
    Thing:
      required: [id]
      properties: {id: {type: [string, 'null']}, kinds: {type: array, items: {enum: [a, b]}}, labels: {type: object, additionalProperties: {type: string}}}
`
	var got bytes.Buffer
	if err := write(&got, []byte(contract)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"### `GET /things/{id}`\n\nOne thing.", "| `deep` | query | integer, 1 to 9, default `2` | How deep \\| wide. |",
		"`200`: [Thing](#thing) (application/json) It.", "| `id` | string or null | required.  |", "| `kinds` | list of `a`, `b` |  |", "map to string"} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("the page does not hold %q:\n%s", want, &got)
		}
	}
	if err := write(&got, []byte("paths: [")); err == nil {
		t.Error("a document that is no YAML was taken")
	}
}
