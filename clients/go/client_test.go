package tallystick

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestSyncReturnsTheReceipt(t *testing.T) {
	server := theServer(t)
	c := server.client(t, Options{Mode: Sync})
	event := Event{Type: "test.sync", ActorID: 12, Outcome: "success", Details: map[string]any{"a<b": "&"}}
	first := mustAppend(t, c, event)
	event.EventID = first.EventID
	found := server.entries(t, "test.sync")
	if len(found) != 1 || found[0].ID != first.ID || found[0].EventID != first.EventID ||
		found[0].SourceSeq != 1 || found[0].ActorID != float64(12) || found[0].Details["a<b"] != "&" {
		t.Fatalf("receipt %+v, entries %+v", first, found)
	}
	if first.Timestamp.IsZero() || len(first.Hash) != 64 || first.Replayed {
		t.Fatalf("receipt %+v", first)
	}
	// The same id with another number is another event.
	var rejected *RejectedError
	if _, err := c.Append(context.Background(), event); !errors.As(err, &rejected) || rejected.Status != 409 {
		t.Fatalf("the id again: %v", err)
	}
}

func TestSyncSaysWhatIsWrongWithAnEvent(t *testing.T) {
	c := theServer(t).client(t, Options{Mode: Sync})
	_, err := c.Append(context.Background(), Event{Type: "test.sync_bad", Outcome: "maybe"})
	var rejected *RejectedError
	if !errors.As(err, &rejected) || rejected.Status != 422 || rejected.Errors[0].Field != "outcome" {
		t.Fatalf("%v", err)
	}
}

func TestSyncFailsAtOnceWithoutAGoodKey(t *testing.T) {
	const key = "tally_0123456789abcdef_secret"
	c := theServer(t).client(t, Options{Mode: Sync, Key: StaticKey(key)})
	began := time.Now()
	_, err := c.Append(context.Background(), Event{Type: "test.sync_key"})
	if err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), "secret") {
		t.Fatalf("%v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Fatalf("it took %s", took)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	server := theServer(t)
	target, _ := url.Parse(server.url)
	proxy := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(target))
	proxy.Config.ErrorLog = log.New(io.Discard, "", 0)
	proxy.StartTLS()
	defer proxy.Close()
	event := Event{Type: "test.tls"}
	c := server.client(t, Options{URL: proxy.URL, Mode: Sync, Timeout: time.Second})
	if _, err := c.Append(context.Background(), event); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Fatalf("an unknown authority: %v", err)
	}
	known := x509.NewCertPool()
	known.AddCert(proxy.Certificate())
	mustAppend(t, server.client(t, Options{URL: proxy.URL, Mode: Sync, RootCAs: known}), event)
	if found := server.entries(t, "test.tls"); len(found) != 1 {
		t.Fatalf("%+v", found)
	}
}

// Neither a client nor its options show the key.
func TestTheKeyIsNotPrinted(t *testing.T) {
	const key = "tally_0123456789abcdef_secret"
	o := Options{URL: "https://audit.example.com", Key: StaticKey(key), Mode: Sync}
	c := newClient(t, o)
	for _, printed := range []string{fmt.Sprintf("%+v %#v", o, o), fmt.Sprintf("%+v %#v", c, c)} {
		if strings.Contains(printed, "secret") {
			t.Error(printed)
		}
	}
}

func TestSyncGivesUpAtTheTimeout(t *testing.T) {
	c := newClient(t, Options{URL: nowhere, Mode: Sync, Timeout: 300 * time.Millisecond})
	if _, err := c.Append(context.Background(), Event{Type: "test.nowhere"}); err == nil {
		t.Fatal("no error")
	}
}

