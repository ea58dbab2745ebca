package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"

	"filippo.io/torchwood"
	"github.com/sigstore/rekor-tiles/v2/pkg/verify"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// readers are the clients of one log.
type readers struct {
	log       note.Verifier
	fetcher   *torchwood.TileFetcher
	torchwood *torchwood.Client
	tessera   *client.HTTPFetcher
}

func open(where string, log note.Verifier) (*readers, error) {
	fetcher, err := torchwood.NewTileFetcher(where,
		torchwood.WithHTTPClient(httpClient()), torchwood.WithConcurrencyLimit(8))
	if err != nil {
		return nil, err
	}
	reader, err := torchwood.NewClient(fetcher)
	if err != nil {
		return nil, err
	}
	root, err := url.Parse(where)
	if err != nil {
		return nil, err
	}
	tessera, err := client.NewHTTPFetcher(root, nil)
	if err != nil {
		return nil, err
	}
	tessera.SetAuthorizationHeader(authorization())
	return &readers{log, fetcher, reader, tessera}, nil
}

func checkLog(ctx context.Context, where string, log note.Verifier) error {
	r, err := open(where, log)
	if err != nil {
		return err
	}
	checkpoint, err := r.checkpoint(ctx)
	if err != nil {
		return err
	}
	tree := checkpoint.Tree
	steps := []struct {
		name  string
		check func(context.Context, tlog.Tree) error
	}{
		{"torchwood's client", r.entries},
		{"every width of tiles, torchwood's fetcher", r.widths},
		{"what is not in the tree", r.absent},
		{"proofs of sumdb/tlog from tiles", r.trees},
		{"proofs of Tessera's client", r.proofs},
		{"Tessera's fsck", r.fsck},
	}
	for _, step := range steps {
		if err := step.check(ctx, tree); err != nil {
			return fmt.Errorf("size %d, %s: %w", tree.N, step.name, err)
		}
	}
	fmt.Println(tree.N, "entries verified")
	return nil
}

// checkpoint is the published one, as torchwood, Rekor's verifier and Tessera's client see it.
func (r *readers) checkpoint(ctx context.Context) (torchwood.Checkpoint, error) {
	raw, err := r.fetcher.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return torchwood.Checkpoint{}, err
	}
	opened, _, err := torchwood.VerifyCheckpoint(raw, policy(r.log))
	if err != nil {
		return opened, fmt.Errorf("torchwood: %w", err)
	}
	rekor, err := verify.VerifyCheckpoint(string(raw), r.log)
	if err != nil {
		return opened, fmt.Errorf("rekor: %w", err)
	}
	if rekor.Size != uint64(opened.N) || !bytes.Equal(rekor.Hash, opened.Hash[:]) {
		return opened, errors.New("rekor reads another checkpoint")
	}
	_, _, _, err = client.FetchCheckpoint(ctx, r.tessera.ReadCheckpoint, r.log, r.log.Name())
	return opened, err
}

// entries reads all of them, and some alone with their proofs.
func (r *readers) entries(ctx context.Context, tree tlog.Tree) error {
	next := int64(0)
	for index := range r.torchwood.AllEntries(ctx, tree, 0) {
		if index != next {
			return fmt.Errorf("entry %d where %d was due", index, next)
		}
		next++
	}
	if err := r.torchwood.Err(); err != nil {
		return err
	}
	if next != tree.N {
		return fmt.Errorf("%d entries", next)
	}
	for _, index := range some(tree.N) {
		if _, _, err := r.torchwood.Entry(ctx, tree, index); err != nil {
			return err
		}
	}
	return nil
}

// some are indexes at the ends of a tree, of its tiles, and between.
func some(size int64) []int64 {
	var indexes []int64
	for _, index := range []int64{0, 1, 127, 254, 255, 256, 257, 511, 512, size / 2, size - 256, size - 2, size - 1} {
		if index >= 0 && index < size {
			indexes = append(indexes, index)
		}
	}
	return indexes
}

