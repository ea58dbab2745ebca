package tallystick_test

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"tallystick.example/tallystick"
)

func Example() {
	client, err := tallystick.New(tallystick.Options{
		URL:   "https://audit.example.com",
		Key:   tallystick.KeyFromEnv("TALLY_API_KEY"),
		Mode:  tallystick.Spooled,
		Spool: "/var/lib/shop/audit",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(5 * time.Second)

	_, err = client.Append(context.Background(), tallystick.Event{Type: "order.paid", ActorID: 12, TargetID: "7f3a"})
	if err != nil {
		log.Print("the order is not in the audit log: ", err)
	}
}

func ExampleNewHandler() {
	var client *tallystick.Client // see the example of the package

	audit := slog.New(tallystick.NewHandler(client, &tallystick.HandlerOptions{EventType: "shop.message"}))
	audit.Warn("login failed", "event_type", "auth.login.failed", "actor_username", "root", "outcome", "failure")
}

func ExampleNewMiddleware() {
	var client *tallystick.Client // see the example of the package

	audited := tallystick.NewMiddleware(client, &tallystick.MiddlewareOptions{
		Enrich: func(r *http.Request, e *tallystick.Event) { e.ActorUsername, _, _ = r.BasicAuth() },
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", audited(http.DefaultServeMux)))
}

func ExampleClient_VerifyReceipt() {
	var client *tallystick.Client // see the example of the package
	var receipt tallystick.Receipt

	key, err := tallystick.ParseVerifierKey("audit.example.com+7bdb731c+AQ…") // of "tally key", from somebody you trust
	if err != nil {
		log.Fatal(err)
	}
	checkpoint, err := client.VerifyReceipt(context.Background(), receipt, key)
	log.Print(checkpoint.Size, err)
}

// What the README shows is compiled.
func TestTheReadmeShowsTheExamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"": true}
	for _, line := range strings.Split(string(source), "\n") {
		known[strings.TrimSpace(line)] = true
	}
	blocks := strings.Split(string(readme), "```go\n")[1:]
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		for _, line := range strings.Split(code, "\n") {
			if !known[strings.TrimSpace(line)] {
				t.Errorf("the README has a line that no example has: %s", line)
			}
		}
	}
	if len(blocks) < 4 {
		t.Errorf("%d blocks of Go", len(blocks))
	}
}
