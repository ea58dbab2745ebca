// Command check checks an entry of an audit log up to the signature, with what the Go project published
// and nothing of the log's own software: check KEY ENTRY PROOF
package main

import (
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	check(err)
	entry, err := os.ReadFile(os.Args[2])
	check(err)
	file, err := os.ReadFile(os.Args[3])
	check(err)
	proof, checkpoint, _ := strings.Cut(string(file), "\n\n")
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	check(err)
	var origin, root string
	var size, index int64
	_, err = fmt.Sscanf(opened.Text, "%s\n%d\n%s\n", &origin, &size, &root)
	check(err)
	if origin != verifier.Name() {
		log.Fatal("a checkpoint of another log: ", origin)
	}
	var hashes tlog.RecordProof
	for _, line := range strings.Split(proof, "\n")[1:] {
		if strings.HasPrefix(line, "extra ") {
			continue
		}
		if strings.HasPrefix(line, "index ") {
			fmt.Sscanf(line, "index %d", &index)
			continue
		}
		hashes = append(hashes, hash(line))
	}
	check(tlog.CheckRecord(hashes, size, hash(root), index, tlog.RecordHash(entry)))
	fmt.Println("entry", index+1, "is among the", size, "that", origin, "sealed")
}

func hash(text string) (h tlog.Hash) {
	raw, err := base64.StdEncoding.DecodeString(text)
	check(err)
	if len(raw) != len(h) {
		log.Fatal("not a hash: ", text)
	}
	copy(h[:], raw)
	return h
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
