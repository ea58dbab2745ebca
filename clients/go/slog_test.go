package tallystick

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"
)

func TestLogRecordsBecomeEvents(t *testing.T) {
	server := theServer(t)
	handler := NewHandler(server.client(t, Options{Mode: Sync}), &HandlerOptions{EventType: "test.slog"})
	logger := slog.New(handler).With("actor_id", 7, "tenant", "acme").WithGroup("order").With("id", 12)
	logger.Warn("order cancelled", "reason", errors.New("no stock"), "actor_id", "inside a group",
		"took", 2*time.Second, slog.Group("price", "amount", 1.5, "currency", "EUR"))
	slog.New(handler).Debug("not recorded")
	slog.New(handler).Error("refused", "event_type", "test.slog2", "outcome", "failure",
		"actor_ip", "192.0.2.1", "nan", math.NaN(), "none", nil)

	first := server.entries(t, "test.slog")
	if len(first) != 1 || first[0].Severity != "medium" || first[0].Action != "order cancelled" ||
		first[0].ActorID != float64(7) {
		t.Fatalf("%+v", first)
	}
	want := "map[order:map[actor_id:inside a group id:12 price:map[amount:1.5 currency:EUR] reason:no stock took:2s]]"
	if got := fmt.Sprint(first[0].Details); got != want {
		t.Errorf("details are\n%s, not\n%s", got, want)
	}
	second := server.entries(t, "test.slog2")
	if len(second) != 1 || second[0].Severity != "high" || second[0].Outcome != "failure" ||
		second[0].ActorIP != "192.0.2.1" || fmt.Sprint(second[0].Details) != "map[nan:NaN none:<nil>]" {
		t.Fatalf("%+v", second)
	}
}

func TestWithoutADefaultTypeOnlyRecordsThatHaveOneAreRecorded(t *testing.T) {
	server := theServer(t)
	logger := slog.New(NewHandler(server.client(t, Options{Mode: Sync}), nil))
	logger.Info("an ordinary line")
	logger.Info("an event", "event_type", "test.slog_typed")
	if found := server.entries(t, "test.slog_typed"); len(found) != 1 || found[0].SourceSeq != 1 {
		t.Fatalf("%+v", found)
	}
}

// Who chooses the length of what is logged must not choose whether it is logged.
func TestNoLengthKeepsARecordOut(t *testing.T) {
	server := theServer(t)
	logger := slog.New(NewHandler(server.client(t, Options{Mode: Sync}), nil))
	huge := strings.Repeat("é", 1_000_000)
	logger.Info(huge, "event_type", "test.slog_huge", "actor_id", huge, "user_agent", huge, "x", huge)
	logger.Info("few", "event_type", "test.slog_huge", slog.Group(huge, "y", huge))
	logger.Info("fits", "event_type", "test.slog_huge", "x", strings.Repeat("x", 40_000))
	found := server.entries(t, "test.slog_huge")
	if len(found) != 3 || fmt.Sprint(found[0].Details) != "map[left_out:[x]]" ||
		len(found[0].Action) != 256 || len(found[2].Details["x"].(string)) != 40_000 {
		t.Fatalf("%d: %.2000v", len(found), found)
	}
}

func TestARecordIsKeptAlthoughItsContextHasEnded(t *testing.T) {
	server := theServer(t)
	logger := slog.New(NewHandler(server.client(t, Options{Mode: Sync}), nil))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	logger.InfoContext(ctx, "gone", "event_type", "test.slog_cancelled")
	if found := server.entries(t, "test.slog_cancelled"); len(found) != 1 {
		t.Fatalf("%+v", found)
	}
}
