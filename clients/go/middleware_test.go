package tallystick

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRequestsAreRecorded(t *testing.T) {
	server := theServer(t)
	c := server.client(t, Options{Mode: Sync})
	application := http.NewServeMux()
	application.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
		w.(http.Flusher).Flush()
	})
	application.HandleFunc("/denied", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 403) })
	application.HandleFunc("/panics", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	application.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	application.HandleFunc("/silent", func(http.ResponseWriter, *http.Request) {})
	wrapped := httptest.NewServer(NewMiddleware(c, &MiddlewareOptions{
		EventType: "test.http",
		Skip:      func(r *http.Request) bool { return r.URL.Path == "/healthz" },
		Enrich:    func(r *http.Request, e *Event) { e.ActorID = "alice" },
	})(application))
	defer wrapped.Close()
	for _, path := range []string{"/ok?token=secret", "/denied", "/panics", "/healthz", "/silent"} {
		request, _ := http.NewRequest(http.MethodPost, wrapped.URL+path, nil)
		request.Header.Set("User-Agent", strings.Repeat("long ", 200)+"\xff")
		request.Header.Set("X-Request-Id", "r-1")
		request.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		if response, err := http.DefaultClient.Do(request); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
	var got []string
	for _, one := range server.entries(t, "test.http") {
		got = append(got, fmt.Sprint(one.Action, " ", one.Outcome, " ", one.Details["status"]))
		if one.ActorIP != "127.0.0.1" || one.RequestID != "r-1" || one.ActorID != "alice" ||
			one.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" || len(one.UserAgent) != 512 {
			t.Errorf("%+v", one)
		}
	}
	want := "[POST /ok success 200 POST /denied failure 403 POST /panics failure 500 POST /silent success 200]"
	if fmt.Sprint(got) != want {
		t.Fatalf("got %v, not %s", got, want)
	}
}

// Who closes the connection in the middle of a request is recorded, too.
func TestARequestWhoseClientHasGoneIsRecorded(t *testing.T) {
	server := theServer(t)
	began, gone := make(chan bool), make(chan bool)
	var wrapped *httptest.Server
	wrapped = httptest.NewServer(NewMiddleware(server.client(t, Options{Mode: Sync}), &MiddlewareOptions{
		EventType: "test.http_gone",
	})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(gone)
	})))
	go http.Get(wrapped.URL)
	<-began
	wrapped.CloseClientConnections()
	<-gone
	wrapped.Close()
	if found := server.entries(t, "test.http_gone"); len(found) != 1 {
		t.Fatalf("%+v", found)
	}
}
