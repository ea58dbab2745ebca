import base64
import hashlib
import json
import os
import unittest

from . import support
from tallystick import VerificationFailed
from tallystick.verify import leaf_hash, verify_checkpoint, verify_entry, verify_inclusion, verify_proof

try:
    import cryptography  # noqa: F401

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False


def vectors(name):
    with open(os.path.join(support.VECTORS, name), encoding="utf-8") as file:
        return json.load(file)


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def text(hash_):
    return base64.b64encode(hash_).decode()


class InclusionTest(unittest.TestCase):
    def test_published_vectors(self):
        good = 0
        for vector in vectors("inclusion.json"):
            with self.subTest(vector["name"]):
                leaf, root, *proof = map(base64.b64decode, [vector["leaf"], vector["root"], *vector["proof"]])
                try:
                    verify_inclusion(vector["index"], vector["size"], leaf, proof, root)
                    self.assertTrue(vector["valid"])
                    good += 1
                except VerificationFailed:
                    self.assertFalse(vector["valid"])
        self.assertEqual(good, 5)


@unittest.skipUnless(HAS_CRYPTOGRAPHY, "the package cryptography is missing")
class LogTest(unittest.TestCase):
    def setUp(self):
        self.log = vectors("log.json")
        self.key = self.log["verifier_key"]
        self.entries = [entry["text"].encode() for entry in self.log["entries"]]
        h = [leaf_hash(entry) for entry in self.entries]
        self.note = self.log["checkpoints"][5]["note"]
        # Entry 3 of 5: its sibling, the pair before it, the one after them.
        self.hashes = [h[3], node(h[0], h[1]), h[4]]
        self.proof = self.make_proof(2, self.hashes, self.note)

    @staticmethod
    def make_proof(index, hashes, note):
        lines = ["c2sp.org/tlog-proof@v1", f"index {index}", *map(text, hashes)]
        return "\n".join(lines) + "\n\n" + note

    def test_the_hashes_and_checkpoints_of_the_log(self):
        for entry in self.log["entries"]:
            self.assertEqual(leaf_hash(entry["text"].encode()).hex(), entry["hash"])
        for checkpoint in self.log["checkpoints"]:
            verified = verify_checkpoint(checkpoint["note"], self.key)
            self.assertEqual((verified.size, verified.root.hex()), (checkpoint["size"], checkpoint["root"]))

    def test_an_entry_is_proved_by_its_bytes_or_its_hash(self):
        for entry, hash_ in ((self.entries[2], None), (None, self.log["entries"][2]["hash"])):
            self.assertEqual(verify_entry(3, entry, hash_, self.proof.encode(), self.key).size, 5)
        with_extra = self.proof.replace("\nindex", "\nextra AAAA\nindex")
        self.assertEqual(verify_proof(leaf_hash(self.entries[2]), with_extra, self.key)[0], 3)

    def test_one_more_signature_of_a_stranger_does_not_matter(self):
        stranger = "— other.example " + text(b"\1\2\3\4" + bytes(64)) + "\n"
        self.assertEqual(verify_checkpoint(self.note + stranger, self.key).size, 5)

    def refused(self, entry_id=3, entry=None, proof=None, key=None):
        with self.assertRaises(VerificationFailed) as raised:
            verify_entry(entry_id, entry or self.entries[2], None, (proof or self.proof).encode(), key or self.key)
        return str(raised.exception)

    def test_another_entry_or_id_is_refused(self):
        self.assertIn("does not lead", self.refused(entry=self.entries[2].replace(b"3", b"4", 1)))
        self.assertIn("does not lead", self.refused(entry=self.entries[1]))
        self.assertIn("is for entry 3, not for entry 2", self.refused(entry_id=2))

    def test_a_flipped_bit_in_any_byte_of_the_proof_is_refused(self):
        for i in range(len(self.hashes)):
            for byte in range(32):
                changed = bytearray(self.hashes[i])
                changed[byte] ^= 1
                hashes = self.hashes[:i] + [bytes(changed)] + self.hashes[i + 1 :]
                self.assertIn("does not lead", self.refused(proof=self.make_proof(2, hashes, self.note)))

    def test_a_proof_that_is_longer_shorter_or_for_another_place_is_refused(self):
        for hashes in (self.hashes[:-1], self.hashes + [self.hashes[0]], []):
            self.refused(proof=self.make_proof(2, hashes, self.note))
        for index in (0, 1, 3, 4, 5, 2**64 - 1):
            self.refused(proof=self.make_proof(index, self.hashes, self.note), entry_id=index + 1)

    def test_a_flipped_bit_in_root_size_origin_or_signature_is_refused(self):
        lines = self.note.split("\n")
        root = bytearray(base64.b64decode(lines[2]))
        signature = bytearray(base64.b64decode(lines[4].split(" ")[2]))
        for byte in range(32):
            changed = bytearray(root)
            changed[byte] ^= 1
            note = self.note.replace(lines[2], text(bytes(changed)))
            self.assertIn("signature", self.refused(proof=self.make_proof(2, self.hashes, note)))
        for byte in range(4, 68):
            changed = bytearray(signature)
            changed[byte] ^= 1
            note = self.note.replace(text(bytes(signature)), text(bytes(changed)))
            self.assertIn("signature", self.refused(proof=self.make_proof(2, self.hashes, note)))
        self.refused(proof=self.make_proof(2, self.hashes, self.note.replace("\n5\n", "\n6\n")))
        self.refused(proof=self.make_proof(2, self.hashes, self.note.replace("example/v", "example/w")))

    def test_another_key_is_refused(self):
        name, _, key = self.key.split("+", 2)
        public = base64.b64decode(key)
        other = public[:-1] + bytes([public[-1] ^ 1])
        key_id = hashlib.sha256(name.encode() + b"\n" + other).hexdigest()[:8]
        self.assertIn("none of the keys", self.refused(key=f"{name}+{key_id}+{text(other)}"))
        self.assertEqual(verify_checkpoint(self.note, [f"{name}+{key_id}+{text(other)}", self.key]).size, 5)
        renamed = hashlib.sha256(b"other.example\n" + public).hexdigest()[:8]
        self.assertIn("none of the keys", self.refused(key=f"other.example+{renamed}+{text(public)}"))
        with self.assertRaisesRegex(VerificationFailed, "none of the keys"):
            verify_checkpoint(self.note, [])

    def test_a_malformed_key_is_the_callers_error(self):
        for key in ("", "name", "name+00000000+AAAA", self.key[:-4], self.key.replace("+14b27ac5+", "+14b27ac6+")):
            with self.assertRaises(ValueError):
                verify_checkpoint(self.note, key)

    def test_what_is_no_proof_is_refused(self):
        for proof in (
            "",
            "\n\n",
            "c2sp.org/tlog-proof@v1\n\n" + self.note,
            self.proof.replace("@v1", "@v2"),
            self.proof.replace("index 2", "index +2"),
            self.proof.replace("index 2", "index x"),
            self.proof[:40],
            self.proof.replace("\n— ", "\n- "),
            self.proof.replace("=\n", "\n"),
        ):
            self.refused(proof=proof or "x")
        with self.assertRaises(VerificationFailed):
            verify_entry(3, self.entries[2], None, b"\xff" + self.proof.encode(), self.key)
