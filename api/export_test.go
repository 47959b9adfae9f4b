package api

import "github.com/inflect-dev/inflect/pipeline"

// HasStatus says whether a code has an HTTP status of its own.
func HasStatus(code pipeline.Code) bool { _, ok := statusOf[code]; return ok }