// widths reads the first and the last tile of every level, and of the entries, in every width that the
// tree has. The widest was authenticated when the entries were read, or leads to the root.
func (r *readers) widths(ctx context.Context, tree tlog.Tree) error {
	for level := -1; level < 8; level++ {
		hashes := tree.N >> (8 * max(level, 0))
		if hashes == 0 {
			return nil
		}
		for _, n := range []int64{0, (hashes - 1) / 256} {
			var tiles []tlog.Tile
			for width := 1; width <= int(min(256, hashes-n*256)); width++ {
				tiles = append(tiles, tlog.Tile{H: 8, L: level, N: n, W: width})
			}
			data, err := r.fetcher.ReadTiles(ctx, tiles)
			if err != nil {
				return err
			}
			widest := data[len(data)-1]
			for i, tile := range tiles {
				if !bytes.HasPrefix(widest, data[i]) {
					return fmt.Errorf("%s is not the beginning of the widest", torchwood.TilePath(tile))
				}
				if err := holds(tile, data[i]); err != nil {
					return fmt.Errorf("%s: %w", torchwood.TilePath(tile), err)
				}
			}
		}
	}
	return nil
}

func holds(tile tlog.Tile, data []byte) error {
	if tile.L >= 0 {
		if len(data) != tile.W*tlog.HashSize {
			return fmt.Errorf("%d bytes", len(data))
		}
		return nil
	}
	var err error
	for range tile.W {
		if _, data, err = torchwood.ReadTileEntry(data); err != nil {
			return err
		}
	}
	if len(data) > 0 {
		return fmt.Errorf("%d bytes too many", len(data))
	}
	return nil
}

// absent asks for one hash and one entry more than the tree has.
func (r *readers) absent(ctx context.Context, tree tlog.Tree) error {
	for _, level := range []int{-1, 0} {
		beyond := tlog.Tile{H: 8, L: level, N: tree.N / 256, W: int(tree.N%256) + 1}
		if _, err := r.fetcher.ReadTiles(ctx, []tlog.Tile{beyond}); err == nil {
			return fmt.Errorf("%s is answered", torchwood.TilePath(beyond))
		}
	}
	return nil
}

// trees proves with sumdb/tlog that smaller trees are the beginning of this one.
func (r *readers) trees(ctx context.Context, tree tlog.Tree) error {
	hashes := torchwood.TileHashReaderWithContext(ctx, tree, r.fetcher)
	for _, index := range some(tree.N) {
		smaller := index + 1
		root, err := tlog.TreeHash(smaller, hashes)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(tree.N, smaller, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, smaller, root); err != nil {
			return err
		}
	}
	return nil
}

func (r *readers) proofs(ctx context.Context, tree tlog.Tree) error {
	size := uint64(tree.N)
	builder, err := client.NewProofBuilder(ctx, size, r.tessera.ReadTile)
	if err != nil {
		return err
	}
	for _, index := range some(tree.N) {
		at := uint64(index)
		leaf, err := client.FetchLeafHashes(ctx, r.tessera.ReadTile, at, 1, size)
		if err != nil {
			return err
		}
		bundle, err := client.GetEntryBundle(ctx, r.tessera.ReadEntryBundle, at/256, size)
		if err != nil {
			return err
		}
		if !bytes.Equal(leaf[0], rfc6962.DefaultHasher.HashLeaf(bundle.Entries[at%256])) {
			return fmt.Errorf("entry %d is not the one in the tile", at)
		}
		inclusion, err := builder.InclusionProof(ctx, at)
		if err != nil {
			return err
		}
		if err := proof.VerifyInclusion(
			rfc6962.DefaultHasher, at, size, leaf[0], inclusion, tree.Hash[:]); err != nil {
			return err
		}
	}
	return nil
}

func (r *readers) fsck(ctx context.Context, _ tlog.Tree) error {
	return fsck.New(r.log.Name(), r.log, r.tessera, leaves, fsck.Opts{N: 4}).Check(ctx)
}

// leaves is what the command fsck hashes the entries of a tlog-tiles log with.
func leaves(bundle []byte) ([][]byte, error) {
	var entries api.EntryBundle
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	var hashes [][]byte
	for _, entry := range entries.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}
