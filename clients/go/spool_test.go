package tallystick

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func spooled(directory string) Options {
	return Options{URL: nowhere, Mode: Spooled, Spool: directory}
}

// numbersIn reads the source_seq of each record of the segments: written from the description of
// the format, not with the code of the spool.
func numbersIn(t *testing.T, directory string) []uint64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.events"))
	if err != nil {
		t.Fatal(err)
	}
	var numbers []uint64
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for len(data) > 0 {
			length := binary.LittleEndian.Uint32(data)
			payload := data[8 : 8+length]
			if crc32.ChecksumIEEE(payload) != binary.LittleEndian.Uint32(data[4:]) {
				t.Fatalf("%s: a record has another CRC", file)
			}
			var event struct {
				SourceSeq uint64 `json:"source_seq"`
			}
			if err := json.Unmarshal(payload, &event); err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, event.SourceSeq)
			data = data[8+length:]
		}
	}
	return numbers
}

func wantNumbers(t *testing.T, got []uint64, want int) {
	t.Helper()
	for i, number := range got {
		if number != uint64(i+1) {
			t.Fatalf("record %d has source_seq %d", i+1, number)
		}
	}
	if len(got) != want {
		t.Fatalf("%d records, not %d", len(got), want)
	}
}

func TestWhatReturnedIsInTheSpoolOfTheNextClient(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "new", "spool")
	for round := 1; round <= 3; round++ {
		c := newClient(t, spooled(directory))
		var all sync.WaitGroup
		for i := 0; i < 50; i++ {
			all.Add(1)
			go func() {
				defer all.Done()
				if _, err := c.Append(context.Background(), Event{Type: "test.spooled"}); err != nil {
					t.Error(err)
				}
			}()
		}
		all.Wait()
		wantNumbers(t, numbersIn(t, directory), 50*round)
		if left := c.Close(0); left != 50*round {
			t.Fatalf("%d left, not %d", left, 50*round)
		}
	}
}

func TestATornTailIsCutWhereverItIsTorn(t *testing.T) {
	directory := t.TempDir()
	c := newClient(t, spooled(directory))
	for i := 0; i < 3; i++ {
		mustAppend(t, c, Event{Type: "test.torn", Details: map[string]any{"i": i}})
	}
	c.Close(0)
	path := filepath.Join(directory, segmentName(1))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int
	for end := 0; end < len(whole); {
		end += 8 + int(binary.LittleEndian.Uint32(whole[end:]))
		ends = append(ends, end)
	}
	for length := ends[0]; length <= len(whole); length++ {
		kept := 0
		for _, end := range ends {
			if end <= length {
				kept++
			}
		}
		for name, content := range map[string][]byte{
			"cut":   whole[:length],
			"zeros": append(append([]byte{}, whole[:length]...), make([]byte, 100)...),
		} {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			c := newClient(t, spooled(directory))
			mustAppend(t, c, Event{Type: "test.torn"})
			if left := c.Close(0); left != kept+1 {
				t.Fatalf("%s at %d: %d left, not %d", name, length, left, kept+1)
			}
			wantNumbers(t, numbersIn(t, directory), kept+1)
		}
	}
}

// What was cut may have been damage to an event that was accepted, so it is not thrown away.
func TestWhatIsCutIsKeptAside(t *testing.T) {
	directory := t.TempDir()
	c := newClient(t, spooled(directory))
	mustAppend(t, c, Event{Type: "test.torn"})
	mustAppend(t, c, Event{Type: "test.torn", Action: "the last one"})
	c.Close(0)
	path := filepath.Join(directory, segmentName(1))
	whole, _ := os.ReadFile(path)
	damaged := append([]byte{}, whole...)
	damaged[len(damaged)-3] ^= 1
	os.WriteFile(path, damaged, 0o600)
	newClient(t, spooled(directory)).Close(0)
	kept, err := filepath.Glob(path + ".torn-*")
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept aside: %v, %v", kept, err)
	}
	if aside, _ := os.ReadFile(kept[0]); !strings.Contains(string(aside), "the last one") {
		t.Fatalf("kept aside: %q", aside)
	}
}

