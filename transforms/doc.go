// Package transforms is the source side of a user's transform directory: it lists the functions that steps may name,
// bundles one of them into a self-contained ES module, and turns such a module, or a function written inline, into the
// script that the engine runs.
//
// Nothing outside the directory is ever read into a bundle: paths that leave it, symbolic links included, are refused
// (invariant 7). A bundle names everything it needs, so the same bundle gives the same result tomorrow (invariant 6).
// Source maps travel inside it, with the sources, so that every error can name the author's own file, line and column.
package transforms