// A proxy that answers by itself for a while, and then lets everything through.
func TestNoAnswerButTheLogsOwnEndsAnEvent(t *testing.T) {
	server := theServer(t)
	target, err := url.Parse(server.url)
	if err != nil {
		t.Fatal(err)
	}
	problem := "application/problem+json"
	for i, answer := range []struct {
		status            int
		contentType, body string
		retryAfter        string
	}{
		{status: 200, contentType: "text/html", body: "<h1>Sign in to the Wi-Fi</h1>"},
		{status: 200, contentType: "application/json", body: `{}`},
		{status: 201, contentType: "application/json", body: `{"count":1,"entries":[]}`},
		{status: 204},
		{status: 302, contentType: "text/html", body: "moved"},
		{status: 400, contentType: "text/html", body: "bad request"},
		{status: 401, contentType: problem, body: `{"detail":"no good key"}`},
		{status: 403, contentType: problem, body: `{"detail":"not permitted"}`},
		{status: 404, contentType: "text/html", body: "not found"},
		{status: 408, contentType: problem, body: `{"detail":"too slow"}`},
		{status: 413, contentType: "text/html", body: "too large"},
		{status: 422, contentType: "text/html", body: "a firewall does not like this"},
		{status: 429, contentType: problem, body: `{"detail":"wait"}`, retryAfter: "1"},
		{status: 500, contentType: problem, body: `{"detail":"failed"}`},
		{status: 502, contentType: "text/html", body: "bad gateway"},
		{status: 503, contentType: problem, body: `{"detail":"busy"}`, retryAfter: "1"},
		{status: 507, contentType: problem, body: `{"detail":"the disk is full"}`},
	} {
		answer := answer
		eventType := fmt.Sprintf("test.answer-%d", i)
		t.Run(fmt.Sprintf("%d_%s", answer.status, answer.body), func(t *testing.T) {
			t.Parallel()
			var elsewhere atomic.Int32
			stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
			defer stranger.Close()
			var requests atomic.Int32
			through := httputil.NewSingleHostReverseProxy(target)
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) > 2 {
					through.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", answer.contentType)
				w.Header().Set("Location", stranger.URL)
				if answer.retryAfter != "" {
					w.Header().Set("Retry-After", answer.retryAfter)
				}
				w.WriteHeader(answer.status)
				w.Write([]byte(answer.body))
			}))
			defer proxy.Close()
			directory := t.TempDir()
			o := spooled(directory)
			o.URL = proxy.URL
			c := server.client(t, o)
			began := time.Now()
			receipt := mustAppend(t, c, Event{Type: eventType})
			mustFlush(t, c)
			if answer.retryAfter != "" && time.Since(began) < 2*time.Second {
				t.Errorf("Retry-After was not honoured: two tries took %s", time.Since(began))
			}
			found := server.entries(t, eventType)
			if len(found) != 1 || found[0].EventID != receipt.EventID {
				t.Errorf("in the log: %+v", found)
			}
			if _, err := os.Stat(filepath.Join(directory, rejectedName)); err == nil {
				t.Error("an event is in rejected.ndjson")
			}
			if elsewhere.Load() > 0 {
				t.Error("the key was taken elsewhere")
			}
		})
	}
}

func TestARejectedEventHoldsUpNoOther(t *testing.T) {
	server := theServer(t)
	l := newLine(t)
	directory := t.TempDir()
	o := spooled(directory)
	o.URL = l.url()
	rejected := make(chan Rejection, 10)
	o.OnRejected = func(r Rejection) { rejected <- r }
	c := server.client(t, o)
	for i := 0; i < 10; i++ {
		event := Event{Type: "test.rejected", Details: map[string]any{"i": i}}
		if i == 4 {
			event.Outcome = "maybe"
		}
		mustAppend(t, c, event)
	}
	l.leadTo(server.url)
	mustFlush(t, c)
	if found := server.entries(t, "test.rejected"); len(found) != 9 {
		t.Fatalf("%d are in the log", len(found))
	}
	r := <-rejected
	if r.Status != 422 || !strings.Contains(r.Reason, "outcome must be one of success, failure, unknown") {
		t.Fatalf("%+v", r)
	}
	file, err := os.Open(filepath.Join(directory, rejectedName))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Scan()
	var kept Rejection
	if err := json.Unmarshal(lines.Bytes(), &kept); err != nil {
		t.Fatal(err)
	}
	if kept.Reason != r.Reason || !strings.Contains(string(kept.Event), `"outcome":"maybe"`) || lines.Scan() {
		t.Fatalf("kept: %+v", kept)
	}
}