// smallSegments fills a spool of several files.
func smallSegments(t *testing.T, directory string) []string {
	t.Helper()
	o := spooled(directory)
	o.MaxSpoolBytes = minSpoolBytes
	c := newClient(t, o)
	for i := 0; i < 5; i++ {
		for size := 0; size < minSpoolBytes/8; size += 32 << 10 {
			mustAppend(t, c, Event{Type: "test.large", Details: map[string]any{"x": strings.Repeat("x", 32<<10)}})
		}
	}
	c.Close(0)
	names, err := segmentNames(directory)
	if err != nil || len(names) < 4 {
		t.Fatalf("segments: %v, %v", names, err)
	}
	return names
}

func TestDamageThatIsNoTornTailIsReported(t *testing.T) {
	for name, damage := range map[string]func(directory string, names []string){
		"a bit in a file before the last": func(directory string, names []string) {
			path := filepath.Join(directory, names[1])
			data, _ := os.ReadFile(path)
			data[len(data)/2] ^= 4
			os.WriteFile(path, data, 0o600)
		},
		"a missing file": func(directory string, names []string) {
			os.Remove(filepath.Join(directory, names[1]))
		},
		"the first file missing": func(directory string, names []string) {
			os.Remove(filepath.Join(directory, names[0]))
		},
		"the position missing": func(directory string, _ []string) {
			os.Remove(filepath.Join(directory, positionName))
		},
		"the position empty": func(directory string, _ []string) {
			os.WriteFile(filepath.Join(directory, positionName), nil, 0o600)
		},
		"the position behind the end": func(directory string, names []string) {
			content := fmt.Sprintf(`{"stream":"default","segment":%q,"offset":999999999,"source_seq":1}`, names[0])
			os.WriteFile(filepath.Join(directory, positionName), []byte(content), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			damage(directory, smallSegments(t, directory))
			o := spooled(directory)
			o.Key = StaticKey("none")
			if c, err := New(o); err == nil {
				c.Close(0)
				t.Fatal("no error")
			}
		})
	}
}

func TestASpoolHasOneClient(t *testing.T) {
	directory := t.TempDir()
	first := newClient(t, spooled(directory))
	o := spooled(directory)
	o.Key = StaticKey("none")
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "in use by another client") {
		t.Fatalf("a second client: %v", err)
	}
	first.Close(0)
	newClient(t, spooled(directory))
}

func TestASpoolHasOneStream(t *testing.T) {
	directory := t.TempDir()
	newClient(t, spooled(directory)).Close(0)
	o := spooled(directory)
	o.Key = StaticKey("none")
	o.Stream = "other"
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), `stream "default", not "other"`) {
		t.Fatalf("another stream: %v", err)
	}
}

func TestAFullSpoolBlocksOrRaises(t *testing.T) {
	for _, whenFull := range []WhenFull{Block, Raise} {
		o := spooled(t.TempDir())
		o.MaxSpoolBytes = minSpoolBytes
		o.WhenFull = whenFull
		c := newClient(t, o)
		var err error
		appended := 0
		for ; err == nil; appended++ {
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			_, err = c.Append(ctx, Event{Type: "test.large", Details: map[string]any{"x": strings.Repeat("x", 32<<10)}})
			cancel()
		}
		if !errors.Is(err, ErrSpoolFull) || errors.Is(err, context.DeadlineExceeded) != (whenFull == Block) {
			t.Errorf("%s: %v", whenFull, err)
		}
		if appended < 30 || appended > 33 {
			t.Errorf("%s: full after %d events", whenFull, appended)
		}
	}
}

func TestAppendAfterCloseFails(t *testing.T) {
	for _, o := range []Options{
		spooled(t.TempDir()), {URL: nowhere, Mode: BestEffort}, {URL: nowhere, Mode: Sync},
	} {
		c := newClient(t, o)
		c.Close(0)
		if _, err := c.Append(context.Background(), Event{Type: "test.late"}); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", o.Mode, err)
		}
	}
}

func TestFilesOfASpoolAreTheirOwnersOnly(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "spool")
	c := newClient(t, spooled(directory))
	mustAppend(t, c, Event{Type: "test.private"})
	filepath.Walk(directory, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
		return nil
	})
}
