package pipeline

// Compatibility is what a registry says of a schema that it does not have yet. Level is the rule that it applies to the
// subject, empty when it does not say; Messages are its reasons.
type Compatibility struct {
	Compatible bool     `json:"compatible"`
	Level      string   `json:"level,omitempty"`
	Messages   []string `json:"messages"`
}

// SchemaDifference is one way in which the events of a schema differ from those of another. Path names the field, with []
// for the items of an array and {} for the values of a map; empty is the event itself.
type SchemaDifference struct {
	Path string `json:"path"`
	// Kind is added, removed, required, optional, type or changed.
	Kind DifferenceKind `json:"kind"`
	// Message says it in words.
	Message string `json:"message"`
}

// DifferenceKind is what happened to a field.
type DifferenceKind string

// The kinds. A field that is Required has to be there by now, one that is Optional no longer; Changed is any other rule.
const (
	FieldAdded    DifferenceKind = "added"
	FieldRemoved  DifferenceKind = "removed"
	FieldRequired DifferenceKind = "required"
	FieldOptional DifferenceKind = "optional"
	TypeChanged   DifferenceKind = "type"
	RuleChanged   DifferenceKind = "changed"
)
