"""Checks that an entry is in the log: RFC 9162 inclusion proofs under a checkpoint that the log signed.

Nothing here trusts the server. Ed25519 comes from the package ``cryptography`` (``pip install tallystick[verify]``).
"""

import base64
import binascii
import hashlib
from typing import List, NamedTuple, Optional, Sequence, Tuple, Union

from .errors import VerificationFailed

ED25519 = 1


class Checkpoint(NamedTuple):
    """What the log has signed: its first ``size`` entries have this ``root``."""

    origin: str
    size: int
    root: bytes


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def verify_inclusion(index: int, size: int, leaf: bytes, hashes: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2."""
    if len(leaf) != 32:
        raise VerificationFailed(f"the hash of an entry has 32 bytes, but this one has {len(leaf)}")
    if not 0 <= index < size:
        raise VerificationFailed(f"entry {index + 1} can't be in a tree of {size} entries")
    fn, sn, node = index, size - 1, leaf
    for sibling in hashes:
        if sn == 0 or len(sibling) != 32:
            raise VerificationFailed("the proof has too many hashes, or one that is not 32 bytes long")
        if fn & 1 or fn == sn:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or node != root:
        raise VerificationFailed("the proof does not lead from the entry to the root that the log signed")


def verify_checkpoint(note: str, verifier_keys: Union[str, Sequence[str]]) -> Checkpoint:
    """A checkpoint (C2SP tlog-checkpoint) that one of these keys (C2SP vkey) has signed."""
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    lines = text.split("\n")
    if not separator or len(lines) != 4 or not lines[1].isascii() or not lines[1].isdigit():
        raise VerificationFailed("this is not a checkpoint: origin, size and root, then signatures")
    checkpoint = Checkpoint(lines[0], int(lines[1]), _base64(lines[2]))
    keys = [_verifier_key(key) for key in ([verifier_keys] if isinstance(verifier_keys, str) else verifier_keys)]
    verified = False
    for line in signatures.splitlines():
        words = line.split(" ")
        if len(words) != 3 or words[0] != "—":
            raise VerificationFailed("this is not a signed note: a signature line is malformed")
        signature = _base64(words[2])
        for name, key_id, public_key in keys:
            if words[1] == name == checkpoint.origin and signature[:4] == key_id:
                _verify_ed25519(public_key, signature[4:], text.encode())
                verified = True
    if not verified:
        raise VerificationFailed(f'none of the keys that you gave has signed the checkpoint of "{checkpoint.origin}"')
    return checkpoint


def verify_proof(leaf: bytes, proof: str, verifier_keys: Union[str, Sequence[str]]) -> Tuple[int, Checkpoint]:
    """A tlog-proof (C2SP) for an entry with this hash: the entry's id and the checkpoint that covers it."""
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    if len(lines) > 1 and lines[1].startswith("extra "):
        del lines[1]
    if lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 2 or not lines[1].startswith("index "):
        raise VerificationFailed("this is not a tlog-proof")
    number = lines[1][len("index ") :]
    if not number.isascii() or not number.isdigit():
        raise VerificationFailed("this is not a tlog-proof: its index is not a number")
    checkpoint = verify_checkpoint(note, verifier_keys)
    hashes: List[bytes] = [_base64(line) for line in lines[2:]]
    verify_inclusion(int(number), checkpoint.size, leaf, hashes, checkpoint.root)
    return int(number) + 1, checkpoint


def verify_entry(
    entry_id: int,
    entry: Optional[bytes],
    entry_hash: Optional[str],
    proof: bytes,
    verifier_keys: Union[str, Sequence[str]],
) -> Checkpoint:
    """The entry of this id, given by its exact bytes or by the hash in its receipt, is under a signed checkpoint."""
    try:
        leaf = leaf_hash(entry) if entry is not None else bytes.fromhex(entry_hash or "")
        proved_id, checkpoint = verify_proof(leaf, proof.decode("utf-8"), verifier_keys)
    except UnicodeDecodeError:
        raise VerificationFailed("the proof is not UTF-8") from None
    if proved_id != entry_id:
        raise VerificationFailed(f"the proof is for entry {proved_id}, not for entry {entry_id}")
    return checkpoint


def _verifier_key(text: str) -> Tuple[str, bytes, bytes]:
    """Name, key id and public key."""
    parts = text.strip().split("+", 2)
    try:
        name, key_id, key = parts[0], bytes.fromhex(parts[1]), base64.b64decode(parts[2], validate=True)
    except (IndexError, ValueError):
        raise ValueError(f'a verifier key is name+id+base64, as "tally key" prints it, but was {text!r}') from None
    if hashlib.sha256(name.encode() + b"\n" + key).digest()[:4] != key_id:
        raise ValueError(f"the id of the verifier key {text!r} is not that of its name and key")
    if key[:1] != bytes([ED25519]) or len(key) != 33:
        raise ValueError(f"the verifier key {text!r} is not of type Ed25519 (0x01), which vouches for a log")
    return name, key_id, key[1:]


def _verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> None:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise ImportError("to verify signatures, install the extra: pip install tallystick[verify]") from None
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        raise VerificationFailed("the signature of the checkpoint does not verify") from None


def _base64(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        decoded = None
    if decoded is None or base64.b64encode(decoded).decode() != text:
        raise VerificationFailed(f"this is not canonical base64: {text[:100]!r}")
    return decoded
