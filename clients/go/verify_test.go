package tallystick

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// readVectors reads a file of vectors that the clients of all languages share.
func readVectors(t *testing.T, name string, v any) {
	t.Helper()
	content, err := os.ReadFile("../vectors/" + name)
	if err == nil {
		err = json.Unmarshal(content, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestPublishedInclusionVectors(t *testing.T) {
	var vectors []struct {
		Name        string
		Index, Size uint64
		Leaf, Root  string
		Proof       []string
		Valid       bool
	}
	readVectors(t, "inclusion.json", &vectors)
	good, bad := 0, 0
	for _, v := range vectors {
		var hashes []Hash
		var malformed error
		for _, word := range append([]string{v.Root, v.Leaf}, v.Proof...) {
			hash, err := parseHash(word)
			if err != nil {
				malformed = err
			}
			hashes = append(hashes, hash)
		}
		err := malformed
		if err == nil {
			err = VerifyInclusion(hashes[1], v.Index, v.Size, hashes[2:], hashes[0])
		}
		if (err == nil) != v.Valid {
			t.Errorf("%v: %s", err, v.Name)
		}
		if err == nil {
			good++
		} else {
			bad++
		}
	}
	if good < 5 || bad < 60 {
		t.Fatalf("%d good, %d bad", good, bad)
	}
}

// ourVectors are checkpoints of a log with a fixed key, sizes 0 to 5, and its entries.
type ourVectors struct {
	VerifierKey string `json:"verifier_key"`
	Entries     []struct{ Hash string }
	Checkpoints []struct{ Note string }
}

func vectors(t *testing.T) (ourVectors, VerifierKey, []Hash) {
	t.Helper()
	var v ourVectors
	readVectors(t, "log.json", &v)
	key, err := ParseVerifierKey(v.VerifierKey)
	if err != nil {
		t.Fatal(err)
	}
	var leaves []Hash
	for _, entry := range v.Entries {
		var leaf Hash
		if _, err := hex.Decode(leaf[:], []byte(entry.Hash)); err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	return v, key, leaves
}

// root and pathTo are written from the definitions in RFC 9162, section 2.1, not with our code.
func root(leaves []Hash) Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := split(len(leaves))
	return nodeHash(root(leaves[:k]), root(leaves[k:]))
}

func pathTo(m int, leaves []Hash) []Hash {
	if len(leaves) == 1 {
		return nil
	}
	k := split(len(leaves))
	if m < k {
		return append(pathTo(m, leaves[:k]), root(leaves[k:]))
	}
	return append(pathTo(m-k, leaves[k:]), root(leaves[:k]))
}

func split(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

func proofOf(index int, leaves []Hash, checkpoint string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "c2sp.org/tlog-proof@v1\nindex %d\n", index)
	for _, hash := range pathTo(index, leaves) {
		text.WriteString(base64.StdEncoding.EncodeToString(hash[:]) + "\n")
	}
	return text.String() + "\n" + checkpoint
}

func TestCheckpointsAndProofsOfALogWithAKnownKey(t *testing.T) {
	v, key, leaves := vectors(t)
	for size, signed := range v.Checkpoints {
		note := signed.Note
		checkpoint, err := VerifyCheckpoint(note, key)
		if err != nil || checkpoint.Size != uint64(size) {
			t.Fatalf("size %d: %+v, %v", size, checkpoint, err)
		}
		for index := 0; index < size; index++ {
			proof := proofOf(index, leaves[:size], note)
			if _, err := VerifyProof(proof, int64(index+1), leaves[index], key); err != nil {
				t.Errorf("entry %d of %d: %v", index+1, size, err)
			}
		}
	}
}

// Each bit of a proof counts: of its index, its hashes, the checkpoint and the signature.
func TestAProofWithAnyBitFlippedIsRefused(t *testing.T) {
	v, key, leaves := vectors(t)
	proof := proofOf(2, leaves, v.Checkpoints[5].Note)
	if _, err := VerifyProof(proof, 3, leaves[2], key); err != nil {
		t.Fatal(err)
	}
	for bit := 0; bit < 8*len(proof); bit++ {
		flipped := []byte(proof)
		flipped[bit/8] ^= 1 << (bit % 8)
		if _, err := VerifyProof(string(flipped), 3, leaves[2], key); err == nil {
			t.Errorf("bit %d of byte %d, in %q", bit%8, bit/8, flipped)
		}
	}
}

func TestAProofOfSomethingElseIsRefused(t *testing.T) {
	v, key, leaves := vectors(t)
	proof := proofOf(2, leaves, v.Checkpoints[5].Note)
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	stranger := VerifierKey{"other.example/log", 1, public}
	sameName := stranger
	sameName.name, sameName.id = key.name, key.id
	for name, attempt := range map[string]func() error{
		"another id":           func() error { _, err := VerifyProof(proof, 2, leaves[2], key); return err },
		"another hash":         func() error { _, err := VerifyProof(proof, 3, leaves[1], key); return err },
		"no key":               func() error { _, err := VerifyProof(proof, 3, leaves[2]); return err },
		"a stranger's key":     func() error { _, err := VerifyProof(proof, 3, leaves[2], stranger); return err },
		"a key with that name": func() error { _, err := VerifyProof(proof, 3, leaves[2], sameName); return err },
		"another size": func() error {
			_, err := VerifyProof(proofOf(2, leaves[:4], v.Checkpoints[5].Note), 3, leaves[2], key)
			return err
		},
	} {
		if attempt() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := VerifyProof(proof, 3, leaves[2], stranger, key); err != nil {
		t.Errorf("one key of two: %v", err)
	}
}

func TestVerifierKeysAreCheckedAgainstTheirHash(t *testing.T) {
	v, _, _ := vectors(t)
	for i := range v.VerifierKey {
		changed := []byte(v.VerifierKey)
		changed[i] ^= 1
		if _, err := ParseVerifierKey(string(changed)); err == nil {
			t.Errorf("%q is accepted", changed)
		}
	}
}

func (s *tallyServer) verifierKey(t *testing.T) VerifierKey {
	t.Helper()
	var log struct {
		VerifierKeys []string `json:"verifier_keys"`
	}
	if err := json.Unmarshal(s.get(t, "/api/audit/log"), &log); err != nil {
		t.Fatal(err)
	}
	key, err := ParseVerifierKey(log.VerifierKeys[0])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestAReceiptIsVerifiedWithAServer(t *testing.T) {
	server := theServer(t)
	key := server.verifierKey(t)
	c := server.client(t, Options{Mode: Sync})
	for i := 0; i < 5; i++ {
		receipt := mustAppend(t, c, Event{Type: "test.verified"})
		checkpoint, err := c.VerifyReceipt(context.Background(), receipt, key)
		if err != nil || checkpoint.Size < uint64(receipt.ID) {
			t.Fatalf("%+v, %v", checkpoint, err)
		}
		if _, err := c.VerifyReceipt(context.Background(), Receipt{ID: receipt.ID}, key); err != nil {
			t.Fatalf("by id: %v", err)
		}
		other := receipt
		other.Hash = strings.Repeat("0", 64)
		if _, err := c.VerifyReceipt(context.Background(), other, key); err == nil {
			t.Fatal("another hash is accepted")
		}
	}
	_, stranger, _ := vectors(t)
	if _, err := c.VerifyReceipt(context.Background(), Receipt{ID: 1}, stranger); err == nil {
		t.Fatal("another log's key is accepted")
	}
	if _, err := c.VerifyReceipt(context.Background(), Receipt{ID: 1 << 40}, key); err == nil {
		t.Fatal("an entry that is not there is accepted")
	}
}

// A server that answers for one entry with another, which is in the log.
func TestTheEntryOfAnotherIDIsRefused(t *testing.T) {
	server := theServer(t)
	key := server.verifierKey(t)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.Replace(r.URL.Path, "/entries/2", "/entries/1", 1)
		request, _ := http.NewRequest(r.Method, server.url+path, nil)
		request.Header = r.Header
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			w.WriteHeader(502)
			return
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		bufio.NewReader(response.Body).WriteTo(w)
	}))
	defer proxy.Close()
	mustAppend(t, server.client(t, Options{Mode: Sync}), Event{Type: "test.other_id"})
	c := server.client(t, Options{URL: proxy.URL, Mode: Sync})
	if _, err := c.VerifyReceipt(context.Background(), Receipt{ID: 1}, key); err != nil {
		t.Fatal(err)
	}
	if _, err := c.VerifyReceipt(context.Background(), Receipt{ID: 2}, key); err == nil {
		t.Fatal("entry 1 is accepted for entry 2")
	}
}
