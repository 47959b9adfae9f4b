// Package api is the REST API of the control plane: the contract in openapi.yaml, which tests hold every answer to, and
// the handlers behind it.
//
// What it needs of others are small interfaces in [Options]; a neighbour that is away makes the requests that need it
// answer 503 with its name, and no others. Errors leave as RFC 9457 problems with a [pipeline.Code]; what is not a
// [pipeline.Error] is logged and leaves as "internal", without its text.
//
// Browsers are part of the threat model even on loopback: every request's Host and Origin are checked, bodies must be
// application/json, and there is no CORS. Behind anything but loopback every route except the probes and the page asks
// for a token.
package api
