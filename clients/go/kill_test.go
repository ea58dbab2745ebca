package tallystick

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// appenderVariable makes the test's program a process that appends until its input ends, and prints
// the id of each event whose Append has returned.
const appenderVariable = "TALLYSTICK_APPENDER"

const appenders = 4

func appender() {
	client, err := New(Options{
		URL:    os.Getenv("APPENDER_URL"),
		Key:    KeyFromEnv("APPENDER_KEY"),
		Mode:   Spooled,
		Spool:  os.Getenv("APPENDER_SPOOL"),
		Logger: quiet(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	var running sync.WaitGroup
	for i := 0; i < appenders; i++ {
		running.Add(1)
		go func() {
			defer running.Done()
			for n := 0; stop.Err() == nil; n++ {
				receipt, err := client.Append(context.Background(), Event{
					Type: "test.killed", Details: map[string]any{"n": n, "filler": strings.Repeat("x", n%200)},
				})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Println(receipt.EventID)
				time.Sleep(time.Millisecond)
			}
		}()
	}
	running.Wait()
	fmt.Println("left", client.Close(time.Minute))
}

// appending is an appender and what it said.
type appending struct {
	command *exec.Cmd
	in      io.Closer
	read    chan []string
}

func startAppender(t *testing.T, url, key, spool string) *appending {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), appenderVariable+"=1",
		"APPENDER_URL="+url, "APPENDER_KEY="+key, "APPENDER_SPOOL="+spool)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	a := &appending{command, in, make(chan []string, 1)}
	go func() {
		var lines []string
		reader := bufio.NewReader(out)
		for {
			// What a kill left of a line is none.
			line, err := reader.ReadString('\n')
			if err != nil {
				break
			}
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
		a.read <- lines
	}()
	return a
}

func (a *appending) kill() []string {
	a.command.Process.Kill()
	lines := <-a.read
	a.command.Wait()
	return lines
}

func (a *appending) finish() []string {
	a.in.Close()
	lines := <-a.read
	a.command.Wait()
	return lines
}

// Client, server and connections are killed at random. Every event whose Append returned is in the
// log once, and the numbers of the source have no gap.
func TestNothingIsLostOrDoubledWhenAnythingIsKilled(t *testing.T) {
	needsTally(t)
	kills := 10
	if os.Getenv("TALLYSTICK_LONG") == "1" {
		kills = 200
	}
	directory := t.TempDir()
	data, spool := filepath.Join(directory, "log"), filepath.Join(directory, "spool")
	server, err := startServer(data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { server.kill() }()
	line := newLine(t)
	line.leadTo(server.url)

	var returned []string
	client := startAppender(t, line.url(), server.key, spool)
	killed := map[string]int{}
	for i := 0; i < kills; i++ {
		time.Sleep(time.Duration(20+rand.Intn(400)) * time.Millisecond)
		switch victim := []string{"client", "connection", "server", "client", "connection"}[i%5]; victim {
		case "client":
			killed[victim]++
			returned = append(returned, client.kill()...)
			client = startAppender(t, line.url(), server.key, spool)
		case "connection":
			killed[victim]++
			line.cut()
		case "server":
			killed[victim]++
			server.kill()
			if server, err = startServer(data); err != nil {
				t.Fatal(err)
			}
			line.leadTo(server.url)
		}
	}
	returned = append(returned, client.finish()...)
	if last := returned[len(returned)-1]; last != "left 0" {
		t.Fatalf("the last client ended with %q", last)
	}
	returned = returned[:len(returned)-1]

	times := map[string]int{}
	sequence := uint64(0)
	for _, one := range server.entries(t, "test.killed") {
		times[one.EventID]++
		sequence++
		if one.SourceSeq != sequence {
			t.Fatalf("entry %d has source_seq %d, where %d is due", one.ID, one.SourceSeq, sequence)
		}
	}
	for _, id := range returned {
		if times[id] != 1 {
			t.Errorf("event %s, whose Append returned, is in the log %d times", id, times[id])
		}
	}
	if len(times) != int(sequence) {
		t.Errorf("%d entries have %d event ids", sequence, len(times))
	}
	if len(returned) < kills {
		t.Errorf("only %d events were appended", len(returned))
	}
	t.Logf("%d kills %v: %d events returned, %d in the log, each once, source_seq 1 to %d without a gap",
		kills, killed, len(returned), len(times), sequence)
}
