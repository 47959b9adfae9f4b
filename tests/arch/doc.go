// Package arch holds tests about the tree itself: who imports whom, under which
// licences the linked packages are, and that the tree stands alone. Each failure
// names the file or import and what to do instead.
package arch
