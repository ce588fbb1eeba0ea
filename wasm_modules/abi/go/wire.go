package interlock

import (
	"encoding/binary"
	"math"
)

// Encoder is a message that is being written. A field of the default value is
// not written, as in proto3.
type Encoder []byte

// Number adds a field of a varint type.
func (e Encoder) Number(field uint32, value uint64) Encoder {
	if value == 0 {
		return e
	}
	return binary.AppendUvarint(binary.AppendUvarint(e, uint64(field)<<3), value)
}

// Bool adds a field of type bool.
func (e Encoder) Bool(field uint32, value bool) Encoder {
	if !value {
		return e
	}
	return e.Number(field, 1)
}

// Text adds a field of type string.
func (e Encoder) Text(field uint32, value string) Encoder {
	if value == "" {
		return e
	}
	e = binary.AppendUvarint(e, uint64(field)<<3|uint64(Bytes))
	return append(binary.AppendUvarint(e, uint64(len(value))), value...)
}

// Wire is how a field's value is written.
type Wire uint32

const (
	Varint  Wire = 0
	Fixed64 Wire = 1
	Bytes   Wire = 2
	Fixed32 Wire = 5
)

// Decoder walks over the fields of a message:
//
//	for d := interlock.Decode(request); d.Next(); { ... d.Field, d.Wire, d.Value ... }
//
// Groups, which proto3 does not have, count as malformed.
type Decoder struct {
	Field     uint32
	Wire      Wire
	Value     uint64 // of a number
	Bytes     []byte // of bytes: a part of the message
	Malformed bool   // why Next was false

	left []byte
}

// Decode begins a walk.
func Decode(message []byte) *Decoder { return &Decoder{left: message} }

// Next moves to the next field; false at the end, and where the message is malformed.
func (d *Decoder) Next() bool {
	if d.Malformed || len(d.left) == 0 {
		return false
	}
	tag := d.varint()
	d.Field, d.Wire = uint32(tag>>3), Wire(tag&7)
	if tag > math.MaxUint32 || d.Field == 0 {
		d.Malformed = true
	}
	switch d.Wire {
	case Varint:
		d.Value = d.varint()
	case Fixed64:
		if bytes := d.take(8); bytes != nil {
			d.Value = binary.LittleEndian.Uint64(bytes)
		}
	case Bytes:
		d.Bytes = d.take(d.varint())
	case Fixed32:
		if bytes := d.take(4); bytes != nil {
			d.Value = uint64(binary.LittleEndian.Uint32(bytes))
		}
	default:
		d.Malformed = true
	}
	return !d.Malformed
}

func (d *Decoder) take(size uint64) []byte {
	if size > uint64(len(d.left)) {
		d.Malformed = true
		return nil
	}
	taken := d.left[:size]
	d.left = d.left[size:]
	return taken
}

// Not binary.Uvarint: it refuses what does not fit 64 bits, where protobuf drops it.
func (d *Decoder) varint() uint64 {
	var value uint64
	for shift := 0; shift < 70; shift += 7 {
		if len(d.left) == 0 {
			break
		}
		next := d.left[0]
		d.left = d.left[1:]
		value |= uint64(next&0x7f) << shift
		if next < 0x80 {
			return value
		}
	}
	d.Malformed = true
	return 0
}
