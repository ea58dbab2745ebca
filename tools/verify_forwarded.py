#!/usr/bin/env python3
"""Checks what a sink of the type s3 keeps, with nothing but a copy of the bucket and a verifier key of the log.

    aws s3 sync s3://BUCKET/tallystick/SINK DIRECTORY
    verify_forwarded.py DIRECTORY --key VKEY [--unfiltered]

It shares no code with the program that wrote the objects. docs/connect/s3.md says what is in them; records may have the
formats native, ocsf or ecs. It proves that each record is of an entry of the log, and which; where records have the
original bytes of their entry (original: true), also what the entry says. seq shows that none is missing in between.

Findings are printed one a line. Exit code 0: everything holds. 1: there are findings. 2: nothing can be checked.

Needs verify_log.py beside it, and what that needs.
"""

import argparse
import gzip
import json
import os
import re
import sys
import zlib

from verify_log import Checkpoint, Findings, NotACheckpoint, RootBuilder, VerifierKey, canonical_base64, leaf_hash, sha256

MARKER = "audit.forward.marker"
FIRST_LINE = "tallystick/forward-proof/v1"
HASH = re.compile(r"[0-9a-f]{64}")
# Of each format: where records have id, seq, hash and the original bytes, and where markers have how far the sink was.
PLACES = (
    (("id",), ("seq",), ("hash",), ("original",), ("through_seq",)),
    (("metadata", "sequence"), ("unmapped", "tallystick", "seq"), ("raw_data_hash", "value"), ("raw_data",),
     ("unmapped", "tallystick", "marker", "through_seq")),
    (("event", "sequence"), ("tallystick", "seq"), ("event", "hash"), ("event", "original"),
     ("tallystick", "marker", "through_seq")),
)  # fmt: skip


def at(record, place):
    for name in place:
        record = record.get(name) if isinstance(record, dict) else None
    return record


class Records:
    """The entries that the records of an object say they are: of each id its hash."""

    def __init__(self, data, where, archive):
        self.hashes = {}
        try:
            lines = gzip.decompress(data).decode().split("\n")
        except (OSError, EOFError, zlib.error, UnicodeDecodeError):
            archive.findings.add(where, "it is not text that is compressed with gzip")
            return
        for number, line in enumerate(lines, 1):
            if line:
                self.read(line, f"{where}, line {number}", archive)

    def read(self, line, where, archive):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        for id_, seq, hash_, original, through in PLACES:
            if type(at(record, id_)) is int and type(at(record, seq)) is int and HASH.fullmatch(str(at(record, hash_))):
                self.add(at(record, id_), at(record, seq), at(record, hash_), at(record, original), where, archive)
                return
            if MARKER in line and type(at(record, through)) is int:
                archive.through = max(archive.through, at(record, through))
                return
        archive.findings.add(where, "no record of the formats native, ocsf or ecs")

    def add(self, id_, seq, hash_, original, where, archive):
        if original is None:
            archive.without_original += 1
        elif leaf_hash(original.encode()).hex() != hash_:
            archive.findings.add(where, f"entry {id_} has another hash than its original bytes")
        for known, key, value in ((archive.hashes, id_, hash_), (archive.seqs, seq, id_), (self.hashes, id_, hash_)):
            if known.setdefault(key, value) != value:
                archive.findings.add(where, f"entry {id_} with seq {seq} contradicts another record")


