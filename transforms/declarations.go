package transforms

import _ "embed"

// Declarations is the text of inflect.d.ts: the types of a step and of its ctx, for editors. The reference page
// docs/reference/ctx.md is made of it.
//
//go:embed inflect.d.ts
var Declarations string
