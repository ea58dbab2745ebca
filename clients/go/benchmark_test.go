package tallystick

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"testing"
	"time"
)

// What Append costs in spooled mode while the server is away: go test -run '^$' -bench Spooled
//
// ns/op is the time for all calls divided by their number; the median is what one call waits, which
// includes a sync of the device that it shares with the others.
func BenchmarkSpooledAppend(b *testing.B) {
	b.Run("sync alone", func(b *testing.B) {
		file, err := os.Create(filepath.Join(b.TempDir(), "alone"))
		if err != nil {
			b.Fatal(err)
		}
		defer file.Close()
		waits := make([]time.Duration, 0, b.N)
		record := make([]byte, 250) // about as long as that of the event below
		b.ResetTimer()
		for n := 0; n < b.N; n++ {
			began := time.Now()
			if _, err := file.Write(record); err != nil {
				b.Fatal(err)
			}
			if err := file.Sync(); err != nil {
				b.Fatal(err)
			}
			waits = append(waits, time.Since(began))
		}
		reportMedian(b, waits)
	})
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			c, err := New(Options{
				URL: nowhere, Key: StaticKey("none"), Mode: Spooled, Spool: b.TempDir(), Logger: quiet(),
				MaxSpoolBytes: 8 << 30,
			})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close(0)
			event := Event{Type: "order.paid", ActorID: 12, TargetType: "order", TargetID: "7f3a",
				Details: map[string]any{"amount": 1250, "currency": "EUR"}}
			waits := make([][]time.Duration, callers)
			b.ResetTimer()
			var all sync.WaitGroup
			for i := range waits {
				i, calls := i, (b.N+callers-1)/callers
				all.Add(1)
				go func() {
					defer all.Done()
					for n := 0; n < calls; n++ {
						began := time.Now()
						if _, err := c.Append(context.Background(), event); err != nil {
							b.Error(err)
							return
						}
						waits[i] = append(waits[i], time.Since(began))
					}
				}()
			}
			all.Wait()
			b.StopTimer()
			var every []time.Duration
			for _, some := range waits {
				every = append(every, some...)
			}
			reportMedian(b, every)
		})
	}
}

func reportMedian(b *testing.B, waits []time.Duration) {
	sort.Slice(waits, func(i, j int) bool { return waits[i] < waits[j] })
	b.ReportMetric(float64(waits[len(waits)/2].Nanoseconds())/1000, "median-µs/call")
}
