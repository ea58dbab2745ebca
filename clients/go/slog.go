package tallystick

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"
)

// HandlerOptions configure a [Handler].
type HandlerOptions struct {
	// Level is the lowest level that is recorded; slog.LevelInfo if it is nil.
	Level slog.Leveler
	// EventType is that of records without an attribute event_type. If it is empty, these are not
	// recorded.
	EventType string
}

// Handler is a target of log/slog. The message is the event's action. Attributes outside of groups
// that are named as fields of an event, such as actor_id, become these fields; all others are in
// details.
type Handler struct {
	client  *Client
	options HandlerOptions
	attrs   []slog.Attr // with their groups around them
	groups  []string
}

// NewHandler returns a handler that appends to the client. Options may be nil.
func NewHandler(client *Client, options *HandlerOptions) *Handler {
	h := &Handler{client: client}
	if options != nil {
		h.options = *options
	}
	if h.options.Level == nil {
		h.options.Level = slog.LevelInfo
	}
	return h
}

// Enabled implements [slog.Handler].
func (h *Handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.options.Level.Level()
}

// WithAttrs implements [slog.Handler].
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	copied := *h
	copied.attrs = append(slices.Clip(h.attrs), h.grouped(attrs)...)
	return &copied
}

// WithGroup implements [slog.Handler].
func (h *Handler) WithGroup(name string) slog.Handler {
	copied := *h
	if name != "" {
		copied.groups = append(slices.Clip(h.groups), name)
	}
	return &copied
}

func (h *Handler) grouped(attrs []slog.Attr) []slog.Attr {
	for i := len(h.groups) - 1; i >= 0; i-- {
		attrs = []slog.Attr{{Key: h.groups[i], Value: slog.GroupValue(attrs...)}}
	}
	return attrs
}

// Handle appends the record, and returns what Append returns as an error. It does so also when the
// context has ended, as that of a request does whose client has gone.
func (h *Handler) Handle(ctx context.Context, record slog.Record) error {
	event := Event{
		Type:       h.options.EventType,
		Severity:   severity(record.Level),
		Action:     record.Message,
		OccurredAt: record.Time,
		Details:    map[string]any{},
	}
	var own []slog.Attr
	record.Attrs(func(attr slog.Attr) bool {
		own = append(own, attr)
		return true
	})
	for _, attr := range append(slices.Clip(h.attrs), h.grouped(own)...) {
		if !event.set(attr) {
			addDetail(event.Details, attr)
		}
	}
	if event.Type == "" {
		return nil
	}
	_, err := h.client.Append(context.WithoutCancel(ctx), event.fitted())
	return err
}

// set sets the field that an attribute names, and reports whether there is one.
func (e *Event) set(attr slog.Attr) bool {
	value := attr.Value.Resolve()
	if attr.Key == "actor_id" {
		switch value.Kind() {
		case slog.KindInt64, slog.KindUint64, slog.KindString:
			e.ActorID = value.Any()
		default:
			e.ActorID = value.String()
		}
		return true
	}
	if attr.Key == "occurred_at" && value.Kind() == slog.KindTime {
		e.OccurredAt = value.Time()
		return true
	}
	field := e.texts()[attr.Key]
	if field == nil || value.Kind() == slog.KindGroup {
		return false
	}
	*field = value.String()
	return true
}

func addDetail(details map[string]any, attr slog.Attr) {
	value := attr.Value.Resolve()
	switch value.Kind() {
	case slog.KindGroup:
		into := details
		if attr.Key != "" {
			if existing, ok := details[attr.Key].(map[string]any); ok {
				into = existing
			} else {
				into = map[string]any{}
			}
		}
		for _, member := range value.Group() {
			addDetail(into, member)
		}
		if attr.Key != "" && len(into) > 0 {
			details[attr.Key] = into
		}
	case slog.KindBool, slog.KindInt64, slog.KindUint64:
		details[attr.Key] = value.Any()
	case slog.KindFloat64:
		// JSON has no NaN and no infinity.
		number := value.Float64()
		if number-number == 0 {
			details[attr.Key] = number
		} else {
			details[attr.Key] = strconv.FormatFloat(number, 'g', -1, 64)
		}
	case slog.KindTime:
		details[attr.Key] = value.Time().Format(time.RFC3339Nano)
	case slog.KindAny:
		if value.Any() != nil || attr.Key != "" {
			details[attr.Key] = fmt.Sprint(value.Any())
		}
	default:
		details[attr.Key] = value.String()
	}
}

func severity(level slog.Level) string {
	switch {
	case level < slog.LevelWarn:
		return "informational"
	case level < slog.LevelError:
		return "medium"
	default:
		return "high"
	}
}