// More than a proxy between lets through is sent in smaller parts.
func TestABatchThatIsTooLargeIsSentInParts(t *testing.T) {
	server := theServer(t)
	target, _ := url.Parse(server.url)
	through := httputil.NewSingleHostReverseProxy(target)
	var refused atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 10_000 {
			refused.Add(1)
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(413)
			w.Write([]byte(`{"detail":"too large"}`))
			return
		}
		through.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	directory := t.TempDir()
	c := newClient(t, spooled(directory))
	for i := 0; i < 100; i++ {
		mustAppend(t, c, Event{Type: "test.parts", Details: map[string]any{"x": strings.Repeat("x", 300)}})
	}
	c.Close(0)
	o := spooled(directory)
	o.URL = proxy.URL
	mustFlush(t, server.client(t, o))
	found := server.entries(t, "test.parts")
	for i, one := range found {
		if one.SourceSeq != uint64(i+1) {
			t.Fatalf("entry %d has source_seq %d", i+1, one.SourceSeq)
		}
	}
	if len(found) != 100 || refused.Load() == 0 {
		t.Fatalf("%d in the log, %d requests refused", len(found), refused.Load())
	}
}

func TestNumbersGoOnAfterEverythingWasSent(t *testing.T) {
	server := theServer(t)
	directory := t.TempDir()
	for round := 0; round < 3; round++ {
		o := spooled(directory)
		o.URL = server.url
		o.Stream = "orders"
		c := server.client(t, o)
		mustAppend(t, c, Event{Type: "test.goes_on"})
		if left := c.Close(30 * time.Second); left != 0 {
			t.Fatalf("%d left", left)
		}
	}
	for i, one := range server.entries(t, "test.goes_on") {
		if one.SourceSeq != uint64(i+1) || one.Details["stream"] != "orders" {
			t.Fatalf("entry %d: %+v", i+1, one)
		}
	}
}

// A key that was revoked loses no event: the next one sends them.
func TestEventsWaitForAGoodKey(t *testing.T) {
	server := theServer(t)
	file := filepath.Join(t.TempDir(), "key")
	os.WriteFile(file, []byte("tally_0123456789abcdef_bad\n"), 0o600)
	o := spooled(t.TempDir())
	o.URL = server.url
	o.Key = KeyFromFile(file)
	c := server.client(t, o)
	mustAppend(t, c, Event{Type: "test.key_later"})
	if left := c.Flush(500 * time.Millisecond); left != 1 {
		t.Fatalf("%d left", left)
	}
	os.WriteFile(file, []byte(server.key+"\n"), 0o600)
	mustFlush(t, c)
	if found := server.entries(t, "test.key_later"); len(found) != 1 {
		t.Fatalf("%+v", found)
	}
}

