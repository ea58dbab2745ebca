"""The files of a spool, byte for byte: docs/decisions/0036-clients.md. Every language's client uses the same."""

import fcntl
import json
import os
import re
import struct
import zlib
from typing import List, NamedTuple, Tuple

from ._event import MAX_EVENT_BYTES
from ._files import replace, sync_directory
from .errors import SpoolDamaged, SpoolInUse

POSITION = "position.json"
HEADER = struct.Struct("<II")  # length of the payload, CRC32 of the payload

_SEGMENT = re.compile(r"[0-9]{20}\.events")


class Position(NamedTuple):
    """Up to where the server has acknowledged."""

    stream: str
    segment: int  # the number of its first event
    offset: int
    source_seq: int  # of the last event before the position


def record(payload: bytes) -> bytes:
    return HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def records(data: bytes) -> Tuple[List[bytes], int]:
    """The payloads of all whole records from the beginning, and how many bytes they take."""
    payloads: List[bytes] = []
    offset = 0
    while offset + HEADER.size <= len(data):
        length, crc = HEADER.unpack_from(data, offset)
        end = offset + HEADER.size + length
        if not 0 < length <= MAX_EVENT_BYTES or end > len(data):
            break
        payload = data[offset + HEADER.size : end]
        if zlib.crc32(payload) != crc:
            break
        payloads.append(payload)
        offset = end
    return payloads, offset


def segment_name(first_seq: int) -> str:
    return "%020d.events" % first_seq


def segment_path(directory: str, first_seq: int) -> str:
    return os.path.join(directory, segment_name(first_seq))


def list_segments(directory: str) -> List[int]:
    return sorted(int(name[:20]) for name in os.listdir(directory) if _SEGMENT.fullmatch(name))


def create_segment(directory: str, first_seq: int) -> int:
    """Its descriptor. The name is on the device before anything is written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
    path = segment_path(directory, first_seq)
    descriptor = os.open(path, flags, 0o600)
    try:
        sync_directory(directory)
    except BaseException:
        os.close(descriptor)
        os.unlink(path)
        raise
    return descriptor


def lock(directory: str) -> int:
    """Locks the spool for this process; closing the descriptor unlocks it."""
    descriptor = os.open(os.path.join(directory, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise SpoolInUse(
            f"the spool {directory} is in use by process {owner}; a spool serves one client in one process, "
            "so give each a directory of its own"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    return descriptor


def read_position(directory: str) -> Position:
    path = os.path.join(directory, POSITION)
    try:
        with open(path, "rb") as file:
            fields = json.loads(file.read())
        if not _SEGMENT.fullmatch(fields["segment"]):
            raise ValueError
        segment = int(fields["segment"][:20])
        position = Position(fields["stream"], segment, int(fields["offset"]), int(fields["source_seq"]))
        if min(position.segment - 1, position.offset, position.source_seq) < 0:
            raise ValueError
        return position
    except (ValueError, KeyError, TypeError):
        raise SpoolDamaged(f"{path} is not what a client writes; restore it, or move the spool away") from None


def write_position(directory: str, position: Position) -> None:
    fields = {**position._asdict(), "segment": segment_name(position.segment)}
    replace(os.path.join(directory, POSITION), json.dumps(fields).encode("ascii") + b"\n")
