package pipeline

// Build is what a revision was made into when it passed the change gate: the code of its steps and the schema versions
// that "latest" stood for. A revision that is rendered from its build is the same tomorrow (invariant 6).
type Build struct {
	// Steps are in the order of the spec's.
	Steps []BuiltStep `json:"steps"`
	// Versions are schema versions by the field of their target: "source", "target", "outputs.<name>".
	Versions map[string]int `json:"versions"`
	// Hash is the SHA-256 of the steps' code, hexadecimal.
	Hash string `json:"hash"`
	// Chosen says that a rollback chose the code. Files is the hash of what the files held instead when that came to be at
	// work: they do not replace it before they hold something else.
	Chosen bool   `json:"chosen,omitempty"`
	Files  string `json:"files,omitempty"`
}

// BuiltStep is one step's code with everything it imports, and the export that is called; empty is the default export.
type BuiltStep struct {
	Code   string `json:"code"`
	Export string `json:"export,omitempty"`
}
