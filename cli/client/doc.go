// Package client speaks to the control plane's REST API. Answers that say what is wrong are [pipeline.Error] or
// [pipeline.Errors] with the server's code; a server that cannot be reached is one of [pipeline.CodeUnavailable] that
// names its address. Nothing is retried: callers know what may be done twice.
package client