func TestDroppedEventsAreCountedAndLeaveAGap(t *testing.T) {
	server := theServer(t)
	l := newLine(t)
	c := server.client(t, Options{URL: l.url(), Mode: BestEffort, Capacity: 5, Stream: "dropping"})
	dropped := 0
	for i := 0; i < 12; i++ {
		if _, err := c.Append(context.Background(), Event{Type: "test.dropped"}); errors.Is(err, ErrDropped) {
			dropped++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if dropped != 7 || c.Flush(0) != 12 {
		t.Fatalf("%d dropped, %d left", dropped, c.Flush(0))
	}
	l.leadTo(server.url)
	mustFlush(t, c)
	mustAppend(t, c, Event{Type: "test.dropped"})
	mustFlush(t, c)
	told := 0.0
	var numbers []int
	for _, one := range append(server.entries(t, "client.events_dropped"), server.entries(t, "test.dropped")...) {
		if one.Details["stream"] != "dropping" {
			continue
		}
		numbers = append(numbers, int(one.SourceSeq))
		if one.EventType == "client.events_dropped" {
			told += one.Details["count"].(float64)
		}
	}
	sort.Ints(numbers)
	missing := numbers[len(numbers)-1] - len(numbers)
	if told != 7 || missing != 7 || fmt.Sprint(numbers[:5]) != "[1 2 3 4 5]" {
		t.Fatalf("the log was told of %v, and %d are missing among %v", told, missing, numbers)
	}
}

func TestBestEffortNeverWaits(t *testing.T) {
	c := newClient(t, Options{URL: nowhere, Mode: BestEffort, Capacity: 10})
	began := time.Now()
	for i := 0; i < 1000; i++ {
		c.Append(context.Background(), Event{Type: "test.fast"})
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Fatalf("1,000 appends took %s", took)
	}
	if left := c.Close(0); left != 1000 {
		t.Fatalf("%d left", left)
	}
}

// Too long text must not keep an event out of the log.
func TestWhatIsTooLongIsCut(t *testing.T) {
	server := theServer(t)
	c := server.client(t, Options{Mode: Sync})
	mustAppend(t, c, Event{Type: "test.long", UserAgent: strings.Repeat("x", 3000)})
	found := server.entries(t, "test.long")
	if len(found) != 1 || len(found[0].UserAgent) != 512 || fmt.Sprint(found[0].Altered) != "[user_agent]" {
		t.Fatalf("%+v", found)
	}
}

func TestOptionsSayWhatIsWrongWithThem(t *testing.T) {
	good := Options{URL: "https://audit.example.com/base/", Key: StaticKey("k"), Mode: Sync}
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) {}, ""},
		{func(o *Options) { o.Mode = "" }, "events can be dropped"},
		{func(o *Options) { o.Mode = "async" }, `"async"`},
		{func(o *Options) { o.Key = nil }, "Key is missing"},
		{func(o *Options) { o.URL = "" }, "URL must be"},
		{func(o *Options) { o.URL = "audit.example.com" }, "URL must be"},
		{func(o *Options) { o.URL = "https://user:secret@audit.example.com" }, "URL must be"},
		{func(o *Options) { o.URL = "http://audit.example.com" }, "AllowHTTP"},
		{func(o *Options) { o.URL = "http://audit.example.com"; o.AllowHTTP = true }, ""},
		{func(o *Options) { o.URL = "http://localhost:8470" }, ""},
		{func(o *Options) { o.URL = "http://[::1]:8470" }, ""},
		{func(o *Options) { o.Mode = Spooled }, "Spool must be a directory"},
		{func(o *Options) { o.Spool = "x" }, "Spool must be a directory"},
		{func(o *Options) { o.MaxSpoolBytes = 1000 }, "MaxSpoolBytes must be at least"},
		{func(o *Options) { o.WhenFull = "drop" }, "WhenFull must be"},
		{func(o *Options) { o.Capacity = -1 }, "Capacity must be"},
		{func(o *Options) { o.Timeout = -1 }, "Timeout must be"},
		{func(o *Options) { o.Stream = strings.Repeat("x", 129) }, "Stream must be"},
	} {
		o := good
		c.change(&o)
		client, err := New(o)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%+v: %v", o, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q is not in: %v", c.want, err)
		case err != nil && strings.Contains(err.Error(), "secret"):
			t.Errorf("a secret in: %v", err)
		}
		if client != nil {
			client.Close(0)
		}
	}
}

func TestEventsThatCannotBeSentAreRefusedAtOnce(t *testing.T) {
	o := spooled(t.TempDir())
	o.Stream = "named"
	c := newClient(t, o)
	for want, event := range map[string]Event{
		"needs a Type":        {},
		"ActorID must be":     {Type: "t", ActorID: 1.5},
		`the key "stream"`:    {Type: "t", Details: map[string]any{"stream": "mine"}},
		"cannot be written":   {Type: "t", Details: map[string]any{"f": func() {}}},
		"must be at most 131": {Type: "t", Action: strings.Repeat("x", 200_000)},
	} {
		if _, err := c.Append(context.Background(), event); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if left := c.Flush(0); left != 0 {
		t.Errorf("%d are in the spool", left)
	}
}

func TestEventIDsAreUUIDsOfVersion7(t *testing.T) {
	now := time.UnixMilli(0x0123456789ab)
	seen := map[string]bool{}
	for i := 0; i < 1000; i++ {
		id := newEventID(now)
		if len(id) != 36 || !strings.HasPrefix(id, "01234567-89ab-7") || !strings.ContainsRune("89ab", rune(id[19])) {
			t.Fatal(id)
		}
		seen[id] = true
	}
	if len(seen) != 1000 {
		t.Fatal("an id occurs twice")
	}
}
