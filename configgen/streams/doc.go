// Package streams makes engines run stream configs, over the streams API of each, and reads what they say of themselves
// on their metrics listener.
//
// Engines are compared, not remembered: [Client.Apply] asks an engine what it runs and changes only what differs, so
// that an engine that restarted, lost a stream or was changed by hand ends up as it should be, and applying twice does
// nothing.
//
// What the API of Benthos 4.78 does behind its back, and what is done about it: PUT stops the old stream before it
// builds the new one, and a config that cannot be built leaves nothing running. So a refusal is reported as [*Refused],
// which says whether anything runs, and the caller puts the previous config back. PUT and DELETE wait for a blocked
// output unless they are given a timeout, so they are.
package streams
