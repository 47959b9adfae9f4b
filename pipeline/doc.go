// Package pipeline holds the words of the product: what a pipeline is, what state it is in, and what can be wrong with
// it. It does no I/O and imports only the standard library; every other part speaks in these types.
//
// [Spec] is what users write and rows hold. [Pipeline] is a spec with its identity and revision. [Status] is what is
// observed of it. [Error] is anything a person is told: a stable code, the field it concerns and what to change.
package pipeline
