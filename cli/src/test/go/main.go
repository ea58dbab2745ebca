// Command clients reads and verifies a log with programs that others wrote: torchwood, Tessera's client
// and fsck, Rekor v2's verifier and the Go checksum database's tlog and note packages. What is here only
// calls them.
//
//	clients log URL VKEY     everything under URL, at its present size
//	clients watch URL VKEY   the log while it grows, until standard input ends
//	clients files DIR VKEY [WITNESS-VKEY]   what the command line wrote: *.note, N.json with N.tlog-proof,
//	                         and A-B.json, the consistency proof from A.note to B.note
//
// A key in TALLY_API_KEY is shown to the server as a bearer token. Exit code 0 if everything verifies.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"
)

func main() {
	if len(os.Args) < 4 {
		fail(fmt.Errorf("usage: clients log|watch|files WHERE VKEY"))
	}
	klog.LogToStderr(false) // fsck tells of its progress
	klog.SetOutput(io.Discard)
	where, ctx := os.Args[2], context.Background()
	verifier, err := note.NewVerifier(os.Args[3])
	fail(err)
	switch os.Args[1] {
	case "log":
		fail(checkLog(ctx, where, verifier))
	case "watch":
		fail(watch(ctx, where, verifier))
	case "files":
		fail(checkFiles(where, verifier, os.Args[4:]))
	default:
		fail(fmt.Errorf("no such check: %s", os.Args[1]))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

// policy accepts checkpoints of the log with this key.
func policy(log note.Verifier) torchwood.Policy {
	return torchwood.ThresholdPolicy(2,
		torchwood.OriginPolicy(log.Name()), torchwood.SingleVerifierPolicy(log))
}

func authorization() string {
	if key := os.Getenv("TALLY_API_KEY"); key != "" {
		return "Bearer " + key
	}
	return ""
}

// bearer shows the key to a client that knows no keys.
type bearer struct{ base http.RoundTripper }

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	if value := authorization(); value != "" {
		request = request.Clone(request.Context())
		request.Header.Set("Authorization", value)
	}
	return b.base.RoundTrip(request)
}

func httpClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return &http.Client{Transport: bearer{transport}}
}
