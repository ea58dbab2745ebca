package tallystick

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"time"
)

// MiddlewareOptions configure [NewMiddleware].
type MiddlewareOptions struct {
	// EventType of each request; http.request if it is empty.
	EventType string
	// Skip leaves requests out, such as those for health.
	Skip func(*http.Request) bool
	// Enrich adds to an event what only the application knows, such as the actor.
	Enrich func(*http.Request, *Event)
	// OnError is called with the error of Append: by then the request has been answered. The
	// client's Logger gets it if OnError is nil.
	OnError func(*http.Request, error)
}

// NewMiddleware returns a wrapper of handlers that appends an event after each request: method and
// path, who from, and the status. It leaves the query out, which often has secrets in it.
func NewMiddleware(client *Client, options *MiddlewareOptions) func(http.Handler) http.Handler {
	var o MiddlewareOptions
	if options != nil {
		o = *options
	}
	setDefault(&o.EventType, "http.request")
	if o.OnError == nil {
		o.OnError = func(_ *http.Request, err error) {
			client.options.Logger.Error("a request could not be recorded", "reason", err.Error())
		}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if o.Skip != nil && o.Skip(r) {
				next.ServeHTTP(w, r)
				return
			}
			began := time.Now()
			recorder := &statusRecorder{ResponseWriter: w, status: http.StatusInternalServerError}
			// Also when the handler panics, which then stands as status 500 unless it has answered, and
			// when the client has gone: closing the connection must not keep a request out of the log.
			defer func() {
				event := requestEvent(r, recorder.status, began)
				event.Type = o.EventType
				if o.Enrich != nil {
					o.Enrich(r, &event)
				}
				if _, err := client.Append(context.WithoutCancel(r.Context()), event.fitted()); err != nil {
					o.OnError(r, err)
				}
			}()
			next.ServeHTTP(recorder, r)
			recorder.answered(http.StatusOK)
		})
	}
}

// A trace id as in W3C Trace Context.
var traceParent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}`)

func requestEvent(r *http.Request, status int, began time.Time) Event {
	outcome := "success"
	if status >= 400 {
		outcome = "failure"
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	event := Event{
		Outcome:    outcome,
		UserAgent:  r.UserAgent(),
		Action:     r.Method + " " + r.URL.Path,
		RequestID:  r.Header.Get("X-Request-Id"),
		OccurredAt: began,
		Details: map[string]any{
			"status":      status,
			"duration_ms": time.Since(began).Milliseconds(),
		},
	}
	if net.ParseIP(host) != nil {
		event.ActorIP = host
	} else {
		event.ActorHost = host
	}
	if match := traceParent.FindStringSubmatch(r.Header.Get("Traceparent")); match != nil {
		event.TraceID = match[1]
	}
	return event
}

// statusRecorder remembers the first status that is not informational.
type statusRecorder struct {
	http.ResponseWriter
	status int
	final  bool
}

func (s *statusRecorder) answered(status int) {
	if !s.final && status >= 200 {
		s.status, s.final = status, true
	}
}

func (s *statusRecorder) WriteHeader(status int) {
	s.answered(status)
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) Write(p []byte) (int, error) {
	s.answered(http.StatusOK)
	return s.ResponseWriter.Write(p)
}

// Flush lets handlers stream that ask for an http.Flusher.
func (s *statusRecorder) Flush() {
	s.answered(http.StatusOK)
	_ = http.NewResponseController(s.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController find what else the writer can do.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
