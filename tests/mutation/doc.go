// Package mutation breaks the ready-made transforms on purpose, one small change at a time, and runs their tests on what
// comes out: a change that no test notices says that the tests are too weak. One mutant in four is tried, or all of them
// with INFLECT_MUTANTS=all.
//
// Each transform is stripped of its types, parsed, and changed at one place: a comparison turned round, a condition
// negated, a number moved by one, a statement taken out. A mutant is killed when `inflect test` fails on it. The package
// holds only a test; it fails when fewer than nine mutants in ten are killed, and lists those that live.
package mutation
