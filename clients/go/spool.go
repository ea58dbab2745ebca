package tallystick

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

var (
	// ErrSpoolFull is what Append returns where the spool has no room and WhenFull is Raise.
	ErrSpoolFull = errors.New("the spool is full: the server has not received its events yet")
	// ErrClosed is what Append returns after Close.
	ErrClosed = errors.New("the client is closed")

	errLocked = errors.New("locked")
)

const (
	lockName     = "lock"
	positionName = "position.json"
	rejectedName = "rejected.ndjson"

	maxSegmentBytes = 8 << 20
)

// position is what has been sent. It is written after the server acknowledged it.
type position struct {
	Stream  string `json:"stream"`
	Segment string `json:"segment"`
	Offset  int64  `json:"offset"`
	// SourceSeq is that of the last event that was sent, or 0.
	SourceSeq uint64 `json:"source_seq"`
}

// group is the events that one sync makes durable.
type group struct {
	events [][]byte
	room   int64
	done   chan struct{} // closed when err is set
	err    error
}

// spool is a queue in a directory. Appends of many goroutines share a sync: the first to come
// leads, writes what has gathered, and syncs it; meanwhile the next group gathers.
//
// Numbers are given to events when they are written, and taken back where that fails, so that
// the log has no gap for an event whose Append returned an error.
type spool struct {
	directory    string
	maxBytes     int64
	segmentBytes int64
	whenFull     WhenFull
	lock         *os.File

	// commit has room for one token. Who holds it may write to file.
	commit chan struct{}
	file   *os.File // the last segment

	mu           sync.Mutex
	gathering    *group
	segments     []segment // oldest first, never empty; the last one is being written
	position     position
	nextSequence uint64
	waiting      int   // events that are synced and not done
	reserved     int64 // bytes of groups that are not written yet
	broken       error // the files are in a state that cannot be mended
	closed       bool
	changed      chan struct{} // closed and replaced when something above changes

	batch []int // lengths of the records that next returned last; confined to the sender
}

// openSpool opens the spool in a directory, which it makes if there is none.
func openSpool(o Options) (*spool, error) {
	if err := os.MkdirAll(o.Spool, 0o700); err != nil {
		return nil, fmt.Errorf("the spool cannot be made: %w", err)
	}
	if err := syncDirectory(filepath.Dir(filepath.Clean(o.Spool))); err != nil {
		return nil, fmt.Errorf("the spool cannot be made: %w", err)
	}
	lock, err := lockFile(filepath.Join(o.Spool, lockName))
	if err == errLocked {
		return nil, fmt.Errorf("the spool %s is in use by another client; give each client of each process its own", o.Spool)
	}
	if err != nil {
		return nil, fmt.Errorf("the spool %s cannot be locked: %w", o.Spool, err)
	}
	s := &spool{
		directory:    o.Spool,
		maxBytes:     o.MaxSpoolBytes,
		segmentBytes: min(maxSegmentBytes, o.MaxSpoolBytes/8),
		whenFull:     o.WhenFull,
		lock:         lock,
		commit:       make(chan struct{}, 1),
		gathering:    newGroup(),
		changed:      make(chan struct{}),
	}
	if err := s.recover(o.Stream, o.Logger); err != nil {
		if s.file != nil {
			s.file.Close()
		}
		lock.Close()
		return nil, fmt.Errorf("the spool %s cannot be opened: %w", o.Spool, err)
	}
	return s, nil
}

func newGroup() *group { return &group{done: make(chan struct{})} }

func (s *spool) path(name string) string { return filepath.Join(s.directory, name) }

