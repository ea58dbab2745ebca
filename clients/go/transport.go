package tallystick

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// requestTimeout is above the 30 seconds after which the server gives up an append.
	requestTimeout = 60 * time.Second
	maxAnswerBytes = 16 << 20

	firstPause    = 100 * time.Millisecond
	longestPause  = 30 * time.Second
	maxRetryAfter = 10 * time.Minute
)

// transport sends requests to one server. It is safe for use by many goroutines.
type transport struct {
	url  string
	key  KeySource
	http *http.Client
}

func newTransport(o Options) *transport {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.TLSClientConfig = &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}
	return &transport{
		url: strings.TrimRight(o.URL, "/"),
		key: o.Key,
		http: &http.Client{
			Transport: base,
			Timeout:   requestTimeout,
			// A redirect would take the key to another server.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// answer is what the server said. The zero status stands for no answer.
type answer struct {
	status     int
	retryAfter time.Duration
	body       []byte
	// problem is what Tallystick itself says is wrong; nil if it is something else that answers.
	problem *problem
}

// problem is an RFC 9457 problem.
type problem struct {
	Detail string       `json:"detail"`
	Errors []FieldError `json:"errors"`
}

// FieldError is one thing that is wrong with an event.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// verdict is what an answer means for the events of its request.
type verdict int

const (
	accepted verdict = iota // the body has a receipt for each event, or rejects it
	refused                 // an event of the request is wrong, and will be every time
	notNow                  // no fault of the events: send them again later
)

func (a answer) verdict() verdict {
	switch a.status {
	case http.StatusOK, http.StatusCreated, http.StatusMultiStatus:
		return accepted
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge,
		http.StatusUnprocessableEntity:
		// What a proxy or a stranger's server answers says nothing about an event.
		if a.problem != nil {
			return refused
		}
	}
	return notNow
}

// denied reports whether the server does not accept the key.
func (a answer) denied() bool {
	return a.status == http.StatusUnauthorized || a.status == http.StatusForbidden
}

func (a answer) describe() string {
	words := "without an explanation from Tallystick"
	if a.problem != nil {
		words = a.problem.Detail
	}
	return fmt.Sprintf("the server answered %d: %s", a.status, words)
}

func (t *transport) post(ctx context.Context, query, contentType string, body []byte) (answer, error) {
	request, err := http.NewRequestWithContext(
		ctx, http.MethodPost, t.url+"/api/audit/events"+query, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", contentType)
	return t.do(request)
}

func (t *transport) get(ctx context.Context, path, accept string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url+path, nil)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Accept", accept)
	return t.do(request)
}

func (t *transport) do(request *http.Request) (answer, error) {
	key, err := t.key()
	if err != nil {
		return answer{}, err
	}
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return answer{}, errors.New("the API key must be visible ASCII characters")
	}
	request.Header.Set("X-API-Key", key)
	response, err := t.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return answer{}, err
	}
	a := answer{status: response.StatusCode, body: body, retryAfter: retryAfter(response.Header)}
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if mediaType == "application/problem+json" {
		a.problem = &problem{}
		if json.Unmarshal(body, a.problem) != nil {
			a.problem = nil
		}
	}
	return a, nil
}

// retryAfter reads the header's seconds or date; 0 if there is none.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = max(0, time.Until(date))
	}
	return min(wait, maxRetryAfter)
}

// pause is how long to wait before another try: the server's wish, or twice as long each time; and
// jitter, so that clients do not all come back at once.
func pause(attempt int, wish time.Duration) time.Duration {
	grown := min(longestPause, firstPause<<min(attempt, 20))
	return max(wish, grown/2) + time.Duration(rand.Int63n(int64(grown/2)))
}

// wait returns false if the context ended first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
