package tallystick

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

const (
	maxBatchEvents = 1_000
	maxBatchBytes  = 1 << 20
)

// Rejection is an event that the server will never accept, and why.
type Rejection struct {
	// Event is the event as it was sent.
	Event json.RawMessage `json:"event"`
	// Status is the HTTP status of the answer.
	Status int `json:"status"`
	// Reason is what the server said.
	Reason string       `json:"reason"`
	Errors []FieldError `json:"errors,omitempty"`
}

// queue is where events wait for the sender, oldest first.
type queue interface {
	append(ctx context.Context, encoded []byte) error
	// next returns the oldest events, waiting for one. They stay until done or reject removes them.
	next(ctx context.Context) ([][]byte, error)
	// done removes the oldest n events, which the log has.
	done(n int) error
	// reject keeps the event aside, if that is what this queue does. It does not remove it.
	reject(Rejection) error
	// left is how many events there are, and a channel that is closed when that may have changed.
	left() (int, <-chan struct{})
	close() error
}

// sender sends what is in a queue, in order, until its context ends. Confined to one goroutine.
type sender struct {
	transport  *transport
	queue      queue
	onRejected func(Rejection)
	logger     *slog.Logger

	attempt int
	trouble string // what is wrong, so that it is logged once and not at each try
}

func (s *sender) run(ctx context.Context) {
	for ctx.Err() == nil {
		events, err := s.queue.next(ctx)
		if err == nil {
			err = s.deliver(ctx, events)
		}
		if err != nil && ctx.Err() == nil {
			s.failed("queue", 0, err.Error())
			wait(ctx, pause(s.attempt, 0))
		}
	}
}

// deliver returns when the events are in the log or rejected, or the context has ended.
func (s *sender) deliver(ctx context.Context, events [][]byte) error {
	for ctx.Err() == nil {
		// What is too long is cut, and what is wrong is rejected: neither holds up the other events.
		answer, err := s.transport.post(ctx, "?partial=true&oversize=truncate", "application/x-ndjson", lines(events))
		if ctx.Err() != nil {
			return nil
		}
		verdict := answer.verdict()
		switch {
		case err != nil:
			verdict = notNow
			s.failed("connection", 0, err.Error())
		case verdict == accepted:
			rejected, err := rejections(answer, events)
			if err == nil {
				s.delivered()
				return s.remove(events, rejected)
			}
			verdict = notNow
			s.failed("answer", 0, err.Error())
		case verdict == refused && len(events) > 1:
			half := len(events) / 2
			if err := s.deliver(ctx, events[:half]); err != nil {
				return err
			}
			events = events[half:]
			continue
		case verdict == refused:
			s.delivered()
			return s.remove(events, []Rejection{{
				Event: events[0], Status: answer.status, Reason: answer.problem.Detail, Errors: answer.problem.Errors,
			}})
		default:
			s.failed(fmt.Sprint(answer.status), answer.status, answer.describe())
		}
		wait(ctx, pause(s.attempt, answer.retryAfter))
	}
	return nil
}

func (s *sender) remove(events [][]byte, rejected []Rejection) error {
	for _, rejection := range rejected {
		if err := s.queue.reject(rejection); err != nil {
			return err
		}
	}
	if err := s.queue.done(len(events)); err != nil {
		return err
	}
	for _, rejection := range rejected {
		s.logger.Error("the server rejected an event", "reason", rejection.Reason)
		if s.onRejected != nil {
			s.onRejected(rejection)
		}
	}
	return nil
}

func (s *sender) failed(trouble string, status int, reason string) {
	s.attempt++
	if s.trouble == trouble {
		return
	}
	s.trouble = trouble
	message := "events cannot be sent; they are kept and sent later"
	if (answer{status: status}).denied() {
		message = "the server does not accept the API key; events are kept until it does"
	}
	s.logger.Warn(message, "reason", reason)
}

func (s *sender) delivered() {
	if s.trouble != "" {
		s.logger.Info("events are sent again")
	}
	s.attempt, s.trouble = 0, ""
}

func lines(events [][]byte) []byte {
	return append(bytes.Join(events, []byte("\n")), '\n')
}

// rejections reads an answer that accepts events. An answer that does not account for each of them
// is not Tallystick's, whatever its status.
func rejections(a answer, events [][]byte) ([]Rejection, error) {
	var body struct {
		Entries  []json.RawMessage `json:"entries"`
		Rejected []struct {
			Index  int          `json:"index"`
			Errors []FieldError `json:"errors"`
		} `json:"rejected"`
	}
	err := json.Unmarshal(a.body, &body)
	if err == nil && len(body.Entries)+len(body.Rejected) != len(events) {
		err = errors.New("it does not account for each event")
	}
	var rejected []Rejection
	for _, one := range body.Rejected {
		if err != nil {
			break
		}
		if one.Index < 0 || one.Index >= len(events) || len(one.Errors) == 0 {
			err = errors.New("it rejects an event that was not sent, or for no reason")
			break
		}
		rejected = append(rejected, Rejection{
			Event:  events[one.Index],
			Status: http.StatusUnprocessableEntity,
			Reason: one.Errors[0].Message,
			Errors: one.Errors,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("the answer with status %d is not Tallystick's: %w", a.status, err)
	}
	return rejected, nil
}
