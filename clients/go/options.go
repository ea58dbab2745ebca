package tallystick

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

// Mode says when [Client.Append] returns, and so what a nil error means.
type Mode string

const (
	// Sync returns when the event is in the log, with its receipt, or with an error.
	Sync Mode = "sync"
	// Spooled returns when the event is synced to a file of the spool directory. It is sent in the
	// background, again and again until the server has it: after a restart, too.
	Spooled Mode = "spooled"
	// BestEffort returns at once. Events wait in memory, and are dropped when there are too many or
	// when the process ends. The log is told how many were dropped while the process ran.
	BestEffort Mode = "best_effort"
)

// WhenFull says what [Client.Append] does while the spool has no room.
type WhenFull string

const (
	// Block waits for room, or for the end of the context.
	Block WhenFull = "block"
	// Raise returns [ErrSpoolFull].
	Raise WhenFull = "raise"
)

// Defaults of [Options].
const (
	DefaultStream        = "default"
	DefaultMaxSpoolBytes = 1 << 30
	DefaultCapacity      = 10_000
	DefaultTimeout       = 30 * time.Second
)

const minSpoolBytes = 1 << 20

// Options configure a [Client].
type Options struct {
	// URL of the server, with its base path if it has one. It must be https, or http to this
	// machine, unless AllowHTTP is set.
	URL string
	// Key returns the API key, which needs the permission audit.append; see [KeyFromEnv],
	// [KeyFromFile] and [StaticKey].
	Key KeySource
	// Mode has no default.
	Mode Mode
	// Stream names a sequence of events, at most 128 bytes. The events of each source and stream are
	// numbered 1, 2, 3 …, so two processes that use one API key need different streams.
	Stream string

	// Spool is the directory for events that wait to be sent. Spooled mode needs it. It belongs to
	// one process and one stream.
	Spool string
	// MaxSpoolBytes limits the events that wait in the spool; at least 1 MiB. The directory can be
	// larger by the sent part of one file, 8 MiB, and by rejected.ndjson.
	MaxSpoolBytes int64
	// WhenFull is Block if it is empty.
	WhenFull WhenFull

	// Capacity is how many events wait in memory in best_effort mode.
	Capacity int

	// Timeout is how long a call in sync mode tries, unless its context ends before that.
	Timeout time.Duration

	// OnRejected is called for each event that the server will never accept, not in sync mode. It
	// must not call Flush or Close.
	OnRejected func(Rejection)

	// AllowHTTP allows plain http to another machine, where anybody on the way can read the key.
	AllowHTTP bool
	// RootCAs are the authorities that may vouch for the server; nil for those of the system.
	RootCAs *x509.CertPool
	// Logger gets the client's own warnings: text on standard error if it is nil. It must not lead
	// to a [Handler] of this client.
	Logger *slog.Logger
}

// KeySource returns the API key. It is asked before each request, so a key can be replaced while
// the client runs.
type KeySource func() (string, error)

// StaticKey is a key that the program has already.
func StaticKey(key string) KeySource {
	return func() (string, error) { return key, nil }
}

// KeyFromEnv reads the key from an environment variable.
func KeyFromEnv(name string) KeySource {
	return func() (string, error) {
		if key := os.Getenv(name); key != "" {
			return key, nil
		}
		return "", fmt.Errorf("the environment variable %s, which should hold the API key, is not set", name)
	}
}

// KeyFromFile reads the key from a file.
func KeyFromFile(path string) KeySource {
	return func() (string, error) {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("the file with the API key cannot be read: %w", err)
		}
		return strings.TrimSpace(string(content)), nil
	}
}

// checked returns the options with their defaults, or says what is wrong with them.
func (o Options) checked() (Options, error) {
	switch o.Mode {
	case Sync, Spooled, BestEffort:
	default:
		return o, fmt.Errorf("Mode must be Sync (Append returns when the event is in the log), "+
			"Spooled (when it is on this machine's disk) or BestEffort (at once; events can be dropped), "+
			"but was %q", o.Mode)
	}
	if o.Key == nil {
		return o, errors.New("Key is missing; use KeyFromEnv, KeyFromFile or StaticKey")
	}
	if err := checkURL(o.URL, o.AllowHTTP); err != nil {
		return o, err
	}
	setDefault(&o.Stream, DefaultStream)
	setDefault(&o.MaxSpoolBytes, DefaultMaxSpoolBytes)
	setDefault(&o.WhenFull, Block)
	setDefault(&o.Capacity, DefaultCapacity)
	setDefault(&o.Timeout, DefaultTimeout)
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	switch {
	case len(o.Stream) > 128:
		return o, fmt.Errorf("Stream must be at most 128 bytes, but was %d", len(o.Stream))
	case (o.Spool != "") != (o.Mode == Spooled):
		return o, fmt.Errorf("Spool must be a directory in mode spooled, and empty otherwise, "+
			"but was %q in mode %s", o.Spool, o.Mode)
	case o.MaxSpoolBytes < minSpoolBytes:
		return o, fmt.Errorf("MaxSpoolBytes must be at least %d, but was %d", minSpoolBytes, o.MaxSpoolBytes)
	case o.WhenFull != Block && o.WhenFull != Raise:
		return o, fmt.Errorf("WhenFull must be Block or Raise, but was %q", o.WhenFull)
	case o.Capacity < 1:
		return o, fmt.Errorf("Capacity must be at least 1, but was %d", o.Capacity)
	case o.Timeout < 0:
		return o, fmt.Errorf("Timeout must be positive, but was %s", o.Timeout)
	}
	return o, nil
}

func setDefault[T comparable](option *T, value T) {
	var zero T
	if *option == zero {
		*option = value
	}
}

func checkURL(text string, allowHTTP bool) error {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http") ||
		parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return errors.New("URL must be that of the server, such as https://audit.example.com, " +
			"without a user, a query or a fragment")
	}
	if parsed.Scheme == "http" && !allowHTTP && !isLoopback(parsed.Hostname()) {
		return fmt.Errorf("URL must be https, since anybody between here and %s could read the API key; "+
			"set AllowHTTP if that is acceptable", parsed.Hostname())
	}
	return nil
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
