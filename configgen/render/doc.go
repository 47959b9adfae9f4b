// Package render turns a pipeline into the text of a stream config. It is pure, and the only place that knows the form
// of that text.
//
// Benthos expands ${NAME} in the raw bytes of a config, before it is parsed. Everything that comes from a user is
// therefore written as a double-quoted YAML scalar in which each "${" stands as "\u0024{" ([quote]); only this package
// writes real placeholders, and only those of a fixed list ([Placeholders]). What is secret is always a placeholder, so
// that a config can be shown to whoever may see the pipeline (invariant 8).
//
// A config is complete (invariant 6): code is bundled into it, schema versions are numbers.
package render
