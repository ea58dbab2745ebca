//go:build unix

package tallystick

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// A write that ends in the middle of a record, as on a full disk, is an error of that call alone:
// the events before and after it are whole, and their numbers have no gap.
func TestAWriteThatFailsHalfWayLeavesNoTrace(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	directory := t.TempDir()
	c := newClient(t, spooled(directory))
	mustAppend(t, c, Event{Type: "test.before"})

	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	small := limit
	small.Cur = 1000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	_, err := c.Append(context.Background(), Event{
		Type: "test.too_much", Details: map[string]any{"x": strings.Repeat("x", 2000)},
	})
	if restored := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); restored != nil {
		t.Fatal(restored)
	}
	if !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("the write that failed: %v", err)
	}
	mustAppend(t, c, Event{Type: "test.after"})
	if left := c.Close(0); left != 2 {
		t.Fatalf("%d left", left)
	}
	wantNumbers(t, numbersIn(t, directory), 2)
}

// After a failed sync nobody knows what is on the disk.
func TestAfterAFailedSyncNothingIsAccepted(t *testing.T) {
	c := newClient(t, spooled(t.TempDir()))
	mustAppend(t, c, Event{Type: "test.before"})
	s := c.queue.(*spool)
	// A pipe can be written and not be synced.
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s.file.Close()
	s.file = out
	for i := 0; i < 2; i++ {
		if _, err := c.Append(context.Background(), Event{Type: "test.after"}); !errors.Is(err, syscall.EINVAL) {
			t.Fatalf("append %d: %v", i, err)
		}
	}
	if left := c.Close(0); left != 1 {
		t.Fatalf("%d left", left)
	}
}
