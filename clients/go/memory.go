package tallystick

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const maxMemoryBytes = 64 << 20

// ErrDropped is what Append returns in best_effort mode for an event that there was no room for. The
// log is told how many there were.
var ErrDropped = errors.New("the event was dropped: too many wait to be sent")

// memory is a queue that drops events when it is full, and tells the log how many.
type memory struct {
	capacity int
	sequence *atomic.Uint64
	stream   string

	mu      sync.Mutex
	events  [][]byte
	bytes   int    // of events
	notice  []byte // the event about some that were dropped; nil if there is none
	noticed int    // how many it is about
	dropped int    // further ones
	closed  bool
	changed chan struct{} // closed and replaced when something above changes
}

func newMemory(capacity int, sequence *atomic.Uint64, stream string) *memory {
	return &memory{capacity: capacity, sequence: sequence, stream: stream, changed: make(chan struct{})}
}

// append never waits. The sequence numbers of dropped events are missing from the log.
func (m *memory) append(_ context.Context, encoded []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	sequence := m.sequence.Add(1)
	if len(m.events) >= m.capacity || m.bytes+len(encoded) > maxMemoryBytes {
		m.dropped++
		return ErrDropped
	}
	event := withSequence(nil, encoded, sequence)
	m.events = append(m.events, event)
	m.bytes += len(event)
	m.broadcast()
	return nil
}

func (m *memory) next(ctx context.Context) ([][]byte, error) {
	for {
		m.mu.Lock()
		if m.dropped > 0 && m.notice == nil {
			if err := m.makeNotice(); err != nil {
				m.mu.Unlock()
				return nil, err
			}
		}
		var batch [][]byte
		if m.notice != nil {
			batch = append(batch, m.notice)
		}
		bytes := 0
		for _, event := range m.events {
			bytes += len(event)
			if len(batch) == maxBatchEvents || (len(batch) > 0 && bytes > maxBatchBytes) {
				break
			}
			batch = append(batch, event)
		}
		changed := m.changed
		m.mu.Unlock()
		if len(batch) > 0 {
			return batch, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// makeNotice turns the count of dropped events into one event. The caller holds mu.
func (m *memory) makeNotice() error {
	now := time.Now()
	encoded, err := Event{
		Type:       "client.events_dropped",
		OccurredAt: now,
		EventID:    newEventID(now),
		Details:    map[string]any{"count": m.dropped},
	}.encode(m.stream)
	if err != nil {
		return err
	}
	m.notice = withSequence(nil, encoded, m.sequence.Add(1))
	m.noticed, m.dropped = m.dropped, 0
	return nil
}

func (m *memory) done(n int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > 0 && m.notice != nil {
		m.notice, m.noticed = nil, 0
		n--
	}
	for i := range m.events[:n] {
		m.bytes -= len(m.events[i])
		m.events[i] = nil
	}
	m.events = m.events[n:]
	m.broadcast()
	return nil
}

func (m *memory) reject(Rejection) error { return nil }

func (m *memory) left() (int, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.events) + m.noticed + m.dropped, m.changed
}

func (m *memory) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// broadcast wakes everybody who waits. The caller holds mu.
func (m *memory) broadcast() {
	close(m.changed)
	m.changed = make(chan struct{})
}
