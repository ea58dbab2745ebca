package tallystick

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// A segment is an append-only file of records:
//
//	0   u32   length of the payload, little-endian
//	4   u32   CRC-32 (IEEE) of the payload
//	8         payload: the event as it is sent, JSON in UTF-8
//
// It is named after the source_seq of its first record, in 20 digits.
const (
	recordHeader  = 8
	segmentSuffix = ".events"
)

// segment is a file of the spool up to what is synced.
type segment struct {
	name string
	size int64
}

func segmentName(firstSequence uint64) string {
	return fmt.Sprintf("%020d%s", firstSequence, segmentSuffix)
}

// segmentNames lists the segments of a directory, oldest first.
func segmentNames(directory string) ([]string, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		digits, isSegment := strings.CutSuffix(entry.Name(), segmentSuffix)
		if _, err := strconv.ParseUint(digits, 10, 64); isSegment && len(digits) == 20 && err == nil {
			names = append(names, entry.Name())
		}
	}
	sort.Strings(names)
	return names, nil
}

// appendRecord appends the record of an event to a buffer.
func appendRecord(buffer, encoded []byte, sequence uint64) []byte {
	start := len(buffer)
	buffer = append(buffer, make([]byte, recordHeader)...)
	buffer = withSequence(buffer, encoded, sequence)
	payload := buffer[start+recordHeader:]
	binary.LittleEndian.PutUint32(buffer[start:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(buffer[start+4:], crc32.ChecksumIEEE(payload))
	return buffer
}

// recordBytes is how long the record of an event can be.
func recordBytes(encoded []byte) int64 {
	return int64(recordHeader + len(encoded) + maxSequenceBytes)
}

// readRecord returns the payload of the record at the start of a buffer, or nil if it is not whole.
func readRecord(buffer []byte) []byte {
	if len(buffer) < recordHeader {
		return nil
	}
	length := binary.LittleEndian.Uint32(buffer)
	if length == 0 || uint64(length) > uint64(len(buffer)-recordHeader) {
		return nil
	}
	payload := buffer[recordHeader : recordHeader+int(length)]
	if crc32.ChecksumIEEE(payload) != binary.LittleEndian.Uint32(buffer[4:]) {
		return nil
	}
	return payload
}

// contents is what a scan of a segment finds.
type contents struct {
	records      int
	lastSequence uint64 // 0 if there is no record
	size         int64  // of the whole records
	torn         int64  // bytes behind them
}

// scanSegment reads a segment from an offset on.
func scanSegment(path string, offset int64) (contents, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return contents{}, err
	}
	if offset > int64(len(data)) {
		return contents{}, fmt.Errorf("%s has %d bytes, but %d of them have been sent", path, len(data), offset)
	}
	found := contents{size: offset}
	var last []byte
	for {
		payload := readRecord(data[found.size:])
		if payload == nil {
			break
		}
		last = payload
		found.records++
		found.size += int64(recordHeader + len(payload))
	}
	found.torn = int64(len(data)) - found.size
	if last != nil {
		var event struct {
			SourceSeq uint64 `json:"source_seq"`
		}
		if err := json.Unmarshal(last, &event); err != nil {
			return contents{}, fmt.Errorf("the last record of %s is not an event: %w", path, err)
		}
		found.lastSequence = event.SourceSeq
	}
	return found, nil
}

// readBatch reads whole records from an offset on, as many as make a batch, and at least one.
func readBatch(path string, offset, end int64) ([][]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// The longest record fits, wherever the batch begins.
	buffer := make([]byte, min(end-offset, maxBatchBytes))
	if _, err := file.ReadAt(buffer, offset); err != nil && err != io.EOF {
		return nil, err
	}
	var events [][]byte
	for len(events) < maxBatchEvents {
		payload := readRecord(buffer)
		if payload == nil {
			break
		}
		events = append(events, payload)
		buffer = buffer[recordHeader+len(payload):]
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("the record at byte %d of %s is damaged", offset, path)
	}
	return events, nil
}

// replaceFile puts content into the place of a file, and is complete or has not happened after a
// power cut.
func replaceFile(path string, content []byte) error {
	temporary := path + ".tmp"
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err == nil {
		err = syncDirectory(filepath.Dir(path))
	}
	return err
}
