#!/usr/bin/env python3
"""Checks a Tallystick log, or an archive of one, without Tallystick.

    verify_log.py DATA_DIRECTORY [--since ID] [--key VKEY] [--checkpoint FILE]
    verify_log.py --archive FILE [--key VKEY]

It shares no code with the program whose logs it checks. Everything it knows is in docs/format.md; "Section" in a
comment names a section of that page. It only reads, and it may run while the log is being written.

Findings are printed one a line: "entry 17: ...", "block 20260501-10F.cq4@132236: ...", "checkpoint 300: ...",
"tile 0/001: ...", and "segment", "log.json", "horizon.json" or "archive" in the same way.

Exit code 0: everything holds. 1: there are findings. 2: there is no log here, or it cannot be read.

Needs Python 3.9 or newer and the package "cryptography". With the package "google-crc32c" it is faster.
"""

import argparse
import base64
import bisect
import calendar
import functools
import hashlib
import ipaddress
import itertools
import json
import os
import re
import struct
import sys
import zipfile
import zlib

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.x509.oid import ExtendedKeyUsageOID
except ImportError:
    print(
        'verify_log.py needs the Python package "cryptography" to check signatures; install it with\n'
        "    python3 -m pip install cryptography",
        file=sys.stderr,
    )
    sys.exit(2)
try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
except ImportError:
    MLDSA44PublicKey = None

HASH_BYTES = 32
TILE_WIDTH = 256
TILE_BYTES = TILE_WIDTH * HASH_BYTES
MAX_ENTRY_BYTES = 65_535
MAX_NUMBER = 2**63 - 1
MAX_FINDINGS = 10_000


class CannotRead(Exception):
    """What is there is not a log, or an archive, that this program can read."""


class Findings:
    """What is wrong, in the order in which it was found."""

    def __init__(self):
        self.lines = []
        self.count = 0
        self.entries = set()

    def add(self, where, what):
        self.count += 1
        if self.count <= MAX_FINDINGS:
            self.lines.append(f"{where}: {what}")

    def entry(self, number, what):
        self.entries.add(number)
        self.add(f"entry {number}", what)


def note(text):
    """Tells the auditor about something that is no fault of the log."""
    print(f"note: {text}", file=sys.stderr)


# --- Checksums and hashes ---------------------------------------------------------------------------------------------


CRC32C_POLYNOMIAL = 0x1EDC6F41
SHORT_BYTES = 2048


def crc32c_tables():
    """For a step of four bytes: what the later two do to the state, and what the earlier two do."""
    by_byte = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (0x82F63B78 if i & 1 else 0)
        by_byte.append(i)
    late = []
    for state in range(1 << 16):
        for _ in range(2):
            state = by_byte[state & 0xFF] ^ (state >> 8)
        late.append(state)
    early = [late[i & 0xFFFF] ^ (i >> 16) for i in late]
    return by_byte, late, early


def power_of_x(exponent):
    """x^exponent modulo the polynomial of CRC32C; bit i is the coefficient of x^i."""
    power = 1
    for digit in bin(exponent)[2:]:
        # Squaring puts a zero before every coefficient, for (a + b)^2 is a^2 + b^2 here.
        power = int(bin(power)[2:].replace("0", "00").replace("1", "01"), 2) << (digit == "1")
        for bit in range(power.bit_length() - 1, 31, -1):
            if power >> bit & 1:
                power ^= ((1 << 32) | CRC32C_POLYNOMIAL) << (bit - 32)
    return power


def shorten(data):
    """Shorter bytes with the same remainder: the first half, as a factor of a power of x, is added to the second.

    Python is slow byte by byte and quick with numbers of millions of bits. Little-endian, bit 0 of the number is the
    coefficient of the highest power of x.
    """
    number, bits = int.from_bytes(data, "little"), 8 * len(data)
    while bits > 8 * SHORT_BYTES:
        first = (bits - 64) // 128 * 64
        rest = bits - first
        head = number & ((1 << first) - 1)
        number >>= first
        factor = power_of_x(rest)
        for power in range(32):
            if factor >> power & 1:
                number ^= head << (rest - first - power)
        bits = rest
    return number.to_bytes(bits // 8, "little")


def make_crc32c():
    """A function that gives the CRC32C of some bytes."""
    try:
        from google_crc32c import value

        return lambda data: value(bytes(data))
    except ImportError:
        pass
    by_byte, late, early = crc32c_tables()

    def crc32c(data):
        state = 0xFFFFFFFF
        if len(data) > SHORT_BYTES:
            # The state at the beginning is the same as other first four bytes.
            data = shorten((int.from_bytes(data[:4], "little") ^ state).to_bytes(4, "little") + data[4:])
            state = 0
        whole = len(data) & ~3
        for word in struct.unpack(f"<{whole >> 2}I", data[:whole]):
            state ^= word
            state = early[state & 0xFFFF] ^ late[state >> 16]
        for byte in data[whole:]:
            state = by_byte[(state ^ byte) & 0xFF] ^ (state >> 8)
        return state ^ 0xFFFFFFFF

    return crc32c


crc32c = make_crc32c()


def sha256(data):
    return hashlib.sha256(data).digest()


def sha1(data):
    return hashlib.sha1(data).digest()


def leaf_hash(entry):
    """Section "Entry hash"."""
    return sha256(b"\0" + entry)


def node_hash(left, right):
    """Section "Tree"."""
    return sha256(b"\1" + left + right)


def genesis(origin):
    """Section "Chain"."""
    return sha256(f"tallystick/genesis/v1\n{origin}\n".encode())


def fold_tile(tile):
    """The root of the 256 hashes of a full tile."""
    row = [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


class RootBuilder:
    """Puts subtrees side by side, from left to right, and gives the root of them all (RFC 9162 section 2.1.1)."""

    def __init__(self):
        self.stack = []

    def add(self, height, subtree):
        while self.stack and self.stack[-1][0] == height:
            subtree = node_hash(self.stack.pop()[1], subtree)
            height += 1
        self.stack.append((height, subtree))

    def root(self):
        if not self.stack:
            return sha256(b"")
        root = self.stack[-1][1]
        for _, left in reversed(self.stack[:-1]):
            root = node_hash(left, root)
        return root


# --- Section "Entry" --------------------------------------------------------------------------------------------------

HEAD = re.compile(
    rb'\{"id":([1-9][0-9]{0,18}),"previous_hash":"([0-9a-f]{64})"'
    rb',"timestamp":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z)"'
)
STRING = rb'"[^"\\\x00-\x1f]*(?:\\(?:["\\btnfr]|u00(?:0[1-7bef]|1[0-9a-f]))[^"\\\x00-\x1f]*)*"'
DECIMAL = rb"0|[1-9][0-9]{0,18}"
TYPE_WORD = rb"[A-Za-z0-9_:/-]+"
COMMITMENT = STRING + rb':"[A-Za-z0-9_-]{43}"'
NAMES = rb'\["[a-z_]+"(?:,"[a-z_]+")*\]'
# Every field after the timestamp in its order, with the form of its value and, for a string, its most bytes.
FIELDS = (
    ("event_type", b'"' + TYPE_WORD + rb"(?:\." + TYPE_WORD + b')*"', 128),
    ("outcome", b'"(?:success|failure|unknown)"', None),
    ("severity", b'"(?:informational|low|medium|high|critical|fatal)"', None),
    ("tenant", STRING, 128),
    ("actor_type", STRING, 64),
    ("actor_id", DECIMAL + b"|" + STRING, 256),
    ("actor_username", STRING, 256),
    ("actor_ip", STRING, 64),
    ("user_agent", STRING, 512),
    ("actor_host", STRING, 256),
    ("session_id", STRING, 128),
    ("target_type", STRING, 64),
    ("target_id", STRING, 256),
    ("action", STRING, 256),
    ("target_name", STRING, 256),
    ("occurred_at", STRING, 64),
    ("event_id", STRING, 128),
    ("request_id", STRING, 128),
    ("trace_id", b'"[0-9a-f]{32}"', None),
    ("source", STRING, 64),
    ("source_seq", rb"[1-9][0-9]{0,18}", None),
    ("altered", NAMES, None),
    ("details", rb"\{.*?\}", None),
    ("personal", rb"\{" + COMMITMENT + b"(?:," + COMMITMENT + rb")*\}", None),
)
MAX_STRING_BYTES = {name: most for name, _, most in FIELDS if most}
MAY_BE_ALTERED = [name for name, _, _ in FIELDS if name not in ("source", "altered", "personal")]
MAY_BE_PERSONAL = (
    "actor_id",
    "actor_username",
    "actor_ip",
    "user_agent",
    "actor_host",
    "session_id",
    "target_id",
    "action",
    "target_name",
    "details",
)
MAX_PERSONAL = 256


def member(name, pattern):
    field = b',"' + name.encode() + b'":(?P<' + name.encode() + b">" + pattern + b")"
    return field if name == "event_type" else b"(?:" + field + b")?"


BODY = re.compile(b"".join(member(name, pattern) for name, pattern, _ in FIELDS) + rb"\}", re.DOTALL)
INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-]([0-9]{2}):([0-9]{2}))"
)
MAX_DETAILS_BYTES = 49_152
MAX_DETAILS_DEPTH = 32


