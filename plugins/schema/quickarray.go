package schema

import (
	"bytes"
	"math/big"
)

func (c *check) items(q *quickArray, n int) bool {
	end, i := int(c.nodes[n].next), 0
	for k := n + 1; k < end; k = int(c.nodes[k].next) {
		s := q.rest
		if i < len(q.prefix) {
			s = q.prefix[i]
		}
		if i++; !c.value(s, k) {
			return false
		}
	}
	return i >= q.min && (q.max < 0 || i <= q.max) && (q.contains == nil || c.contained(q, n)) && (!q.distinct || c.distinct(n, i))
}

// contained reports whether as many items fit as have to.
func (c *check) contained(q *quickArray, n int) bool {
	end, fit := int(c.nodes[n].next), 0
	for k := n + 1; k < end; k = int(c.nodes[k].next) {
		if c.value(q.contains, k) {
			fit++
		}
	}
	return fit >= q.fewest && (q.most < 0 || fit <= q.most)
}

// What is compared to find equal items: pairs of few items, and objects of few values. The rest is left to the library.
const (
	maxPaired = 20
	maxValues = 64
)

// distinct reports whether no two of an array's items are equal.
func (c *check) distinct(n, count int) bool {
	end := int(c.nodes[n].next)
	if count > maxPaired {
		return c.distinctTexts(n, count)
	}
	for k := n + 1; k < end; k = int(c.nodes[k].next) {
		for other := n + 1; other < k; other = int(c.nodes[other].next) {
			if c.equal(k, other) {
				return false
			}
		}
	}
	return true
}

// distinctTexts is distinct for arrays of strings. It is not sure about others.
func (c *check) distinctTexts(n, count int) bool {
	end := int(c.nodes[n].next)
	seen := make(map[string]struct{}, count)
	for k := n + 1; k < end; k = int(c.nodes[k].next) {
		if c.nodes[k].kind != stringKind {
			c.unsure = true
			return false
		}
		seen[string(c.content(k))] = struct{}{}
	}
	return len(seen) == count
}

// equal reports whether two values are equal as JSON Schema has it: numbers by their value, objects whatever their order.
func (c *check) equal(a, b int) bool {
	if c.unsure || c.nodes[a].kind != c.nodes[b].kind {
		return false
	}
	switch c.nodes[a].kind {
	case nullKind:
		return true
	case boolKind:
		return bytes.Equal(c.raw(a), c.raw(b))
	case stringKind:
		return bytes.Equal(c.content(a), c.content(b))
	case numberKind:
		return c.equalNumbers(a, b)
	case arrayKind:
		return c.equalItems(a, b)
	}
	return c.equalMembers(a, b)
}

func (c *check) equalNumbers(a, b int) bool {
	x, okX := short(c.raw(a))
	y, okY := short(c.raw(b))
	if okX && okY {
		return x == y
	}
	p, okP := new(big.Rat).SetString(string(c.raw(a)))
	q, okQ := new(big.Rat).SetString(string(c.raw(b)))
	return okP && okQ && p.Cmp(q) == 0
}

func (c *check) equalItems(a, b int) bool {
	endA, endB := int(c.nodes[a].next), int(c.nodes[b].next)
	for a, b = a+1, b+1; a < endA && b < endB; a, b = int(c.nodes[a].next), int(c.nodes[b].next) {
		if !c.equal(a, b) {
			return false
		}
	}
	return a == endA && b == endB
}

func (c *check) equalMembers(a, b int) bool {
	endA, endB := int(c.nodes[a].next), int(c.nodes[b].next)
	if max(endA-a, endB-b) > maxValues || c.repeated(a) || c.repeated(b) {
		c.unsure = true
		return false
	}
	count := 0
	for k := a + 1; k < endA; k = int(c.nodes[k+1].next) {
		count++
	}
	for k := b + 1; k < endB; k = int(c.nodes[k+1].next) {
		count--
	}
	if count != 0 {
		return false
	}
	for k := a + 1; k < endA; k = int(c.nodes[k+1].next) {
		other := c.member(b, c.content(k))
		if other < 0 || !c.equal(k+1, other) {
			return false
		}
	}
	return true
}

// member is the value of the object's member of that name, -1 when there is none.
func (c *check) member(n int, name []byte) int {
	end := int(c.nodes[n].next)
	for k := n + 1; k < end; k = int(c.nodes[k+1].next) {
		if bytes.Equal(c.content(k), name) {
			return k + 1
		}
	}
	return -1
}
