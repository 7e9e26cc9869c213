package wire

import (
	"encoding/binary"
	"errors"
)

// WebSocket opcodes.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA
)

const final = 0x80

// maxFrame is the longest frame taken from a server, in bytes: the state of the
// largest room is a tenth of it.
const maxFrame = 8 << 20

var (
	errMasked     = errors.New("the server masked a frame")
	errReserved   = errors.New("the server set reserved bits of a frame")
	errFragment   = errors.New("the server fragmented a message")
	errFrameSize  = errors.New("the server sent a frame of over 8 MiB")
	errFrameShort = errors.New("the server sent an empty message")
)

// appendFrame appends the header of a final frame whose payload of size bytes
// follows, masked with zeros.
func appendFrame(dst []byte, opcode byte, size int) []byte {
	const masked = 0x80
	switch {
	case size < 126:
		return append(dst, final|opcode, masked|byte(size), 0, 0, 0, 0)
	case size <= 0xffff:
		return append(dst, final|opcode, masked|126, byte(size>>8), byte(size), 0, 0, 0, 0)
	}
	dst = append(dst, final|opcode, masked|127)
	dst = binary.BigEndian.AppendUint64(dst, uint64(size))
	return append(dst, 0, 0, 0, 0)
}

// frame is a frame of the server.
type frame struct {
	opcode  byte
	payload []byte
}

// cutFrame takes the first frame off data and returns how long it is, 0 if it is
// not complete yet.
func cutFrame(data []byte) (f frame, size int, err error) {
	if len(data) < 2 {
		return frame{}, 0, nil
	}
	switch {
	case data[0]&0x70 != 0:
		return frame{}, 0, errReserved
	case data[0]&final == 0 || data[0]&0xf == 0:
		return frame{}, 0, errFragment
	case data[1]&0x80 != 0:
		return frame{}, 0, errMasked
	}
	head, length := 2, int(data[1])
	switch length {
	case 126:
		if len(data) < 4 {
			return frame{}, 0, nil
		}
		head, length = 4, int(binary.BigEndian.Uint16(data[2:]))
	case 127:
		if len(data) < 10 {
			return frame{}, 0, nil
		}
		long := binary.BigEndian.Uint64(data[2:])
		if long > maxFrame {
			return frame{}, 0, errFrameSize
		}
		head, length = 10, int(long)
	}
	if len(data) < head+length {
		return frame{}, 0, nil
	}
	return frame{opcode: data[0] & 0xf, payload: data[head : head+length]}, head + length, nil
}