// recover finds what was not sent, and truncates what was not written to its end.
func (s *spool) recover(stream string, logger *slog.Logger) error {
	names, err := segmentNames(s.directory)
	if err != nil {
		return err
	}
	if err := s.readPosition(stream, names); err != nil {
		return err
	}
	last := s.position.SourceSeq
	for i, name := range names {
		if name < s.position.Segment {
			// Sent, and not deleted because the process ended.
			if err := os.Remove(s.path(name)); err != nil {
				return err
			}
			continue
		}
		offset := int64(0)
		if name == s.position.Segment {
			offset = s.position.Offset
		} else if name != segmentName(last+1) {
			return fmt.Errorf("the file before %s is missing; restore it, or move the spool away", name)
		}
		found, err := scanSegment(s.path(name), offset)
		if err != nil {
			return err
		}
		if found.torn > 0 {
			if i < len(names)-1 {
				return fmt.Errorf("the record at byte %d of %s is damaged; move the spool away to go on without it",
					found.size, name)
			}
			if err := truncateTorn(s.path(name), found, logger); err != nil {
				return err
			}
		}
		s.segments = append(s.segments, segment{name, found.size})
		s.waiting += found.records
		last = max(last, found.lastSequence)
	}
	s.nextSequence = last + 1
	if len(s.segments) == 0 && s.position.Offset == 0 && s.position.Segment == segmentName(s.nextSequence) {
		return s.startSegment()
	}
	if len(s.segments) == 0 || s.segments[0].name != s.position.Segment {
		return fmt.Errorf("%s, which %s names, is missing; restore it, or move the spool away",
			s.position.Segment, positionName)
	}
	// Also records that were written and not yet synced when a process ended are sent from now on.
	s.file, err = os.OpenFile(s.path(s.segments[len(s.segments)-1].name), os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return s.file.Sync()
}

// readPosition reads what has been sent: nothing, in a new spool.
func (s *spool) readPosition(stream string, segments []string) error {
	content, err := os.ReadFile(s.path(positionName))
	switch {
	case errors.Is(err, os.ErrNotExist) && len(segments) == 0:
		return s.store(position{Stream: stream, Segment: segmentName(1)})
	case err != nil:
		return err
	case json.Unmarshal(content, &s.position) != nil || s.position.Segment == "" || s.position.Offset < 0:
		return fmt.Errorf("%s is damaged; restore it, or move the spool away", positionName)
	case s.position.Stream != stream:
		return fmt.Errorf("its events are those of the stream %q, not %q; use a spool for each stream",
			s.position.Stream, stream)
	}
	return nil
}

// truncateTorn removes what a crash left of records whose Append never returned. The bytes are
// kept beside the segment, should they be something else.
func truncateTorn(path string, found contents, logger *slog.Logger) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	torn := data[found.size:]
	if len(bytes.Trim(torn, "\x00")) > 0 {
		kept := fmt.Sprintf("%s.torn-%d", path, found.size)
		if err := replaceFile(kept, torn); err != nil {
			return err
		}
		logger.Warn("the spool had an unfinished record at its end", "bytes", len(torn), "kept_in", kept)
	}
	return os.Truncate(path, found.size)
}

// startSegment begins a new last segment. The caller holds the token, and not mu.
func (s *spool) startSegment() error {
	name := segmentName(s.nextSequence)
	file, err := os.OpenFile(s.path(name), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := syncDirectory(s.directory); err != nil {
		file.Close()
		os.Remove(s.path(name))
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		s.file.Close()
	}
	s.file = file
	s.segments = append(s.segments, segment{name: name})
	return nil
}

// append returns when the event is synced.
func (s *spool) append(ctx context.Context, encoded []byte) error {
	g, err := s.join(ctx, encoded)
	if err != nil {
		return err
	}
	select {
	case <-g.done:
	case s.commit <- struct{}{}:
		select {
		case <-g.done: // by the leader before us
		default:
			s.commitGroup()
		}
		<-s.commit
	}
	if g.err != nil {
		return fmt.Errorf("the event could not be spooled: %w", g.err)
	}
	return nil
}

// join adds an event to the group that gathers, when there is room for it.
func (s *spool) join(ctx context.Context, encoded []byte) (*group, error) {
	room := recordBytes(encoded)
	for {
		s.mu.Lock()
		if s.closed || s.broken != nil {
			defer s.mu.Unlock()
			if s.closed {
				return nil, ErrClosed
			}
			return nil, s.broken
		}
		if s.usedBytes()+room <= s.maxBytes {
			s.gathering.events = append(s.gathering.events, encoded)
			s.gathering.room += room
			s.reserved += room
			g := s.gathering
			s.mu.Unlock()
			return g, nil
		}
		changed := s.changed
		s.mu.Unlock()
		if s.whenFull == Raise {
			return nil, ErrSpoolFull
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrSpoolFull, ctx.Err())
		}
	}
}

// usedBytes is the size of the events that wait or will be written. The caller holds mu.
func (s *spool) usedBytes() int64 {
	used := s.reserved - s.position.Offset
	for _, segment := range s.segments {
		used += segment.size
	}
	return used
}

