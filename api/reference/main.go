// Command reference writes docs/reference/api.md from the OpenAPI document, in the document's order.
package main

import (
	"bytes"
	"fmt"
	"os"
)

//go:generate go run . ../openapi.yaml ../../docs/reference/api.md

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: reference openapi.yaml page.md")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(contract, page string) error {
	text, err := os.ReadFile(contract)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := write(&b, text); err != nil {
		return err
	}
	return os.WriteFile(page, b.Bytes(), 0o644)
}