class NotAnEntry(Exception):
    """Bytes that no writer of this format would have written."""


def is_instant(text):
    """Whether this is a time of RFC 3339 that exists: no month 13, no 30 February, no second 60."""
    match = INSTANT.fullmatch(text)
    if not match:
        return False
    year, month, day, hour, minute, second, zone_hour, zone_minute = (int(group or 0) for group in match.groups())
    if not 1 <= month <= 12:
        return False
    days = 29 if month == 2 and calendar.isleap(year) else calendar.mdays[month]
    return 1 <= day <= days and max(hour, zone_hour) < 24 and max(minute, second, zone_minute) < 60


@functools.lru_cache(maxsize=4)
def is_second(text):
    return is_instant(text + "Z")


def is_canonical_address(text):
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 6 and address.ipv4_mapped:
        return text == f"::ffff:{address.ipv4_mapped}"
    return text == str(address) and "%" not in text


class Number(str):
    """A number of JSON by its text, for the text is what is kept."""


def refuse_constant(name):
    raise NotAnEntry(f"details holds {name}, which is not JSON")


def unique_keys(pairs):
    object_ = dict(pairs)
    if len(object_) != len(pairs):
        raise NotAnEntry("details has a key twice in one object")
    return object_


JSON = json.JSONDecoder(
    object_pairs_hook=unique_keys, parse_int=Number, parse_float=Number, parse_constant=refuse_constant
)


quote_json = json.JSONEncoder(ensure_ascii=False).encode