// commitGroup writes and syncs the group that gathered. The caller holds the token, so only it
// changes the last segment and nextSequence.
func (s *spool) commitGroup() {
	s.mu.Lock()
	g := s.gathering
	if len(g.events) == 0 {
		s.mu.Unlock()
		return
	}
	s.gathering = newGroup()
	size := s.segments[len(s.segments)-1].size
	s.mu.Unlock()

	if size >= s.segmentBytes {
		if g.err = s.startSegment(); g.err == nil {
			size = 0
		}
	}
	var buffer []byte
	if g.err == nil {
		buffer = make([]byte, 0, g.room)
		for i, event := range g.events {
			buffer = appendRecord(buffer, event, s.nextSequence+uint64(i))
		}
		g.err = s.write(buffer, size)
	}

	s.mu.Lock()
	if g.err == nil {
		s.segments[len(s.segments)-1].size += int64(len(buffer))
		s.nextSequence += uint64(len(g.events))
		s.waiting += len(g.events)
	}
	s.reserved -= g.room
	s.broadcast()
	s.mu.Unlock()
	close(g.done)
}

// write appends to the last segment and syncs it. Where there is no room, it leaves the segment as it
// was. After a failed sync the kernel may have dropped what was written, and a second one would
// succeed without writing it: then nothing more is written until the spool is opened again.
func (s *spool) write(buffer []byte, size int64) error {
	_, err := s.file.Write(buffer)
	if err != nil {
		if s.file.Truncate(size) == nil {
			return err
		}
	} else if err = s.file.Sync(); err == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = fmt.Errorf("the spool cannot be written any more; open it with a new client: %w", err)
	return s.broken
}

func (s *spool) next(ctx context.Context) ([][]byte, error) {
	for {
		s.mu.Lock()
		first, offset, changed := s.segments[0], s.position.Offset, s.changed
		isLast := len(s.segments) == 1
		s.mu.Unlock()
		switch {
		case offset < first.size:
			events, err := readBatch(s.path(first.name), offset, first.size)
			s.batch = s.batch[:0]
			for _, event := range events {
				s.batch = append(s.batch, recordHeader+len(event))
			}
			return events, err
		case !isLast:
			if err := s.dropFirst(); err != nil {
				return nil, err
			}
		default:
			select {
			case <-changed:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

// done stores that the first n events of the batch are in the log.
func (s *spool) done(n int) error {
	s.mu.Lock()
	to := s.position
	s.mu.Unlock()
	for _, length := range s.batch[:n] {
		to.Offset += int64(length)
		to.SourceSeq++
	}
	if err := s.store(to); err != nil {
		return err
	}
	s.batch = s.batch[n:]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting -= n
	s.broadcast()
	return nil
}

// dropFirst deletes the first segment, all of which is sent, after storing that the next one is up.
func (s *spool) dropFirst() error {
	s.mu.Lock()
	to := s.position
	first := s.segments[0]
	to.Segment, to.Offset = s.segments[1].name, 0
	s.mu.Unlock()
	if err := s.store(to); err != nil {
		return err
	}
	if err := os.Remove(s.path(first.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments = s.segments[1:]
	s.broadcast()
	return nil
}

func (s *spool) store(to position) error {
	content, err := json.Marshal(to)
	if err != nil {
		return err
	}
	if err := replaceFile(s.path(positionName), content); err != nil {
		return fmt.Errorf("the position in the spool cannot be stored: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.position = to
	return nil
}

// reject adds a line to rejected.ndjson. After a crash, an event may have two.
func (s *spool) reject(rejection Rejection) error {
	line, err := json.Marshal(rejection)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(s.path(rejectedName), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return syncDirectory(s.directory)
}

func (s *spool) left() (int, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting, s.changed
}

// close waits for appends that are under way, and gives the spool to whoever opens it next.
func (s *spool) close() error {
	s.mu.Lock()
	s.closed = true
	s.broadcast()
	s.mu.Unlock()
	s.commit <- struct{}{}
	s.commitGroup()
	err := s.file.Close()
	if unlocked := s.lock.Close(); err == nil {
		err = unlocked
	}
	<-s.commit
	return err
}

// broadcast wakes everybody who waits. The caller holds mu.
func (s *spool) broadcast() {
	close(s.changed)
	s.changed = make(chan struct{})
}
