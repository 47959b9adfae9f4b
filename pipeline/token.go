package pipeline

import (
	"slices"
	"time"
)

// Role is what a token allows; each role includes those before it.
type Role string

// Viewer reads. Editor also saves pipelines and tries them. Operator also moves places, replays dead letters and writes
// records. Admin also manages tokens.
const (
	Viewer   Role = "viewer"
	Editor   Role = "editor"
	Operator Role = "operator"
	Admin    Role = "admin"
)

// Valid says whether there is such a role.
func (r Role) Valid() bool { return slices.Contains(roles, r) }

// Allows says whether r includes what wanted allows.
func (r Role) Allows(wanted Role) bool {
	return wanted.Valid() && slices.Index(roles, r) >= slices.Index(roles, wanted)
}

var roles = []Role{Viewer, Editor, Operator, Admin}

// Token lets a program or a person use the API. Its secret is shown once and stored as a hash.
type Token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      Role       `json:"role"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}
