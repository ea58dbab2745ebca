package tallystick

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"time"
	"unicode/utf8"
)

// maxEventBytes is above what any entry can have, so that what is too long is the server's word.
const maxEventBytes = 128 << 10

// Event is what happened. Only Type is required; empty fields are left out. The server's
// docs/http-api.md has the limit of each field.
type Event struct {
	// Type has words joined by dots, for instance auth.login.failed.
	Type string `json:"event_type"`
	// Outcome is success, failure or unknown.
	Outcome string `json:"outcome,omitempty"`
	// Severity is informational, low, medium, high, critical or fatal.
	Severity  string `json:"severity,omitempty"`
	Tenant    string `json:"tenant,omitempty"`
	ActorType string `json:"actor_type,omitempty"`
	// ActorID is a string or an integer.
	ActorID       any    `json:"actor_id,omitempty"`
	ActorUsername string `json:"actor_username,omitempty"`
	ActorIP       string `json:"actor_ip,omitempty"`
	UserAgent     string `json:"user_agent,omitempty"`
	ActorHost     string `json:"actor_host,omitempty"`
	SessionID     string `json:"session_id,omitempty"`
	TargetType    string `json:"target_type,omitempty"`
	TargetID      string `json:"target_id,omitempty"`
	Action        string `json:"action,omitempty"`
	TargetName    string `json:"target_name,omitempty"`
	// OccurredAt is the time of the call if it is zero and the mode is not sync.
	OccurredAt time.Time `json:"-"`
	// EventID makes the event safe to send again: the server writes an id once. It is a new UUIDv7
	// if it is empty.
	EventID   string         `json:"event_id,omitempty"`
	RequestID string         `json:"request_id,omitempty"`
	TraceID   string         `json:"trace_id,omitempty"`
	Details   map[string]any `json:"details,omitempty"`
}

// fields is an event in its wire form, but for source_seq.
type fields struct {
	Event
	OccurredAt string `json:"occurred_at,omitempty"`
}

// encode returns the event as JSON without its source_seq; see withSequence.
func (e Event) encode(stream string) ([]byte, error) {
	if e.Type == "" {
		return nil, errors.New("an event needs a Type, for instance auth.login.failed")
	}
	switch e.ActorID.(type) {
	case nil, string, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, json.Number:
	default:
		return nil, fmt.Errorf("ActorID must be a string or an integer, but was a %T", e.ActorID)
	}
	if stream != DefaultStream {
		if _, given := e.Details["stream"]; given {
			return nil, errors.New(`Details must not have the key "stream", where the client writes its stream`)
		}
		details := map[string]any{"stream": stream}
		for key, value := range e.Details {
			details[key] = value
		}
		e.Details = details
	}
	wire := fields{Event: e}
	if !e.OccurredAt.IsZero() {
		wire.OccurredAt = e.OccurredAt.Format(time.RFC3339Nano)
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(wire); err != nil {
		return nil, fmt.Errorf("the event cannot be written as JSON: %w", err)
	}
	encoded := bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
	if len(encoded) > maxEventBytes {
		return nil, fmt.Errorf("the event must be at most %d bytes of JSON, but has %d", maxEventBytes, len(encoded))
	}
	return encoded, nil
}

const (
	// What is longer than the log's limits is cut there, and named in altered.
	longestText    = 4_096
	longestDetails = 48_000
)

// fitted is an event of logged text, made short enough for Append to accept it: nobody may keep
// out of the log what they do by making the text about it long.
func (e Event) fitted() Event {
	for _, field := range e.texts() {
		*field = shortened(*field)
	}
	if id, isText := e.ActorID.(string); isText {
		e.ActorID = shortened(id)
	}
	encoded, err := json.Marshal(e.Details)
	if err == nil && len(encoded) <= longestDetails {
		return e
	}
	var names []string
	for name := range e.Details {
		names = append(names, shortened(name))
	}
	sort.Strings(names)
	e.Details = map[string]any{"left_out": names[:min(10, len(names))]}
	return e
}

// texts are the fields that are strings, by their names.
func (e *Event) texts() map[string]*string {
	return map[string]*string{
		"event_type": &e.Type, "outcome": &e.Outcome, "severity": &e.Severity, "tenant": &e.Tenant,
		"actor_type": &e.ActorType, "actor_username": &e.ActorUsername, "actor_ip": &e.ActorIP,
		"user_agent": &e.UserAgent, "actor_host": &e.ActorHost, "session_id": &e.SessionID,
		"target_type": &e.TargetType, "target_id": &e.TargetID, "action": &e.Action,
		"target_name": &e.TargetName, "event_id": &e.EventID, "request_id": &e.RequestID,
		"trace_id": &e.TraceID,
	}
}

// shortened cuts a text between two characters.
func shortened(text string) string {
	if len(text) <= longestText {
		return text
	}
	end := longestText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// maxSequenceBytes is how much withSequence can add.
const maxSequenceBytes = len(`"source_seq":18446744073709551615,`)

// withSequence appends the event with its source_seq to a buffer.
func withSequence(buffer, encoded []byte, sequence uint64) []byte {
	buffer = append(buffer, `{"source_seq":`...)
	buffer = strconv.AppendUint(buffer, sequence, 10)
	buffer = append(buffer, ',')
	return append(buffer, encoded[1:]...)
}

// newEventID returns a UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, the rest random.
func newEventID(now time.Time) string {
	var id [16]byte
	if _, err := rand.Read(id[6:]); err != nil {
		panic("tallystick: no random numbers: " + err.Error())
	}
	var millis [8]byte
	binary.BigEndian.PutUint64(millis[:], uint64(now.UnixMilli()))
	copy(id[:6], millis[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
