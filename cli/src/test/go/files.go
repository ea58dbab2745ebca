package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	rekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/rekor-tiles/v2/pkg/verify"
	f_note "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkFiles checks all files of a folder; witnesses are the verifier keys of those who signed each
// checkpoint there, proofs' included.
func checkFiles(dir string, log note.Verifier, witnesses []string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	checked := 0
	for _, file := range files {
		path := filepath.Join(dir, file.Name())
		name, kind, _ := strings.Cut(file.Name(), ".")
		switch {
		case kind == "note":
			err = checkNote(path, log, witnesses)
		case kind == "tlog-proof":
			err = checkProof(path, filepath.Join(dir, name+".json"), log)
		case kind == "json" && strings.Contains(name, "-"):
			err = checkConsistency(dir, name, log)
		default:
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
		checked++
	}
	fmt.Println(checked, "files verified")
	return nil
}

func checkNote(path string, log note.Verifier, witnesses []string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, _, err := torchwood.VerifyCheckpoint(raw, policy(log)); err != nil {
		return fmt.Errorf("torchwood: %w", err)
	}
	var others []note.Verifier
	for _, key := range witnesses {
		rekors, err := f_note.NewVerifierForCosignatureV1(key)
		if err != nil {
			return err
		}
		others = append(others, rekors)
		torchwoods, err := torchwood.NewCosignatureVerifier(key)
		if err != nil {
			return err
		}
		both := torchwood.ThresholdPolicy(2, policy(log), torchwood.SingleVerifierPolicy(torchwoods))
		if _, _, err := torchwood.VerifyCheckpoint(raw, both); err != nil {
			return fmt.Errorf("torchwood: %w", err)
		}
	}
	_, opened, err := verify.VerifyWitnessedCheckpoint(string(raw), log, others...)
	if err != nil {
		return fmt.Errorf("rekor: %w", err)
	}
	if len(opened.Sigs) != 1+len(others) {
		return fmt.Errorf("rekor: %d good signatures", len(opened.Sigs))
	}
	return nil
}

func checkProof(path, entryPath string, log note.Verifier) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(entryPath)
	if err != nil {
		return err
	}
	if err := torchwood.VerifyProof(policy(log), tlog.RecordHash(entry), raw); err != nil {
		return fmt.Errorf("torchwood: %w", err)
	}
	asRekor, err := rekorEntry(string(raw), entry)
	if err != nil {
		return err
	}
	if err := verify.VerifyLogEntry(asRekor, log); err != nil {
		return fmt.Errorf("rekor: %w", err)
	}
	entry[len(entry)/2] ^= 1
	if torchwood.VerifyProof(policy(log), tlog.RecordHash(entry), raw) == nil ||
		verify.VerifyLogEntry(asRekor, log) == nil {
		return errors.New("another entry is taken too")
	}
	return nil
}

// rekorEntry is a proof file in the form in which Rekor hands out proofs.
func rekorEntry(file string, entry []byte) (*rekor.TransparencyLogEntry, error) {
	head, checkpoint, _ := strings.Cut(file, "\n\n")
	lines := strings.Split(head, "\n")[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return nil, err
	}
	inclusion := &rekor.InclusionProof{Checkpoint: &rekor.Checkpoint{Envelope: checkpoint}}
	for _, line := range lines[1:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return nil, err
		}
		inclusion.Hashes = append(inclusion.Hashes, hash)
	}
	return &rekor.TransparencyLogEntry{
		LogIndex: index, CanonicalizedBody: entry, InclusionProof: inclusion}, nil
}

func checkConsistency(dir, name string, log note.Verifier) error {
	raw, err := os.ReadFile(filepath.Join(dir, name+".json"))
	if err != nil {
		return err
	}
	var answer struct{ Hashes [][]byte }
	if err := json.Unmarshal(raw, &answer); err != nil {
		return err
	}
	from, to, _ := strings.Cut(name, "-")
	older, err := os.ReadFile(filepath.Join(dir, from+".note"))
	if err != nil {
		return err
	}
	newer, err := os.ReadFile(filepath.Join(dir, to+".note"))
	if err != nil {
		return err
	}
	return verify.VerifyConsistencyProofWithCheckpoints(
		answer.Hashes, string(older), string(newer), log)
}
