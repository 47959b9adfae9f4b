package schema

import (
	"encoding/binary"

	"github.com/inflect-dev/inflect/plugins/record"
)

// The framings. Auto is either on the way in, where a payload that begins with the magic byte is taken as framed, and
// confluent on the way out.
const (
	framingAuto      = "auto"
	framingConfluent = "confluent"
	framingBare      = "bare"
)

// Confluent's wire format: a zero byte and the schema's id as big-endian uint32. In Protobuf the message's index path
// follows, see protobuf.go.
const (
	magic      = 0
	headerSize = 5
)

// unframe splits a payload into the id of the schema it was written with and what follows. framed is false for a payload
// without a frame.
func unframe(payload []byte, framing string) (id int, rest []byte, framed bool, f *record.Failure) {
	if framing == framingBare {
		return 0, payload, false, nil
	}
	if len(payload) == 0 || payload[0] != magic {
		if framing == framingAuto {
			return 0, payload, false, nil
		}
		return 0, nil, false, fail(CodeNotFramed, "does not begin with the Confluent frame (a zero byte and a schema id): "+
			"set the schema's framing to bare if the topic's producers do not frame")
	}
	if len(payload) < headerSize {
		return 0, nil, false, fail(CodeTruncated, "ends inside the Confluent frame: %d of %d bytes", len(payload), headerSize)
	}
	return int(binary.BigEndian.Uint32(payload[1:headerSize])), payload[headerSize:], true, nil
}

// appendFrame writes the frame's header.
func appendFrame(b []byte, id int) []byte {
	b = append(b, magic)
	return binary.BigEndian.AppendUint32(b, uint32(id))
}