def canonical_json(value, depth):
    """The one spelling of a value (section "Details")."""
    if isinstance(value, Number):
        if float(value) in (float("inf"), float("-inf")):
            raise NotAnEntry(f"details holds the number {value[:40]}, beyond the range of a double")
        return value
    if isinstance(value, str):
        if "\0" in value:
            raise NotAnEntry("details holds the character U+0000")
        return quote_json(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if depth == 0:
        raise NotAnEntry(f"details nests deeper than {MAX_DETAILS_DEPTH} levels")
    if isinstance(value, list):
        return "[" + ",".join(canonical_json(each, depth - 1) for each in value) + "]"
    members = (canonical_json(key, 0) + ":" + canonical_json(each, depth - 1) for key, each in value.items())
    return "{" + ",".join(members) + "}"


def check_details(details):
    if len(details) > MAX_DETAILS_BYTES:
        raise NotAnEntry(f"details has {len(details)} bytes, more than {MAX_DETAILS_BYTES}")
    try:
        canonical = canonical_json(JSON.decode(details.decode()), MAX_DETAILS_DEPTH).encode()
    except (ValueError, RecursionError) as e:
        raise NotAnEntry(f"details is not a JSON object: {e}") from None
    if canonical != details:
        raise NotAnEntry("details is not in canonical form")


def check_string(name, quoted):
    text = json.loads(quoted) if b"\\" in quoted else quoted[1:-1].decode()
    size = len(text.encode())
    if size > MAX_STRING_BYTES[name]:
        raise NotAnEntry(f"{name} has {size} bytes, more than {MAX_STRING_BYTES[name]}")
    if name == "event_id" and not text:
        raise NotAnEntry("event_id is empty")
    if name == "actor_ip" and not is_canonical_address(text):
        raise NotAnEntry(f"actor_ip is {text!r}, not an address in canonical form")
    if name == "occurred_at" and not is_instant(text):
        raise NotAnEntry(f"occurred_at is {text!r}, not a time of RFC 3339")


def check_altered(names):
    unknown = [name for name in names if name not in MAY_BE_ALTERED]
    if unknown:
        raise NotAnEntry(f"altered names {unknown[0]}, which is no field of an event")
    places = [MAY_BE_ALTERED.index(name) for name in names]
    if places != sorted(set(places)):
        raise NotAnEntry("altered does not name fields once each, in their order")


def places(details, path):
    """The values that a path of keys, joined by dots, leads to."""
    found = []
    for key, value in details.items():
        if path == key:
            found.append(value)
        elif path.startswith(key + ".") and isinstance(value, dict):
            found += places(value, path[len(key) + 1 :])
    return found


def check_personal(body):
    """The names and commitments of an entry's personal values (section "Personal values")."""
    pairs = json.loads(body["personal"], object_pairs_hook=lambda pairs: pairs)
    names = [name for name, _ in pairs]
    if len(names) > MAX_PERSONAL or names != sorted(set(names), key=str.encode):
        raise NotAnEntry("personal does not name values once each, in the order of their bytes")
    if ("{" + ",".join(f'{quote_json(name)}:"{text}"' for name, text in pairs) + "}").encode() != body["personal"]:
        raise NotAnEntry("personal is not in canonical form")
    details = JSON.decode(body["details"].decode()) if body["details"] else None
    for name in names:
        field, dot, path = name.partition(".")
        if "\0" in name or field not in MAY_BE_PERSONAL or (dot and (field != "details" or not path)):
            raise NotAnEntry(f"personal names {name[:60]!r}, which can't be personal")
        if not dot and body[field] is not None:
            raise NotAnEntry(f"{name} is personal, and the entry has it")
        if dot and (details is None or places(details, path) != [None]):
            raise NotAnEntry(f"{name[:60]!r} is personal, and details do not have null in its place")
    commitments = [base64.urlsafe_b64decode(text + "=") for _, text in pairs]
    if any(base64.urlsafe_b64encode(each).decode() != text + "=" for each, (_, text) in zip(commitments, pairs)):
        raise NotAnEntry("personal has a commitment with bits to spare")
    return list(zip(names, commitments))


def parse_head(entry):
    """Id, previous hash and timestamp: what the chain is checked with."""
    head = HEAD.match(entry)
    if not head:
        raise NotAnEntry("it does not begin with id, previous_hash and timestamp in canonical form")
    number, previous, time = int(head[1]), bytes.fromhex(head[2].decode()), head[3].decode()
    if number > MAX_NUMBER:
        raise NotAnEntry(f"its id {number} is greater than 2^63-1")
    if not is_second(time[:19]):
        raise NotAnEntry(f"its timestamp {time} does not exist")
    return number, previous, time, head.end()


def check_body(entry, start):
    """Everything after the timestamp. Gives its type, and its personal values' names and commitments."""
    if len(entry) > MAX_ENTRY_BYTES:
        raise NotAnEntry(f"it has {len(entry)} bytes, more than {MAX_ENTRY_BYTES}")
    try:
        entry.decode()
    except UnicodeDecodeError as e:
        raise NotAnEntry(f"byte {e.start} is not valid UTF-8") from None
    body = BODY.fullmatch(entry, start)
    if not body:
        raise NotAnEntry("its fields are not in canonical form, or not in their order")
    for name in ("actor_id", "source_seq"):
        value = body[name]
        if value and not value.startswith(b'"') and int(value) > MAX_NUMBER:
            raise NotAnEntry(f"{name} is greater than 2^63-1")
    for name in MAX_STRING_BYTES:
        if body[name] is not None and body[name].startswith(b'"'):
            check_string(name, body[name])
    if body["altered"] is not None:
        check_altered(json.loads(body["altered"]))
    if body["details"] is not None:
        check_details(body["details"])
    personal = check_personal(body) if body["personal"] is not None else []
    return body["event_type"][1:-1].decode(), personal


# --- Section "Erasing" ------------------------------------------------------------------------------------------------

ERASURE = "audit.personal.erased"
ERASURE_MARK = b',"event_type":"' + ERASURE.encode() + b'"'
SALT_BYTES = 16


class Erasure:
    """Which personal values are erased, as an entry says."""

    def __init__(self, number, details):
        self.number = number
        self.ranges = [(int(first), int(last)) for first, last in details["ids"]]
        self.fields = details.get("fields", [])
        ends = [end for first, last in self.ranges for end in (first, last + 1)]
        if not ends or ends != sorted(ends) or ends[0] < 1:
            raise ValueError("ids are no ranges")
        for name in self.fields:
            if name.partition(".")[0] not in MAY_BE_PERSONAL:
                raise ValueError(f"{name} can't be personal")

    def covers(self, number, kind, name):
        """Whether it is about this value of an entry that is in one of its ranges."""
        if number >= self.number:
            return False
        names = [name]
        if kind == "ingest.unknown_type" and (name + ".").startswith("details.details."):
            names.append(name[len("details.") :])
        return not self.fields or any(overlap(field, each) for field in self.fields for each in names)


def overlap(one, other):
    return one == other or one.startswith(other + ".") or other.startswith(one + ".")


def parse_erasure(entry):
    """The erasure that an entry of the log itself records; None if it records none."""
    try:
        number, _, _, end = parse_head(entry)
        if not entry.startswith(ERASURE_MARK, end):
            return None
        body = json.loads(entry)
        return None if "source" in body else Erasure(number, body["details"])
    except (NotAnEntry, ValueError, KeyError, TypeError, AttributeError):
        return None


class Values:
    """Checks the personal values of entries (section "Verification")."""

    def __init__(self, findings, erasures, is_done, lenient=False):
        self.findings = findings
        self.ranges = []
        self.index(erasures)
        self.is_done = is_done
        self.lenient = lenient
        self.gone = []

    def index(self, more):
        """The ranges of all erasures by their first ids, and how far all up to each one reach."""
        ranges = self.ranges + [(first, last, each) for each in more for first, last in each.ranges]
        self.ranges = sorted(ranges, key=lambda range_: range_[0])
        self.firsts = [first for first, _, _ in self.ranges]
        self.reach = list(itertools.accumulate((last for _, last, _ in self.ranges), max))
        self.known = {each.number for _, _, each in self.ranges}

    def check(self, number, kind, personal, values):
        if len(personal) != len(values):
            self.findings.entry(number, f"names {len(personal)} personal values, and {len(values)} stand beside it")
            return
        for (name, commitment), (salt, value) in zip(personal, values):
            erasure = self.erasure(number, kind, name)
            if not any(salt) and not any(value):
                if erasure is None and not self.lenient:
                    self.gone.append((number, kind, name))
            elif erasure is not None:
                if self.is_done(erasure):
                    self.findings.entry(number, f"still has its {name}, which entry {erasure.number} erased")
            elif sha256(b"\2" + salt + value) != commitment:
                self.findings.entry(number, f"its {name} is not the one that was written")

    def erasure(self, number, kind, name):
        found = None
        at = bisect.bisect_right(self.firsts, number) - 1
        while at >= 0 and self.reach[at] >= number:
            _, last, each = self.ranges[at]
            if last >= number and (found is None or each.number < found.number) and each.covers(number, kind, name):
                found = each
            at -= 1
        return found

    def passed(self, erasure):
        """An entry that records one, which may be younger than the list."""
        if erasure.number not in self.known:
            self.index([erasure])

    def end(self):
        for number, kind, name in self.gone:
            if self.erasure(number, kind, name) is None:
                self.findings.entry(number, f"its {name} is gone, and no entry records that it was erased")


# --- Section "Segments" -----------------------------------------------------------------------------------------------

HEADER = struct.Struct("<I")
BLOCK_HEAD = struct.Struct("<IIq")
LENGTH_MASK = 0x3FFF_FFFF
METADATA = 0x4000_0000
NOT_COMPLETE = 0x8000_0000
END_OF_FILE = 0xC000_0000
FIELD_NAME = 0xB9
MAX_BLOCK_BYTES = 12 << 20
MAX_BLOCK_ENTRIES = 65_535
HAS_ANNEX = 0x8000_0000
DIRECTORY = struct.Struct("<HBBI")
WINDOW_BYTES = 1 << 20
ZEROS = bytes(WINDOW_BYTES)


class Block:
    """Section "Block". A block that is damaged has a defect, and the entries that its lengths still give."""

    def __init__(self, data):
        self.data = data
        self.first_id = 0
        self.bounds = []
        self.values = {}
        if len(data) < BLOCK_HEAD.size:
            self.defect = f"it has {len(data)} bytes, less than the head of a block"
            return
        crc, count, self.first_id = BLOCK_HEAD.unpack_from(data)
        has_annex, count = count & HAS_ANNEX, count & ~HAS_ANNEX
        at = BLOCK_HEAD.size + 2 * count
        bounds = []
        if 1 <= count <= MAX_BLOCK_ENTRIES and at <= len(data):
            for length in struct.unpack_from(f"<{count}H", data, BLOCK_HEAD.size):
                bounds.append((at, at + length))
                at += length
        checked = len(data)
        if bounds and has_annex:
            checked, at = self.read_annex(at, count)
        if not bounds or at != len(data):
            self.values = {}
            self.defect = f"it has {len(data)} bytes, which is not what its head says"
            return
        self.bounds = bounds
        if self.first_id < 1:
            self.defect = f"it says that its first id is {self.first_id}"
        elif crc32c(data[4:checked]) != crc:
            self.defect = "its CRC32C is wrong"
        else:
            self.defect = None

    def read_annex(self, at, count):
        """Where the payload begins and where it ends; nowhere if the directory makes no sense."""
        data, nowhere = self.data, (len(self.data), -1)
        if at + 4 > len(data):
            return nowhere
        number = HEADER.unpack_from(data, at)[0]
        payload = at + 4 + DIRECTORY.size * number
        if number < 1 or payload > len(data):
            return nowhere
        start, last, member = payload, -1, 0
        for entry, at_member, zero, length in DIRECTORY.iter_unpack(data[at + 4 : payload]):
            member = member + 1 if entry == last else 0
            end = start + SALT_BYTES + length
            if entry < last or entry >= count or at_member != member or zero or end > len(data):
                return nowhere
            self.values.setdefault(entry, []).append((start, end))
            start, last = end, entry
        return payload, start

    def entries(self):
        """(id, entry, its personal values) of each entry."""
        for i, (start, end) in enumerate(self.bounds):
            values = [(self.data[a : a + SALT_BYTES], self.data[a + SALT_BYTES : b]) for a, b in self.values.get(i, ())]
            yield self.first_id + i, self.data[start:end], values

    def span(self):
        if not self.bounds:
            return f"first entry {self.first_id}"
        return f"entries {self.first_id} to {self.first_id + len(self.bounds) - 1}"


class Segment:
    """One file of Chronicle Queue, read as format.md describes it."""

    def __init__(self, path):
        self.name = os.path.basename(path)
        self.file = open(path, "rb")
        self.size = os.fstat(self.file.fileno()).st_size

    def read(self, at, length):
        self.file.seek(at)
        return self.file.read(length)

    def holds(self, text):
        """Whether these bytes stand anywhere in the file."""
        at, before = 0, b""
        while at < self.size:
            window = self.read(at, WINDOW_BYTES)
            if not window:
                return False
            if text in before + window:
                return True
            at, before = at + len(window), window[1 - len(text) :]
        return False

    def blocks(self, findings):
        """(place, block) for every block, also behind damage."""
        at = 0
        while True:
            at, kind, length = self.next_excerpt(at)
            if kind != "block":
                found = None if kind == "end of file" else self.find_block(at)
                if found is None:
                    if kind == "damaged":
                        findings.add(f"segment {self.name}@{at}", "no block can be read here, nor in the rest of it")
                    return
                findings.add(f"segment {self.name}@{at}", f"no block can be read here; {found - at} bytes are lost")
                at, length = found, self.header(found)
            while True:
                block = Block(self.read(at + 4, length))
                yield f"{self.name}@{at}", block
                if block.bounds:
                    break
                # The lengths make no sense, so the excerpt's own length cannot be trusted either.
                found = self.find_block(at)
                if found is None:
                    return
                at, length = found, self.header(found)
            at += 4 + length + (-length & 3)

    def header(self, at):
        word = self.read(at, 4)
        return HEADER.unpack(word)[0] if len(word) == 4 else 0

    def next_excerpt(self, at):
        """(offset, kind, length) of the next block, or of the place where reading has to stop."""
        while True:
            header = self.header(at)
            if header == 0:
                return at, "end", 0
            if header == END_OF_FILE:
                return at, "end of file", 0
            if header & NOT_COMPLETE:
                return at, "unfinished", 0
            length = header & LENGTH_MASK
            if length > MAX_BLOCK_BYTES or at + 4 + length > self.size:
                return at, "damaged", 0
            if not header & METADATA:
                return at, "block", length
            if self.read(at + 4, 1) != bytes([FIELD_NAME]):
                return at, "damaged", 0
            at += 4 + length + (-length & 3)

    def find_block(self, after):
        """Offset of the next whole block behind this place, wherever it starts; None if there is none."""
        at = (after + 4) & ~3
        smallest = BLOCK_HEAD.size + 4
        while at < self.size:
            window = self.read(at, WINDOW_BYTES)
            window = window[: len(window) & ~3]
            if not window:
                return None
            if window != ZEROS[: len(window)]:
                for i, word in enumerate(struct.unpack(f"<{len(window) >> 2}I", window)):
                    if smallest <= word <= MAX_BLOCK_BYTES and self.is_block(at + 4 * i, word):
                        return at + 4 * i
            at += len(window)
        return None

    def is_block(self, at, length):
        head = self.read(at + 4, BLOCK_HEAD.size)
        if len(head) < BLOCK_HEAD.size or at + 4 + length > self.size:
            return False
        _, count, first_id = BLOCK_HEAD.unpack(head)
        count &= ~HAS_ANNEX
        if not (1 <= count <= MAX_BLOCK_ENTRIES and first_id >= 1):
            return False
        return Block(self.read(at + 4, length)).defect is None


def segment_paths(directory):
    folder = os.path.join(directory, "segments")
    names = sorted(name for name in os.listdir(folder) if name.endswith(".cq4"))
    return [os.path.join(folder, name) for name in names]


# --- Sections "Signed note" and "Checkpoint" --------------------------------------------------------------------------

ED25519, ML_DSA_44 = 0x01, 0x06
SIGNATURE_LINE = re.compile("\u2014 ([^\\s+\\x00-\\x1f]+) ([A-Za-z0-9+/=]+)")
DECIMAL = re.compile("0|[1-9][0-9]{0,18}")
SIZE = re.compile("0|[1-9][0-9]{0,17}")


class NotACheckpoint(Exception):
    """Bytes that are no checkpoint, or none that the right key signed."""


def canonical_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise NotACheckpoint(f"{text[:40]!r} is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise NotACheckpoint(f"{text[:40]!r} is not base64 in its one spelling")
    return data


class VerifierKey:
    """Section "Keys": name+id+base64(type, public key)."""

    def __init__(self, text):
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise ValueError(f"{text[:60]!r} is not a verifier key: name+id+base64")
        try:
            typed = canonical_base64(parts[2])
        except NotACheckpoint as e:
            raise ValueError(f"{text[:60]!r} is not a verifier key: {e}") from None
        self.name, self.type, self.raw = parts[0], typed[:1], typed[1:]
        self.id = sha256(self.name.encode() + b"\n" + typed)[:4]
        if self.id.hex() != parts[1]:
            raise ValueError(f"the verifier key of {self.name} has the id {self.id.hex()}, not {parts[1]}")

    def label(self):
        return f"{self.name}+{self.id.hex()}"

    def verifies(self, text, signature):
        """True or False; None where this Python cannot tell."""
        try:
            if self.type[0] == ED25519:
                Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text.encode())
                return True
            if self.type[0] != ML_DSA_44 or MLDSA44PublicKey is None:
                return None
            origin, size, root = text.split("\n")[:3]
            message = b"subtree/v1\n\0" + opaque(self.name) + signature[:8] + opaque(origin) + bytes(8)
            message += int(size).to_bytes(8, "big") + base64.b64decode(root)
            MLDSA44PublicKey.from_public_bytes(self.raw).verify(signature[8:], message)
            return True
        except UnsupportedAlgorithm:
            return None
        except (InvalidSignature, ValueError):
            return False


def opaque(text):
    data = text.encode()
    return bytes([len(data)]) + data


class Checkpoint:
    """A signed note that names a tree: origin, size, root."""

    def __init__(self, data):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise NotACheckpoint("it is not valid UTF-8") from None
        head, blank, signatures = text.rpartition("\n\n")
        if not blank or not text.endswith("\n") or len(data) > 1_000_000:
            raise NotACheckpoint("it is not a signed note")
        self.data = data
        self.text = head + "\n"
        self.signatures = []
        for line in signatures[:-1].split("\n"):
            match = SIGNATURE_LINE.fullmatch(line)
            if not match:
                raise NotACheckpoint(f"{line[:60]!r} is not a signature line")
            signature = canonical_base64(match[2])
            if len(signature) <= 4:
                raise NotACheckpoint(f"{line[:60]!r} holds no signature")
            self.signatures.append((match[1], signature[:4], signature[4:]))
        lines = self.text.split("\n")
        if len(self.signatures) > 100 or len(lines) != 4 or re.search("[\x00-\x09\x0b-\x1f]", self.text):
            raise NotACheckpoint("it is not a checkpoint: three lines with origin, size and root")
        self.origin = lines[0]
        if not DECIMAL.fullmatch(lines[1]) or int(lines[1]) > MAX_NUMBER:
            raise NotACheckpoint(f"its size is {lines[1][:40]!r}, not a number")
        self.size = int(lines[1])
        self.root = canonical_base64(lines[2])
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != sha256(b"")):
            raise NotACheckpoint("its root is not a hash, or not that of an empty tree")

    def verify(self, keys, origin):
        """Every signature by a known key must hold, and the log's own must be there: Ed25519, and ML-DSA-44 if known."""
        good, signed = 0, set()
        for name, key_id, signature in self.signatures:
            for key in keys:
                if key.name == name and key.id == key_id:
                    verdict = key.verifies(self.text, signature)
                    if verdict is False:
                        raise NotACheckpoint(f"the signature of {key.label()} does not verify")
                    if verdict is None:
                        Checkpoint.unchecked.add(key.label())
                    else:
                        good += key.name == self.origin and key.type[0] == ED25519
                    if key.name == self.origin:
                        signed.add(key.type[0])
        if self.origin != origin:
            raise NotACheckpoint(f"it is of the log {self.origin}, not of {origin}")
        if not good:
            known = ", ".join(key.label() for key in keys) or "none"
            raise NotACheckpoint(f"no key of the log has signed it with Ed25519; known keys: {known}")
        if ML_DSA_44 not in signed and any(key.name == origin and key.type[0] == ML_DSA_44 for key in keys):
            raise NotACheckpoint("it lacks the log's ML-DSA-44 signature")
        return self

    unchecked = set()


