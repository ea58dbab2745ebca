package tallystick

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Hash is a SHA-256 hash: of a leaf or a node of the log's tree.
type Hash [sha256.Size]byte

// LeafHash returns the hash of an entry's exact bytes (RFC 9162, section 2.1.1).
func LeafHash(entry []byte) Hash {
	return sha256.Sum256(append([]byte{0}, entry...))
}

func nodeHash(left, right Hash) Hash {
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// VerifierKey is a public key that signs checkpoints, and its name (C2SP signed-note). "tally key"
// prints that of a log.
type VerifierKey struct {
	name   string
	id     uint32
	public ed25519.PublicKey
}

const algorithmEd25519 = 1

// ParseVerifierKey reads name+hash+base64. Only Ed25519 keys are supported.
func ParseVerifierKey(text string) (VerifierKey, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return VerifierKey{}, fmt.Errorf("a verifier key is name+hash+base64, but this is %q", text)
	}
	encoded, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(encoded) != 1+ed25519.PublicKeySize || encoded[0] != algorithmEd25519 {
		return VerifierKey{}, fmt.Errorf("the verifier key of %q is not an Ed25519 key", parts[0])
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), encoded...))
	if hex.EncodeToString(digest[:4]) != parts[1] {
		return VerifierKey{}, fmt.Errorf("the verifier key of %q should have the hash %x, but has %q",
			parts[0], digest[:4], parts[1])
	}
	return VerifierKey{parts[0], binary.BigEndian.Uint32(digest[:4]), encoded[1:]}, nil
}

// Checkpoint is what a log says about all of its entries at one time.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   Hash
}

// VerifyCheckpoint checks the signature of a checkpoint (C2SP tlog-checkpoint), which must be made
// with one of the keys, and returns what it says.
func VerifyCheckpoint(note string, keys ...VerifierKey) (Checkpoint, error) {
	split := strings.LastIndex(note, "\n\n")
	if split < 0 || !strings.HasSuffix(note, "\n") {
		return Checkpoint{}, errors.New("the checkpoint is not a signed note")
	}
	text, signatures := note[:split+1], strings.TrimSuffix(note[split+2:], "\n")
	signer, err := signedBy(text, strings.Split(signatures, "\n"), keys)
	if err != nil {
		return Checkpoint{}, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] != signer.name {
		return Checkpoint{}, fmt.Errorf("the checkpoint is not one of the log %q", signer.name)
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return Checkpoint{}, errors.New("the checkpoint has no size")
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, err
	}
	return Checkpoint{lines[0], size, root}, nil
}

// signedBy returns the key that signed. Signatures of unknown keys do not count.
func signedBy(text string, lines []string, keys []VerifierKey) (VerifierKey, error) {
	for _, line := range lines {
		name, encoded, found := strings.Cut(strings.TrimPrefix(line, "— "), " ")
		signature, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !strings.HasPrefix(line, "— ") || !found || err != nil || len(signature) < 5 {
			return VerifierKey{}, errors.New("the checkpoint has a malformed signature")
		}
		for _, key := range keys {
			if key.name != name || key.id != binary.BigEndian.Uint32(signature) {
				continue
			}
			if !ed25519.Verify(key.public, []byte(text), signature[4:]) {
				return VerifierKey{}, fmt.Errorf("the signature of %q is wrong", name)
			}
			return key, nil
		}
	}
	return VerifierKey{}, errors.New("the checkpoint is not signed with a key that is pinned")
}

