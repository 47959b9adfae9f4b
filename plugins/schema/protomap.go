package schema

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/inflect-dev/inflect/plugins/record"
)

// protoEntry is an entry of a map, with what its key is sorted by: strings by text, all others by number. The value is
// binary while decoding, nil when the entry has none, and a node of the JSON text while encoding.
type protoEntry struct {
	text   []byte
	number uint64
	value  []byte
	node   int
}

func compareEntries(a, b protoEntry) int {
	return cmp.Or(bytes.Compare(a.text, b.text), cmp.Compare(a.number, b.number))
}

// sortable turns the bits of a key into a number that sorts as the key does.
func sortable(k protoreflect.Kind, v uint64) uint64 {
	switch k {
	case protoreflect.BoolKind, protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return v
	}
	return v ^ 1<<63
}

// sortEntries puts entries in the order of their keys; false when a key comes twice.
func sortEntries(entries []protoEntry) bool {
	ascending := true
	for i := 1; i < len(entries) && ascending; i++ {
		ascending = compareEntries(entries[i-1], entries[i]) < 0
	}
	if ascending {
		return true
	}
	slices.SortFunc(entries, compareEntries)
	for i := 1; i < len(entries); i++ {
		if compareEntries(entries[i-1], entries[i]) == 0 {
			return false
		}
	}
	return true
}

// dict writes a map whose records are b.
func (d *protoDecoder) dict(f *protoField, b []byte) bool {
	base := len(d.entries)
	for at := 0; at < len(b); {
		number, wire, n := consumeTag(b[at:])
		start, end, next := consumeValue(number, wire, b, at+n)
		at = next
		e, ok := entryOf(f, b[start:end])
		if !ok {
			return false
		}
		d.entries = append(d.entries, e)
	}
	count := len(d.entries) - base
	if !sortEntries(d.entries[base:]) {
		return false
	}
	d.out = append(d.out, '{')
	for i := range count {
		if i > 0 {
			d.out = append(d.out, ',')
		}
		e := d.entries[base+i]
		d.name(f.key, e)
		d.out = append(d.out, ':')
		switch {
		case e.value == nil && f.value.message == nil:
			d.out = append(d.out, f.value.zero...)
		case !d.value(f.value, e.value):
			return false
		}
	}
	d.out = append(d.out, '}')
	d.entries = d.entries[:base]
	return true
}

// entryOf reads an entry, in which a key and a value may stand once each.
func entryOf(f *protoField, b []byte) (e protoEntry, ok bool) {
	e.number = sortable(f.key.kind, 0)
	hasKey := false
	for at := 0; at < len(b); {
		n, wire, size := consumeTag(b[at:])
		if size <= 0 {
			return e, false
		}
		start, end, next := consumeValue(n, wire, b, at+size)
		if next < 0 {
			return e, false
		}
		switch content := b[start:end:end]; {
		case n == 1 && !hasKey && wire == f.key.wire:
			hasKey = true
			if !e.keyed(f.key, content) {
				return e, false
			}
		case n == 2 && e.value == nil && wire == f.value.wire:
			e.value = content
		default:
			return e, false
		}
		at = next
	}
	return e, true
}

func (e *protoEntry) keyed(key *protoField, b []byte) bool {
	switch key.kind {
	case protoreflect.StringKind:
		e.text = b
		return utf8.Valid(b)
	case protoreflect.BoolKind:
		e.number = protowire.EncodeBool(scalarBits(key, b) != 0)
	default:
		e.number = sortable(key.kind, integer(key.kind, scalarBits(key, b)))
	}
	return true
}

// name writes an entry's key as the name of a member.
func (d *protoDecoder) name(key *protoField, e protoEntry) {
	v := sortable(key.kind, e.number)
	switch key.kind {
	case protoreflect.StringKind:
		d.out = record.AppendString(d.out, e.text)
		return
	case protoreflect.BoolKind:
		d.out = append(d.out, '"')
		d.out = strconv.AppendBool(d.out, v != 0)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		d.out = append(d.out, '"')
		d.out = strconv.AppendUint(d.out, v, 10)
	default:
		d.out = append(d.out, '"')
		d.out = strconv.AppendInt(d.out, int64(v), 10)
	}
	d.out = append(d.out, '"')
}

// dict writes the entries of a map in the order of their keys.
func (e *protoEncoder) dict(f *protoField, n int) bool {
	if e.nodes[n].kind != objectKind {
		return false
	}
	base, end := len(e.entries), int(e.nodes[n].next)
	for c := n + 1; c < end; c = int(e.nodes[c+1].next) {
		entry := protoEntry{node: c + 1}
		if !entry.named(f.key.kind, e.content(c)) {
			return false
		}
		e.entries = append(e.entries, entry)
	}
	count := len(e.entries) - base
	if !sortEntries(e.entries[base:]) {
		return false
	}
	for i := range count {
		entry := e.entries[base+i]
		e.out = append(e.out, f.tag...)
		from := e.open()
		e.key(f.key, entry)
		e.out = append(e.out, f.value.tag...)
		if !e.value(f.value, entry.node) {
			return false
		}
		e.close(from)
	}
	e.entries = e.entries[:base]
	return true
}

// named reads a key from the name of a member.
func (e *protoEntry) named(k protoreflect.Kind, name []byte) bool {
	switch k {
	case protoreflect.StringKind:
		e.text = name
		return true
	case protoreflect.BoolKind:
		e.number = protowire.EncodeBool(string(name) == "true")
		return string(name) == "true" || string(name) == "false"
	}
	v, ok := wholeNumber(k, name)
	e.number = sortable(k, v)
	return ok
}

func (e *protoEncoder) key(f *protoField, entry protoEntry) {
	e.out = append(e.out, f.tag...)
	if f.kind == protoreflect.StringKind {
		e.out = protowire.AppendVarint(e.out, uint64(len(entry.text)))
		e.out = append(e.out, entry.text...)
		return
	}
	e.integer(f, sortable(f.kind, entry.number))
}