def read_bytes(*path):
    """The content of a file; None if there is none."""
    try:
        with open(os.path.join(*path), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


# --- Timestamps: RFC 3161 and the few parts of DER and CMS (RFC 5652) that one needs ----------------------------------

OID_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
OID_SHA256 = bytes.fromhex("608648016503040201")
OID_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
DIGESTS = {
    OID_SHA256: hashes.SHA256,
    bytes.fromhex("608648016503040202"): hashes.SHA384,
    bytes.fromhex("608648016503040203"): hashes.SHA512,
}


class NotATimestamp(Exception):
    """Bytes that are no timestamp, or one of something else."""


def der_items(data):
    """(tag, content, whole) of the DER values that stand side by side."""
    items, at = [], 0
    while at < len(data):
        start, tag, length = at, data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise NotATimestamp("a DER value is cut")
        items.append((tag, data[at : at + length], data[start : at + length]))
        at += length
    return items


def verify_timestamp(token, stamped):
    """Checks that the token is about these bytes and that a certificate in it signed that."""
    try:
        status_and_token = der_items(der_items(token)[0][1])
        if der_items(status_and_token[0][1])[0][1] not in (b"\0", b"\1"):
            raise NotATimestamp("the authority refused")
        content = der_items(status_and_token[1][1])
        if content[0][1] != OID_SIGNED_DATA:
            raise NotATimestamp("it is not signed data")
        signed = der_items(der_items(content[1][1])[0][1])
        info = der_items(der_items(signed[2][1])[1][1])[0][1]
        imprint = der_items(der_items(info)[0][1])[2][1]
        algorithm, digest = der_items(imprint)
        if der_items(algorithm[1])[0][1] != OID_SHA256 or digest[1] != sha256(stamped):
            raise NotATimestamp("it is about something else")
        certificates = [whole for tag, inside, _ in signed if tag == 0xA0 for _, _, whole in der_items(inside)]
        signer = der_items(der_items(signed[-1][1])[0][1])
        # The signed attributes name the signer's certificate by its hash (RFC 5035).
        named = [each for each in certificates if sha256(each) in signer[3][1] or sha1(each) in signer[3][1]]
        verify_signer(signer, info, [x509.load_der_x509_certificate(each) for each in named])
    except NotATimestamp:
        raise
    except Exception as e:  # the library has many kinds of exception for a damaged certificate
        raise NotATimestamp(f"it is damaged: {e}") from None


def verify_signer(signer, info, certificates):
    digest = DIGESTS.get(der_items(signer[2][1])[0][1])
    if digest is None or signer[3][0] != 0xA0:
        raise NotATimestamp("it is signed in a way that is not supported")
    # The attributes are signed as a SET, though they stand in the token as [0].
    attributes = b"\x31" + signer[3][2][1:]
    hashed = [der_items(each[1]) for each in der_items(signer[3][1])]
    digests = [der_items(value[1][1])[0][1] for value in hashed if value[0][1] == OID_MESSAGE_DIGEST]
    of_info = hashes.Hash(digest())
    of_info.update(info)
    if digests != [of_info.finalize()]:
        raise NotATimestamp("its content is not what was signed")
    for certificate in certificates:
        if signed_with(certificate, signer[5][1], attributes, digest()):
            return
    raise NotATimestamp("no time-stamping certificate in it verifies its signature")


def signed_with(certificate, signature, data, digest):
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if ExtendedKeyUsageOID.TIME_STAMPING not in usage:
            return False
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(digest))
        elif isinstance(key, Ed25519PublicKey):
            key.verify(signature, data)
        else:
            return False
        return True
    except (InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False


# --- Section "Tiles" --------------------------------------------------------------------------------------------------


def tile_name(level, index, width=TILE_WIDTH):
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    return f"{level}/" + "/".join(groups) + (f".p/{width}" if width < TILE_WIDTH else "")


class Tree:
    """Hashes of a tree by tile level: hash i of level l is the root of 256^l leaves."""

    def hash_at(self, level, index):
        raise NotImplementedError

    def root(self, size):
        builder = RootBuilder()
        for level in range(8, -1, -1):
            count = size >> (8 * level)
            for index in range(count // TILE_WIDTH * TILE_WIDTH, count):
                builder.add(8 * level, self.hash_at(level, index))
        return builder.root()


class ComputedTree(Tree):
    """The tree over leaf hashes, 32 bytes each, one after another.

    Above the first leaves, which belong to entries that are not here, a hash is believed before those under it.
    """

    def __init__(self, leaves, believed):
        self.levels = [leaves]
        while len(self.levels[-1]) >= TILE_BYTES:
            below, level = self.levels[-1], len(self.levels)
            tiles = range(len(below) // TILE_BYTES)
            self.levels.append(
                b"".join(
                    believed(level, i) or fold_tile(bytes(below[i * TILE_BYTES : (i + 1) * TILE_BYTES])) for i in tiles
                )
            )

    def hash_at(self, level, index):
        return bytes(self.levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def tile(self, level, index, width):
        start = index * TILE_BYTES
        return bytes(self.levels[level][start : start + width * HASH_BYTES])


class MissingTile(Exception):
    """A tile that is not there, or not whole."""


class StoredTree(Tree):
    """The tree as the files under tiles/ and the file edge have it, for the size of one checkpoint."""

    def __init__(self, directory, size, root):
        self.directory = directory
        self.size = size
        self.sealed_root = root
        self.cache = {}
        self.proven = {}

    def width(self, level, index):
        return min(TILE_WIDTH, (self.size >> (8 * level)) - index * TILE_WIDTH)

    def tile(self, level, index):
        if (level, index) not in self.cache:
            if len(self.cache) > 1000:
                self.cache.clear()
            self.cache[level, index] = self.read(level, index)
        return self.cache[level, index]

    def read(self, level, index):
        width = self.width(level, index)
        name = tile_name(level, index)
        data = read_bytes(self.directory, "tiles", name)
        if data is not None and len(data) == TILE_BYTES:
            return data[: width * HASH_BYTES]
        at_edge = self.read_edge(level, index, width) if width < TILE_WIDTH else None
        if at_edge is not None:
            return at_edge
        if data is not None:
            raise MissingTile(f"tile {name}", f"the file has {len(data)} bytes, not {TILE_BYTES}")
        if width < TILE_WIDTH:
            raise MissingTile(f"tile {tile_name(level, index, width)}", "the file edge does not hold it")
        raise MissingTile(f"tile {name}", "it is missing")

    def read_edge(self, level, index, width):
        edge = read_bytes(self.directory, "edge")
        if edge is None or len(edge) < 8:
            return None
        size = int.from_bytes(edge[:8], "big")
        at, found = 8, None
        for each in range(7, -1, -1):
            count = size >> (8 * each)
            length = count % TILE_WIDTH * HASH_BYTES
            if each == level and count // TILE_WIDTH == index and length >= width * HASH_BYTES:
                found = edge[at : at + width * HASH_BYTES]
            at += length
        return found if at == len(edge) else None

    def hash_at(self, level, index):
        at = index % TILE_WIDTH * HASH_BYTES
        return self.tile(level, index // TILE_WIDTH)[at : at + HASH_BYTES]

    def is_proven(self, level, index):
        """Whether the tile leads to the root that the checkpoint signs."""
        if (level, index) not in self.proven:
            self.proven[level, index] = self.leads_to_root(level, index)
        return self.proven[level, index]

    def leads_to_root(self, level, index):
        try:
            if self.width(level, index) < TILE_WIDTH:
                return self.root(self.size) == self.sealed_root
            up, parent = level + 1, index // TILE_WIDTH
            return fold_tile(self.tile(level, index)) == self.hash_at(up, index) and self.is_proven(up, parent)
        except MissingTile:
            return False


# --- The log ----------------------------------------------------------------------------------------------------------


class Chain:
    """Follows the entries one after another, and keeps the hash of each (section "Verification")."""

    def __init__(self, findings, start, previous, values):
        self.findings = findings
        self.values = values
        self.start = start
        self.due = start
        self.previous = previous
        self.time = ""
        self.leaves = bytearray()
        self.seen = bytearray()
        self.watched = {}
        self.suspects = []

    @property
    def last_id(self):
        return self.start - 1 + len(self.seen)

    def before_start(self, number, entry):
        """The entry before the first that is checked: what that one is chained to."""
        if number == self.start - 1:
            self.previous = leaf_hash(entry)
            try:
                self.time = parse_head(entry)[2]
            except NotAnEntry as e:
                self.findings.entry(number, f"this is not an entry: {e}")

    def add(self, number, entry, where, values):
        gap = number != self.due
        if gap:
            self.findings.entry(number, f"stands where entry {self.due} was due, in block {where}")
        hash_ = leaf_hash(entry)
        try:
            own_id, previous, time, end = parse_head(entry)
            if own_id != number:
                self.findings.entry(number, f"says that its id is {own_id}")
            if self.previous is not None and previous != self.previous:
                self.findings.entry(number, f"its previous_hash is not the hash of the entry before it ({self.due - 1})")
            if time <= self.time:
                self.findings.entry(number, f"its timestamp {time} is not later than the one before it, {self.time}")
            self.time = time
            self.values.check(number, *check_body(entry, end), values)
            erasure = parse_erasure(entry)
            if erasure:
                self.values.passed(erasure)
        except NotAnEntry as e:
            self.findings.entry(number, f"this is not an entry: {e}")
        self.previous = hash_
        self.due = number + 1
        self.keep(number, hash_)
        if number in self.watched:
            self.watched[number] = entry

    def keep(self, number, hash_):
        at = number - self.start
        missing = at + 1 - len(self.seen)
        if missing > MAX_GAP:
            return
        if missing > 0:
            self.seen.extend(bytes(missing))
            self.leaves.extend(bytes(missing * HASH_BYTES))
        if not self.seen[at]:
            self.seen[at] = 1
            self.leaves[at * HASH_BYTES : (at + 1) * HASH_BYTES] = hash_

    def end(self, through):
        """Names what is missing, up to an entry that a checkpoint covers."""
        self.values.end()
        if self.suspects and not self.findings.entries:
            self.findings.entry(
                self.suspects[-1], "is the last one, and its block is damaged: nothing shows that it is as it was written"
            )
        first = None
        for at in range(max(len(self.seen), through - self.start + 1) + 1):
            absent = at < len(self.seen) and not self.seen[at] or len(self.seen) <= at <= through - self.start
            if absent and first is None:
                first = at
            elif not absent and first is not None:
                self.name_missing(self.start + first, self.start + at - 1)
                first = None

    def name_missing(self, first, last):
        named = min(last, first + 999)
        for number in range(first, named + 1):
            self.findings.entry(number, "is missing")
        if named < last:
            self.findings.add(f"entries {named + 1} to {last}", "are missing")


MAX_GAP = 1 << 28  # a first id that is further off than this comes from damage, not from a gap


class Log:
    """A data directory (section "The data directory")."""

    def __init__(self, directory, findings, options):
        self.directory = directory
        self.findings = findings
        self.options = options
        self.read_identity()
        self.read_horizon()

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def read_identity(self):
        data = read_bytes(self.directory, "log.json")
        if data is None:
            raise CannotRead(f"{self.directory} holds no log: there is no log.json in it")
        try:
            identity = json.loads(data)
            if identity["version"] != 1:
                raise CannotRead(f"log.json says version {identity['version']}; this program reads version 1")
            self.origin = identity["origin"]
            self.keys = [VerifierKey(text) for text in identity["verifier_keys"]]
            fields = [(name, identity[name]) for name in ("version", "origin", "created_at", "verifier_keys")]
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise CannotRead(f"{self.path('log.json')} is damaged: {e}") from None
        crc = identity.get("crc32c")
        if crc is not None and crc != f"{crc32c(identity_text(fields).encode()):08x}":
            self.findings.add("log.json", "its checksum is wrong")

    def read_horizon(self):
        """Section "Retention and archive"."""
        self.first_id, self.previous, self.removed, self.restored = 1, genesis(self.origin), [], False
        data = read_bytes(self.directory, "horizon.json")
        if data is None:
            return
        try:
            horizon = json.loads(data)
            self.restored = horizon.get("restored_from") is not None
            self.first_id = int(horizon["first_id"])
            self.previous = bytes.fromhex(horizon["previous_hash"])
            self.removed = horizon["removed"]
            if horizon["crc32c"] != crc32c(horizon_text(horizon).encode()):
                self.findings.add("horizon.json", "its checksum is wrong")
            due = 1
            for removed in self.removed:
                if removed["first_id"] != due or removed["last_id"] < due:
                    self.findings.add("horizon.json", f"it does not say what became of entry {due}")
                due = removed["last_id"] + 1
            if self.restored == bool(self.removed) or (not self.restored and due != self.first_id):
                self.findings.add("horizon.json", "it contradicts itself")
            if self.restored and self.keys:
                self.findings.add("horizon.json", "it says that the log was restored, and a restored log has no keys")
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise CannotRead(f"{self.path('horizon.json')} is damaged: {e}") from None

    def verify(self):
        newest, kept = self.read_checkpoints()
        sealed = newest.size if newest else 0
        start = max(self.first_id, self.options.since or 1)
        done = self.read_erasures()
        values = Values(self.findings, self.find_erasures(), done, lenient=self.restored)
        chain = Chain(self.findings, start, self.previous if start == self.first_id else None, values)
        chain.watched = {removed["recorded_as"]: None for removed in self.removed[-1:]}
        self.read_entries(chain)
        chain.end(max([sealed] + [size for size in kept]))
        for name in sorted(os.listdir(self.path("segments"))):
            if name.endswith(".discard"):
                self.findings.add(f"segment {name}", "was put aside because its head could not be read")
        if newest:
            self.check_tree(chain, newest, kept)
        if self.removed:
            self.check_removal(chain, newest)
        return chain.start, chain.last_id, sealed

    def read_erasures(self):
        """A function that tells whether an erasure should be carried out by now."""
        data = read_bytes(self.directory, "erasures.json")
        if data is None:
            return lambda erasure: True
        try:
            listed = json.loads(data)
            entries, after = [int(each) for each in listed["entries"]], listed.get("pending_after")
            names = [name for name in ("entries", "pending_after") if listed.get(name) is not None]
            text = json.dumps({**{name: listed[name] for name in names}, "crc32c": 0}, separators=(",", ":"))
            if listed["crc32c"] != crc32c(text.encode()):
                self.findings.add("erasures.json", "its checksum is wrong")
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            self.findings.add("erasures.json", f"it is damaged: {e}")
            return lambda erasure: True
        # A writer may go on while this reads; what it records from now on may not be carried out yet.
        through = max(entries, default=0) if after is None else after
        return lambda erasure: erasure.number <= through

    def find_erasures(self):
        """What the entries of the log record, before they are checked one by one."""
        found = []
        for path in segment_paths(self.directory):
            segment = Segment(path)
            if segment.holds(ERASURE_MARK):
                for _, block in segment.blocks(Findings()):
                    if ERASURE_MARK in block.data:
                        found += filter(None, (parse_erasure(entry) for _, entry, _ in block.entries()))
        return found

    def read_entries(self, chain):
        for path in segment_paths(self.directory):
            segment = Segment(path)
            for where, block in segment.blocks(self.findings):
                last = block.first_id + len(block.bounds) - 1
                if block.defect and (last >= chain.start or not block.bounds):
                    self.findings.add(f"block {where}", f"{block.defect} ({block.span()})")
                for number, entry, values in block.entries():
                    if number < chain.start:
                        chain.before_start(number, entry)
                    else:
                        chain.add(number, entry, where, values)
                if block.bounds and last >= chain.start:
                    chain.suspects = [last] if block.defect else []

    # --- Checkpoints ---

    def read_checkpoints(self):
        """The newest checkpoint, if it can be trusted, and the kept ones by their sizes."""
        kept = {}
        names = os.listdir(self.path("checkpoints")) if os.path.isdir(self.path("checkpoints")) else []
        for name in names:
            if name.endswith(".note") and SIZE.fullmatch(name[:-5]):
                size = int(name[:-5])
                checkpoint = self.open_checkpoint(size, self.keys, "checkpoints", name)
                if checkpoint and checkpoint.size != size:
                    self.findings.add(f"checkpoint {size}", f"the file {name} holds one over {checkpoint.size} entries")
                elif checkpoint:
                    kept[size] = checkpoint
                    self.check_timestamp(size, checkpoint)
        self.check_sizes()
        cosigned = self.open_checkpoint("cosigned", self.keys, "cosigned")
        if cosigned:
            kept.setdefault(cosigned.size, cosigned)
            if kept[cosigned.size].root != cosigned.root:
                self.findings.add(f"checkpoint {cosigned.size}", "the one that witnesses signed has another root")
        if self.options.checkpoint:
            self.add_given(kept)
        pinned = [self.options.key] if self.options.key else []
        newest = self.open_checkpoint("newest", pinned or self.keys, "checkpoint")
        if not os.path.exists(self.path("checkpoint")) and (self.keys or pinned or not self.restored):
            self.findings.add("checkpoint", "the newest checkpoint is missing; a log signs its first when it is made")
        for size in sorted(kept):
            if newest and size > newest.size:
                self.findings.add(f"checkpoint {size}", f"covers more entries than the newest, which covers {newest.size}")
        if newest is None and kept:
            newest = kept[max(kept)]
        return newest, kept

    def open_checkpoint(self, what, keys, *names):
        data = read_bytes(self.directory, *names)
        if data is None:
            return None
        try:
            return Checkpoint(data).verify(keys, self.origin)
        except NotACheckpoint as e:
            self.findings.add(f"checkpoint {what}", f"the file {'/'.join(names)} is not a checkpoint of this log: {e}")
            return None

    def check_timestamp(self, size, checkpoint):
        token = read_bytes(self.directory, "checkpoints", f"{size}.tsr")
        if token is not None:
            try:
                verify_timestamp(token, checkpoint.data)
            except NotATimestamp as e:
                self.findings.add(f"checkpoint {size}", f"the timestamp in checkpoints/{size}.tsr does not hold: {e}")

    def check_sizes(self):
        sizes = read_bytes(self.directory, "checkpoints", "sizes")
        *lines, rest = (sizes or b"").decode("latin-1").split("\n")
        for line in lines + [rest] if rest else lines:
            if not SIZE.fullmatch(line):
                self.findings.add("checkpoint", "the file checkpoints/sizes has a line that is not a size")
                return
        # Digits without a line feed are a line that a crash cut short.
        for size in sorted(set(map(int, lines))):
            if not os.path.exists(self.path("checkpoints", f"{size}.note")):
                self.findings.add(f"checkpoint {size}", f"the file checkpoints/{size}.note is missing; it was kept")

    def add_given(self, kept):
        try:
            with open(self.options.checkpoint, "rb") as file:
                given = Checkpoint(file.read())
            keys = [self.options.key] if self.options.key else self.keys
            given.verify(keys, self.origin)
        except NotACheckpoint as e:
            self.findings.add("checkpoint given", f"it is not a checkpoint of this log: {e}")
            return
        if kept.setdefault(given.size, given).root != given.root:
            self.findings.add(f"checkpoint {given.size}", "the one that was given has another root than the one kept here")

    # --- The tree ---

    def check_tree(self, chain, newest, kept):
        """Section "Verification", steps 3 to 5."""
        for size in sorted(set(kept) | {newest.size}):
            if size > chain.last_id:
                self.findings.add(f"checkpoint {size}", f"covers {size} entries, and the log ends at entry {chain.last_id}")
        stored = StoredTree(self.directory, newest.size, newest.root)
        leaves = self.leaves(chain, newest.size, stored)
        if leaves is None:
            return
        before = chain.start - 1

        def believed(level, index):
            is_before = (index + 1) << (8 * level) <= before
            return stored.hash_at(level, index) if is_before and stored.is_proven(level, index // TILE_WIDTH) else None

        computed = ComputedTree(leaves, believed)
        holds = computed.root(newest.size) == newest.root
        self.compare_tiles(chain, computed, stored, holds, newest)
        tree = computed
        if not holds:
            try:
                tree = stored if stored.root(newest.size) == newest.root else computed
            except MissingTile:
                tree = computed
        for size, checkpoint in sorted(kept.items()):
            if size <= newest.size:
                try:
                    if tree.root(size) != checkpoint.root:
                        self.findings.add(
                            f"checkpoint {size}", "has another root than the first entries of this log: it was rewritten"
                        )
                except MissingTile as e:
                    self.findings.add(*e.args)

    def leaves(self, chain, size, stored):
        """The hashes of all leaves: computed where the entry is here, and from the tiles where it is not."""
        leaves = bytearray(size * HASH_BYTES)
        before = chain.start - 1
        here = min(size - before, len(chain.seen))
        if here > 0:
            leaves[before * HASH_BYTES : (before + here) * HASH_BYTES] = chain.leaves[: here * HASH_BYTES]
        complete = True
        at = 0
        while at < size:
            is_here = before <= at < before + here
            if is_here and chain.seen[at - before]:
                # On to the next entry that is missing.
                found = chain.seen.find(0, at - before, here)
                at = size if found < 0 and before + here >= size else before + (here if found < 0 else found)
                continue
            try:
                leaves[at * HASH_BYTES : (at + 1) * HASH_BYTES] = stored.hash_at(0, at)
                at += 1
            except MissingTile as e:
                self.findings.add(*e.args)
                complete = False
                at = (at // TILE_WIDTH + 1) * TILE_WIDTH
        return leaves if complete else None

    def compare_tiles(self, chain, computed, stored, holds, newest):
        """Tiles are only a copy, so a wrong one is a fault of its own; a proven one says which entries were changed."""
        differing = False
        for level in range(8):
            count = newest.size >> (8 * level)
            for index in range(-(-count // TILE_WIDTH)):
                try:
                    tile = stored.tile(level, index)
                except MissingTile as e:
                    self.findings.add(*e.args)
                    continue
                width = stored.width(level, index)
                ours = computed.tile(level, index, width)
                is_before = width == TILE_WIDTH and index << (8 * (level + 1)) < chain.start - 1
                sound = holds or stored.is_proven(level, index)
                if is_before and not (sound and fold_tile(tile) == computed.hash_at(level + 1, index)):
                    # Some of these hashes are nowhere but in this tile, so they were not computed from entries.
                    self.findings.add(f"tile {tile_name(level, index)}", "does not have the root that the tile above says")
                    differing = True
                    continue
                if tile == ours:
                    continue
                name = tile_name(level, index, width)
                if holds:
                    self.findings.add(f"tile {name}", "holds other hashes than the entries have that were sealed")
                elif not stored.is_proven(level, index):
                    self.findings.add(f"tile {name}", f"does not lead to the root of the checkpoint over {newest.size} entries")
                    differing = True
                elif level == 0:
                    differing = True
                    self.name_differing(index * TILE_WIDTH, tile, ours, newest.size)
        if not holds and not differing:
            self.findings.add(
                f"entries {chain.start} to {newest.size}",
                f"do not lead to the root that the checkpoint over {newest.size} entries signs",
            )

    def name_differing(self, first, tile, ours, size):
        for at in range(0, len(tile), HASH_BYTES):
            if tile[at : at + HASH_BYTES] != ours[at : at + HASH_BYTES]:
                number = first + at // HASH_BYTES + 1
                self.findings.entry(number, f"is not the one that the checkpoint over {size} entries sealed")

    # --- Retention ---

    def check_removal(self, chain, newest):
        """What was taken out last must be told by a sealed entry that the log itself wrote."""
        removed = self.removed[-1]
        where = f"entry {removed['recorded_as']}"
        entry = chain.watched.get(removed["recorded_as"])
        if self.options.since and entry is None and removed["recorded_as"] < chain.start:
            return
        kind = "archived" if removed.get("archive") else "purged"
        try:
            told = json.loads(entry) if entry else {}
            details = told.get("details", {})
            names = ("first_id", "last_id", "last_hash", "archive_sha256")
            same = all(details.get(name) == removed.get(name) for name in names)
        except (ValueError, AttributeError):
            told, same = {}, False
        if told.get("event_type") != f"audit.retention.{kind}" or "source" in told or not same:
            self.findings.entry(
                removed["recorded_as"],
                f"does not record that entries {removed['first_id']} to {removed['last_id']} were {kind}, "
                "as horizon.json says",
            )
        if newest is None or newest.size < removed["recorded_as"]:
            self.findings.add(where, "no checkpoint covers this record of a removal")
            return
        try:
            stored = StoredTree(self.directory, newest.size, newest.root)
            if stored.hash_at(0, removed["last_id"] - 1) != self.previous:
                self.findings.add("horizon.json", f"has another hash of entry {removed['last_id']} than the tree")
        except MissingTile as e:
            self.findings.add(*e.args)


def identity_text(fields):
    """What the checksum of log.json is over (section "log.json")."""
    def value(each):
        if isinstance(each, list):
            return "[ " + "".join(", ".join(value(one) for one in each) + " " if each else "") + "]"
        return json.dumps(each, ensure_ascii=False)

    return "{\n" + ",\n".join(f'  "{name}" : {value(each)}' for name, each in fields) + "\n}"


def horizon_text(horizon):
    """What the checksum of horizon.json is over (section "horizon.json")."""
    def ordered(object_, names):
        return {name: object_[name] for name in names if object_.get(name) is not None}

    whole = ordered(horizon, ("first_id", "previous_hash", "removed", "restored_from"))
    names = ("first_id", "last_id", "last_hash", "archive", "archive_sha256", "recorded_as")
    whole["removed"] = [ordered(removed, names) for removed in horizon["removed"]]
    whole["crc32c"] = 0
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


# --- Section "Archive" ------------------------------------------------------------------------------------------------

RANGE_LINE = re.compile("(0|[1-9][0-9]{0,17}) ([1-9][0-9]{0,17}) ([1-9][0-9]{0,17})")
PROOF_LINE = re.compile("(left|right) ([0-9a-f]{64})")
DAMAGED_ZIP = (OSError, zipfile.BadZipFile, zlib.error, ValueError, KeyError, TypeError, EOFError, RuntimeError)


PERSONAL_LINE = re.compile(rb"([1-9][0-9]{0,18}) (0|[1-9][0-9]{0,2}) (?:-|([A-Za-z0-9_-]{22}) ([^\n]+))\n")


def inclusion_root(leaf, index, size, proof):
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2); None if it is no proof."""
    if not 0 <= index < size:
        return None
    node, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != HASH_BYTES:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


class Archive:
    """Entries that retention took out, with what proves them."""

    def __init__(self, path, findings, options):
        try:
            self.zip = zipfile.ZipFile(path)
            self.manifest = json.loads(self.read("manifest.json"))
            if self.manifest["version"] != 1:
                raise CannotRead(f"{path} says version {self.manifest['version']}; this program reads version 1")
            self.first_id, self.last_id = int(self.manifest["first_id"]), int(self.manifest["last_id"])
            self.previous = bytes.fromhex(self.manifest["previous_hash"])
            self.keys = [options.key] if options.key else self.own_keys()
        except DAMAGED_ZIP as e:
            raise CannotRead(f"{path} is not an archive: {e}") from None
        self.findings = findings

    def read(self, name):
        with self.zip.open(name) as file:
            return file.read(1 << 20)

    def own_keys(self):
        note("the keys are those that the archive names itself; compare them with what you know, or pass --key")
        return [VerifierKey(line) for line in self.read("verifier-key").decode().splitlines()]

    def verify(self):
        sealed = 0
        try:
            checkpoint = Checkpoint(self.read("checkpoint")).verify(self.keys, self.manifest["origin"])
            self.verify_under(checkpoint)
            sealed = checkpoint.size
        except NotACheckpoint as e:
            self.findings.add("checkpoint", str(e))
        except DAMAGED_ZIP as e:
            self.findings.add("archive", f"it cannot be read to its end: {e}")
        return self.first_id, self.last_id, sealed

    def verify_under(self, checkpoint):
        start, end, size, left, right = self.read_proof()
        if (start, end, size) != (self.first_id - 1, self.last_id, checkpoint.size) or (
            self.manifest["checkpoint_size"] != size
        ):
            self.findings.add("archive", "manifest.json, range-proof and checkpoint are not about the same entries")
            return
        builder = RootBuilder()
        at = 0
        for hash_ in left:
            height = (start - at).bit_length() - 1
            builder.add(height, hash_)
            at += 1 << height
        values = Values(self.findings, self.read_erasures(), lambda erasure: True)
        chain = Chain(self.findings, self.first_id, self.previous, values)
        personal = self.read_personal()
        count = 0
        with self.zip.open("entries.ndjson") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    self.findings.add("archive", "the last line of entries.ndjson is cut")
                number = self.first_id + count
                chain.add(number, line[:-1], "entries.ndjson", personal.pop(number, []))
                builder.add(0, chain.previous)
                count += 1
        chain.end(self.last_id)
        if personal:
            self.findings.add("archive", f"it has personal values of entry {min(personal)}, which is not in it")
        if count > end - start:
            self.findings.add("archive", f"it holds {count} entries, and its manifest says {end - start}")
        if chain.previous.hex() != self.manifest["last_hash"]:
            self.findings.entry(self.last_id, "its hash is not the one in manifest.json")
        at = end
        for hash_ in right:
            # The largest subtree that starts here and ends within the tree.
            height = min((at & -at).bit_length() - 1, (size - at).bit_length() - 1)
            builder.add(height, hash_)
            at += 1 << height
        if at != size or builder.root() != checkpoint.root:
            self.findings.add("archive", f"its entries do not lead to the root of the checkpoint over {size} entries")

    def read_personal(self):
        """The personal values of each entry by its id."""
        values = {}
        if "personal" not in self.zip.namelist():
            return values
        with self.zip.open("personal") as lines:
            for line in lines:
                match = PERSONAL_LINE.fullmatch(line)
                if not match:
                    raise ValueError("personal has a line that is no value")
                of_entry = values.setdefault(int(match[1]), [])
                if int(match[2]) != len(of_entry):
                    raise ValueError(f"personal does not have the values of entry {int(match[1])} in their order")
                salt = base64.urlsafe_b64decode(match[3] + b"==") if match[3] else bytes(SALT_BYTES)
                if match[3] and base64.urlsafe_b64encode(salt)[:22] != match[3]:
                    raise ValueError("personal has a salt with bits to spare")
                of_entry.append((salt, match[4] or b""))
        return values

    def read_erasures(self):
        """The erasures that the archive proves: each entry stands in its proof."""
        erasures = []
        for name in self.zip.namelist():
            if name.startswith("erasures/"):
                erasures.append(self.open_erasure(name))
        return erasures

    def open_erasure(self, name):
        text = self.zip.read(name).decode()
        head, _, note_text = text.partition("\n\n")
        lines = head.split("\n")
        if len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra "):
            raise ValueError(f"{name} is not a proof with an entry")
        entry = canonical_base64(lines[1][len("extra ") :])
        index = int(lines[2].removeprefix("index "))
        checkpoint = Checkpoint(note_text.encode()).verify(self.keys, self.manifest["origin"])
        hashes_ = [canonical_base64(line) for line in lines[3:]]
        erasure = parse_erasure(entry)
        if inclusion_root(leaf_hash(entry), index, checkpoint.size, hashes_) != checkpoint.root:
            raise ValueError(f"{name} does not lead to the root of its checkpoint")
        if erasure is None or erasure.number != index + 1:
            raise ValueError(f"{name} does not prove an entry that records an erasure")
        return erasure

    def read_proof(self):
        lines = self.read("range-proof").decode("ascii").split("\n")
        numbers = RANGE_LINE.fullmatch(lines[1]) if len(lines) > 2 else None
        if lines[0] != "tallystick range-proof v1" or not numbers or lines[-1]:
            raise ValueError("range-proof is not a proof of a range")
        start, end, size = (int(group) for group in numbers.groups())
        left, right = [], []
        for line in lines[2:-1]:
            match = PROOF_LINE.fullmatch(line)
            if not match or (match[1] == "left" and right):
                raise ValueError("range-proof has a line that does not belong there")
            (left if match[1] == "left" else right).append(bytes.fromhex(match[2]))
        if bin(start).count("1") != len(left) or not start < end <= size:
            raise ValueError("range-proof does not fit its range")
        return start, end, size, left, right


# --- The command ------------------------------------------------------------------------------------------------------


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Checks a Tallystick log, or an archive of one, without Tallystick.",
        epilog="Exit code 0: everything holds. 1: findings, one a line. 2: this cannot be read.",
    )
    parser.add_argument("data", nargs="?", help="the log's data directory")
    parser.add_argument("--archive", metavar="FILE", help="check an archive that retention wrote, instead of a log")
    parser.add_argument("--since", metavar="ID", type=int, help="check the entries from this id on (default: all)")
    parser.add_argument("--key", metavar="VKEY", help="the verifier key that must have signed the newest checkpoint")
    parser.add_argument("--checkpoint", metavar="FILE", help="a checkpoint from elsewhere that the log must continue")
    options = parser.parse_args()
    if bool(options.data) == bool(options.archive):
        parser.error("give either a data directory or --archive FILE")
    if options.since is not None and options.since < 1:
        parser.error(f"--since must be 1 or more, but was {options.since}")
    if options.key:
        try:
            options.key = VerifierKey(options.key)
        except ValueError as e:
            parser.error(f"--key: {e}")
    return options


def main():
    options = parse_arguments()
    findings = Findings()
    try:
        subject = Archive(options.archive, findings, options) if options.archive else Log(options.data, findings, options)
        first, last, sealed = subject.verify()
    except (CannotRead, OSError) as e:
        print(f"cannot read: {e}", file=sys.stderr)
        return 2
    for line in findings.lines:
        print(line)
    if findings.count > len(findings.lines):
        print(f"... and {findings.count - len(findings.lines)} more findings")
    for label in sorted(Checkpoint.unchecked):
        note(f"signatures of {label} were not checked: this Python's cryptography package does not know their type")
    if getattr(subject, "restored", False):
        note("this log was restored from archives: the archives prove its entries, the directory itself does not")
    verdict = "everything holds" if findings.count == 0 else f"{findings.count} findings"
    print(f"entries {first} to {last}, sealed through {sealed}: {verdict}", file=sys.stderr)
    return 1 if findings.count else 0


if __name__ == "__main__":
    sys.exit(main())