// VerifyInclusion checks that a leaf is in the tree of a size and a root (RFC 9162, section
// 2.1.3.2). Leaves count from 0.
func VerifyInclusion(leaf Hash, index, size uint64, path []Hash, root Hash) error {
	if index >= size {
		return fmt.Errorf("leaf %d is not in a tree of %d leaves", index, size)
	}
	node, last, hash := index, size-1, leaf
	for _, sibling := range path {
		if last == 0 {
			return errors.New("the inclusion proof is too long")
		}
		if node&1 == 1 || node == last {
			hash = nodeHash(sibling, hash)
			for node&1 == 0 && node != 0 {
				node, last = node>>1, last>>1
			}
		} else {
			hash = nodeHash(hash, sibling)
		}
		node, last = node>>1, last>>1
	}
	if last != 0 || hash != root {
		return errors.New("the inclusion proof does not lead to the root of the checkpoint")
	}
	return nil
}

// VerifyProof checks a C2SP tlog-proof offline: that the entry with this id and hash is in the log
// that the checkpoint in the proof describes, and that one of the keys has signed it.
func VerifyProof(proof string, id int64, leaf Hash, keys ...VerifierKey) (Checkpoint, error) {
	head, note, found := strings.Cut(proof, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		return Checkpoint{}, errors.New("this is not a tlog-proof")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || id < 1 || lines[0] != fmt.Sprintf("index %d", id-1) {
		return Checkpoint{}, fmt.Errorf("the proof is not one of entry %d", id)
	}
	var path []Hash
	for _, line := range lines[1:] {
		hash, err := parseHash(line)
		if err != nil {
			return Checkpoint{}, err
		}
		path = append(path, hash)
	}
	checkpoint, err := VerifyCheckpoint(note, keys...)
	if err == nil {
		err = VerifyInclusion(leaf, uint64(id-1), checkpoint.Size, path, checkpoint.Root)
	}
	if err != nil {
		return Checkpoint{}, err
	}
	return checkpoint, nil
}

func parseHash(text string) (Hash, error) {
	var hash Hash
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(decoded) != len(hash) || strings.ContainsAny(text, "\r\n") {
		return hash, fmt.Errorf("%q is not a hash in base64", text)
	}
	copy(hash[:], decoded)
	return hash, nil
}

// VerifyReceipt asks the server for a proof that the receipt's entry is in the log, and checks it
// against keys that you have from elsewhere. Of the receipt it needs the ID; without a Hash, it
// fetches the entry. The API key needs the permission admin.audit.
func (c *Client) VerifyReceipt(ctx context.Context, receipt Receipt, keys ...VerifierKey) (Checkpoint, error) {
	checkpoint, err := c.verifyReceipt(ctx, receipt, keys)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("tallystick: entry %d is not proven: %w", receipt.ID, err)
	}
	return checkpoint, nil
}

func (c *Client) verifyReceipt(ctx context.Context, receipt Receipt, keys []VerifierKey) (Checkpoint, error) {
	path := fmt.Sprintf("/api/audit/entries/%d", receipt.ID)
	var leaf Hash
	if receipt.Hash == "" {
		entry, err := c.fetch(ctx, path, "application/octet-stream")
		if err != nil {
			return Checkpoint{}, err
		}
		if !bytes.HasPrefix(entry, []byte(fmt.Sprintf(`{"id":%d,`, receipt.ID))) {
			return Checkpoint{}, errors.New("the server sent another entry")
		}
		leaf = LeafHash(entry)
	} else if n, err := hex.Decode(leaf[:], []byte(receipt.Hash)); err != nil || n != len(leaf) {
		return Checkpoint{}, fmt.Errorf("the hash of the receipt must have 64 hexadecimal digits, but was %q", receipt.Hash)
	}
	proof, err := c.fetch(ctx, path+"/proof", "*/*")
	if err != nil {
		return Checkpoint{}, err
	}
	return VerifyProof(string(proof), receipt.ID, leaf, keys...)
}

func (c *Client) fetch(ctx context.Context, path, accept string) ([]byte, error) {
	answer, err := c.transport.get(ctx, path, accept)
	if err != nil {
		return nil, err
	}
	if answer.status != http.StatusOK {
		return nil, errors.New(answer.describe())
	}
	return answer.body, nil
}