class Archive:
    def __init__(self, directory, key, findings):
        self.key = key
        self.findings = findings
        self.hashes, self.seqs, self.proved = {}, {}, set()
        self.through = self.without_original = self.size = 0
        self.objects = {}
        proofs = []
        for folder, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read()
                if f"-{sha256(data).hex()[:32]}." not in name:
                    findings.add(name, "its name has another hash than that of its content")
                if name.endswith(".proof"):
                    proofs.append((name, data))
                else:
                    self.objects[name] = (sha256(data).hex(), Records(data, name, self))
        for name, data in proofs:
            self.read_proof(name, data)

    def read_proof(self, name, data):
        head, _, note = data.partition(b"\n\n")
        lines = head.decode(errors="replace").split("\n")
        hashes, hidden = {}, []
        if lines[0] != FIRST_LINE:
            self.findings.add(name, f"it does not begin with {FIRST_LINE}")
            return
        for line in lines[1:]:
            word, _, rest = line.partition(" ")
            if word == "object":
                object_, _, digest = rest.partition(" ")
                found, records = self.objects.get(object_, ("", None))
                if found != digest:
                    self.findings.add(name, f"{object_} is missing, or not the object that this proves")
                    return
                hashes.update(records.hashes)
            else:
                hidden.append(rest)
        try:
            checkpoint = Checkpoint(note).verify([self.key], self.key.name)
            root = fold(hashes, [canonical_base64(each) for each in hidden], checkpoint.size)
        except (NotACheckpoint, ValueError) as e:
            self.findings.add(name, f"it proves nothing: {e}")
            return
        if root != checkpoint.root:
            self.findings.add(name, "the hashes of its records do not lead to the root of its checkpoint")
            return
        self.proved.update(hashes.items())
        self.size = max(self.size, checkpoint.size)

    def check(self, unfiltered):
        last = max(self.seqs, default=0)
        for seq in range(1, max(last, self.through) + 1):
            if seq not in self.seqs:
                self.findings.add(f"seq {seq}", "no record has it")
        for id_, hash_ in sorted(self.hashes.items()):
            if (id_, hash_) not in self.proved:
                self.findings.add(f"entry {id_}", "no proof covers it; that of the newest entries may be still to come")
        for id_ in range(1, max(self.hashes, default=0) + 1 if unfiltered else 0):
            if id_ not in self.hashes:
                self.findings.add(f"entry {id_}", "the archive does not have it")
        return last


def cover(start, end):
    """Levels of the fewest complete subtrees that are over the leaves from start to before end, from left to right."""
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level
        start += 1 << level


def fold(hashes, hidden, size):
    """The root over the entries with these hashes, each at its place, and the subtrees over all others."""
    rest, root, after = iter(hidden), RootBuilder(), 0
    for id_ in sorted(hashes):
        if not after < id_ <= size:
            raise ValueError(f"entry {id_} is not among the {size} entries under its checkpoint")
        for level in cover(after, id_ - 1):
            root.add(level, next(rest, b""))
        root.add(0, bytes.fromhex(hashes[id_]))
        after = id_
    for level in cover(after, size):
        root.add(level, next(rest, b""))
    if next(rest, None) is not None:
        raise ValueError("it has more hashes than its records leave room for")
    return root.root()


def main():
    parser = argparse.ArgumentParser(
        description="Checks what a sink of the type s3 keeps, with a copy of the bucket and a verifier key of the log.",
        epilog="Exit code 0: everything holds. 1: findings, one a line. 2: nothing can be checked.",
    )
    parser.add_argument("directory", help="copy of all objects of the sink")
    parser.add_argument("--key", metavar="VKEY", required=True, help="verifier key of the log, from outside the bucket")
    parser.add_argument("--unfiltered", action="store_true", help="the sink has no filter: every entry must be there")
    options = parser.parse_args()
    try:
        key = VerifierKey(options.key)
    except ValueError as e:
        parser.error(f"--key: {e}")
    findings = Findings()
    archive = Archive(options.directory, key, findings)
    if not archive.objects:
        print(f"cannot read: {options.directory} has no objects of a sink", file=sys.stderr)
        return 2
    last = archive.check(options.unfiltered)
    for line in findings.lines:
        print(line)
    if archive.without_original:
        print(
            f"{archive.without_original} records are without the original bytes of their entry: of these id and hash are"
            " proved, not what they say",
            file=sys.stderr,
        )
    verdict = "everything holds" if findings.count == 0 else f"{findings.count} findings"
    print(
        f"seq 1 to {last}, {len(archive.hashes)} entries, proved under checkpoints over up to {archive.size}: {verdict}",
        file=sys.stderr,
    )
    return 1 if findings.count else 0


if __name__ == "__main__":
    sys.exit(main())
