package tallystick

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The variable TALLY has the command that runs tally, as for a shell. Tests that need a server skip
// without it.
const tallyVariable = "TALLY"

// nowhere is an address where nobody listens.
const nowhere = "http://127.0.0.1:1"

func TestMain(m *testing.M) {
	if os.Getenv(appenderVariable) != "" {
		appender()
		return
	}
	code := m.Run()
	if shared.server != nil {
		shared.server.kill()
		os.RemoveAll(shared.directory)
	}
	os.Exit(code)
}

// tallyServer is a real server in a process of its own.
type tallyServer struct {
	process *exec.Cmd
	url     string
	key     string
}

func startServer(directory string) (*tallyServer, error) {
	command := exec.Command("sh", "-c", "exec "+os.Getenv(tallyVariable)+` "$@"`, "sh", "serve", "--data", directory, "--port", "0")
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the server did not start: %w", err)
	}
	_, after, found := strings.Cut(line, " at http://")
	address, _, _ := strings.Cut(after, ";")
	if !found {
		return nil, fmt.Errorf("the server did not start: %q", line)
	}
	key, err := os.ReadFile(filepath.Join(directory, "admin.key"))
	if err != nil {
		return nil, err
	}
	return &tallyServer{command, "http://" + strings.TrimSpace(address), strings.TrimSpace(string(key))}, nil
}

// kill is kill -9.
func (s *tallyServer) kill() {
	s.process.Process.Kill()
	s.process.Wait()
}

var shared struct {
	sync.Once
	directory string
	server    *tallyServer
	err       error
}

// theServer is a server that many tests share.
func theServer(t *testing.T) *tallyServer {
	needsTally(t)
	shared.Do(func() {
		if shared.directory, shared.err = os.MkdirTemp("", "tallystick"); shared.err == nil {
			shared.server, shared.err = startServer(filepath.Join(shared.directory, "log"))
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

func needsTally(t *testing.T) {
	t.Helper()
	if os.Getenv(tallyVariable) == "" {
		t.Skip("the variable TALLY, the command that runs tally, is not set")
	}
}

// entry is an entry as the server lists it.
type entry struct {
	ID        int64          `json:"id"`
	Hash      string         `json:"hash"`
	EventType string         `json:"event_type"`
	Severity  string         `json:"severity"`
	Outcome   string         `json:"outcome"`
	Action    string         `json:"action"`
	ActorID   any            `json:"actor_id"`
	ActorIP   string         `json:"actor_ip"`
	UserAgent string         `json:"user_agent"`
	RequestID string         `json:"request_id"`
	TraceID   string         `json:"trace_id"`
	EventID   string         `json:"event_id"`
	SourceSeq uint64         `json:"source_seq"`
	Altered   []string       `json:"altered"`
	Details   map[string]any `json:"details"`
}

func (s *tallyServer) get(t *testing.T, path string) []byte {
	t.Helper()
	request, _ := http.NewRequest(http.MethodGet, s.url+path, nil)
	request.Header.Set("X-API-Key", s.key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %s", path, response.Status, err, body)
	}
	return body
}

// entries are those of an event type, oldest first.
func (s *tallyServer) entries(t *testing.T, eventType string) []entry {
	t.Helper()
	var found []entry
	body := s.get(t, "/api/audit/export?event_type="+url.QueryEscape(eventType))
	for _, line := range strings.Split(strings.TrimSpace(string(body)), "\n") {
		if line == "" {
			continue
		}
		var one entry
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		found = append(found, one)
	}
	return found
}

// quiet is a logger for tests in which things go wrong on purpose.
func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// client makes a client of the server with the options that a test is about.
func (s *tallyServer) client(t *testing.T, o Options) *Client {
	t.Helper()
	setDefault(&o.URL, s.url)
	if o.Key == nil {
		o.Key = StaticKey(s.key)
	}
	return newClient(t, o)
}

func newClient(t *testing.T, o Options) *Client {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quiet()
	}
	if o.Key == nil {
		o.Key = StaticKey("tally_none")
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(0) })
	return c
}

func mustAppend(t *testing.T, c *Client, event Event) Receipt {
	t.Helper()
	receipt, err := c.Append(context.Background(), event)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func mustFlush(t *testing.T, c *Client) {
	t.Helper()
	if left := c.Flush(30 * time.Second); left != 0 {
		t.Fatalf("%d events are left", left)
	}
}

// line is a connection to a server that can be cut.
type line struct {
	listener net.Listener
	target   atomic.Pointer[string] // host:port; nil for nobody

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newLine(t *testing.T) *line {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, conns: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go l.serve(conn)
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		l.cut()
	})
	return l
}

func (l *line) url() string { return "http://" + l.listener.Addr().String() }

func (l *line) leadTo(serverURL string) {
	address := strings.TrimPrefix(serverURL, "http://")
	l.target.Store(&address)
}

func (l *line) serve(in net.Conn) {
	defer in.Close()
	target := l.target.Load()
	if target == nil {
		return
	}
	out, err := net.Dial("tcp", *target)
	if err != nil {
		return
	}
	defer out.Close()
	l.mu.Lock()
	l.conns[in], l.conns[out] = true, true
	l.mu.Unlock()
	go func() {
		io.Copy(out, in)
		out.Close()
	}()
	io.Copy(in, out)
	l.mu.Lock()
	delete(l.conns, in)
	delete(l.conns, out)
	l.mu.Unlock()
}

// cut resets all connections, whatever is under way.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.conns {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}
