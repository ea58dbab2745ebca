package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"filippo.io/torchwood"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// watch follows a log: at each new checkpoint Tessera's tracker and sumdb/tlog check that the log has only
// grown, and torchwood's client reads what is new.
func watch(ctx context.Context, where string, log note.Verifier) error {
	r, err := open(where, log)
	if err != nil {
		return err
	}
	tracker, err := client.NewLogStateTracker(ctx, r.tessera.ReadTile, nil, log, log.Name(),
		client.UnilateralConsensus(r.tessera.ReadCheckpoint))
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()

	var before tlog.Tree
	var next int64
	sizes := 0
	for last := false; ; {
		if _, _, _, err := tracker.Update(ctx); err != nil {
			return fmt.Errorf("after size %d, Tessera's tracker: %w", before.N, err)
		}
		checkpoint, err := r.checkpoint(ctx)
		if err != nil {
			return err
		}
		if tree := checkpoint.Tree; tree.N > before.N {
			if err := r.grown(ctx, before, tree); err != nil {
				return fmt.Errorf("from size %d to %d: %w", before.N, tree.N, err)
			}
			if next, err = r.readOn(ctx, tree, next); err != nil {
				return fmt.Errorf("entry %d at size %d: %w", next, tree.N, err)
			}
			before = tree
			sizes++
		}
		if last {
			break
		}
		select {
		case <-ended:
			last = true
		case <-time.After(50 * time.Millisecond):
		}
	}
	fmt.Println(before.N, "entries at", sizes, "sizes")
	return nil
}

func (r *readers) grown(ctx context.Context, before, tree tlog.Tree) error {
	if before.N == 0 {
		return nil
	}
	hashes := torchwood.TileHashReaderWithContext(ctx, tree, r.fetcher)
	proof, err := tlog.ProveTree(tree.N, before.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash)
}

func (r *readers) readOn(ctx context.Context, tree tlog.Tree, next int64) (int64, error) {
	for index := range r.torchwood.AllEntries(ctx, tree, next) {
		if index != next {
			return next, fmt.Errorf("entry %d comes next", index)
		}
		next++
	}
	if err := r.torchwood.Err(); err != nil {
		return next, err
	}
	if next != tree.N {
		return next, fmt.Errorf("no more entries")
	}
	return next, nil
}
