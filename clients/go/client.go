package tallystick

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Client sends events to one server. It is safe for use by many goroutines. Close it before the
// program ends.
type Client struct {
	options   Options
	transport *transport
	sequence  atomic.Uint64 // the last source_seq, but in spooled mode, where the spool has it

	queue  queue // nil in sync mode
	cancel context.CancelFunc
	sent   sync.WaitGroup // the sender

	closing sync.Once
	closed  atomic.Bool
}

// Receipt says where an event is in the log. Outside sync mode it has the EventID only.
type Receipt struct {
	EventID string `json:"-"`
	// ID of the entry, from 1.
	ID int64 `json:"id"`
	// Hash of the entry, 64 hexadecimal digits: its leaf hash in the log's tree.
	Hash      string    `json:"hash"`
	Timestamp time.Time `json:"timestamp"`
	// Replayed is set if the log had the event before.
	Replayed bool `json:"replayed"`
}

// RejectedError is what Append returns in sync mode for an event that the server will never accept.
type RejectedError struct{ Rejection }

func (e *RejectedError) Error() string {
	return fmt.Sprintf("the server rejected the event with %d: %s", e.Status, e.Reason)
}

// New returns a client. It does not connect yet. In spooled mode it begins with what an earlier
// process left in the spool.
func New(options Options) (*Client, error) {
	options, err := options.checked()
	if err != nil {
		return nil, fmt.Errorf("tallystick: %w", err)
	}
	c := &Client{options: options, transport: newTransport(options)}
	switch options.Mode {
	case Spooled:
		if c.queue, err = openSpool(options); err != nil {
			return nil, fmt.Errorf("tallystick: %w", err)
		}
	case BestEffort:
		c.queue = newMemory(options.Capacity, &c.sequence, options.Stream)
	case Sync:
		return c, nil
	}
	s := &sender{
		transport:  c.transport,
		queue:      c.queue,
		onRejected: options.OnRejected,
		logger:     options.Logger,
	}
	var running context.Context
	running, c.cancel = context.WithCancel(context.Background())
	c.sent.Add(1)
	go func() {
		defer c.sent.Done()
		s.run(running)
	}()
	return c, nil
}

// Append records an event; see [Mode] for what its return means. In sync mode, after an error that
// is not a [RejectedError], the event may be in the log nevertheless: sending it again with the
// EventID of the receipt that came with the error writes it at most once. It has another number
// then, so if it is in the log already the server answers 409, a [RejectedError] that names the entry.
func (c *Client) Append(ctx context.Context, event Event) (Receipt, error) {
	now := time.Now()
	if event.EventID == "" {
		event.EventID = newEventID(now)
	}
	if event.OccurredAt.IsZero() && c.options.Mode != Sync {
		event.OccurredAt = now
	}
	receipt := Receipt{EventID: event.EventID}
	encoded, err := event.encode(c.options.Stream)
	switch {
	case err != nil:
	case c.options.Mode == Sync:
		err = c.send(ctx, encoded, &receipt)
	default:
		err = c.queue.append(ctx, encoded)
	}
	if err != nil {
		return receipt, fmt.Errorf("tallystick: %w", err)
	}
	return receipt, nil
}

// send sends one event until the server accepts or rejects it, or does not know the key, or the
// time is up.
func (c *Client) send(ctx context.Context, encoded []byte, receipt *Receipt) error {
	if c.closed.Load() {
		return ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	body := withSequence(nil, encoded, c.sequence.Add(1))
	var trouble error
	for attempt := 0; ; attempt++ {
		answer, err := c.transport.post(ctx, "?oversize=truncate", "application/json", body)
		if err == nil {
			switch answer.verdict() {
			case accepted:
				if err = json.Unmarshal(answer.body, receipt); err == nil && receipt.ID > 0 {
					return nil
				}
				err = fmt.Errorf("the answer with status %d is not Tallystick's", answer.status)
			case refused:
				return &RejectedError{Rejection{
					Event: body, Status: answer.status, Reason: answer.problem.Detail, Errors: answer.problem.Errors,
				}}
			default:
				err = fmt.Errorf("%s", answer.describe())
				if answer.denied() {
					return err
				}
			}
		}
		// That the time is up says less than what was wrong before.
		if trouble == nil || ctx.Err() == nil {
			trouble = err
		}
		if !wait(ctx, pause(attempt, answer.retryAfter)) {
			return fmt.Errorf("the event may not be in the log: %w", trouble)
		}
	}
}

// Flush waits until nothing is left to send, at most for the timeout, and returns how many events
// are left.
func (c *Client) Flush(timeout time.Duration) int {
	if c.queue == nil {
		return 0
	}
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	for {
		left, changed := c.queue.left()
		if left == 0 {
			return 0
		}
		select {
		case <-changed:
		case <-deadline.C:
			return left
		}
	}
}

// Close flushes and stops the client, and returns how many events are left: in spooled mode they
// stay in the spool for the next process, in best_effort mode they are lost. Only the first call
// does so; further ones return 0.
func (c *Client) Close(timeout time.Duration) (left int) {
	c.closing.Do(func() {
		c.closed.Store(true)
		if c.queue == nil {
			return
		}
		c.Flush(timeout)
		c.cancel()
		c.sent.Wait()
		if err := c.queue.close(); err != nil {
			c.options.Logger.Error("the spool could not be closed", "reason", err.Error())
		}
		left, _ = c.queue.left()
	})
	return left
}
