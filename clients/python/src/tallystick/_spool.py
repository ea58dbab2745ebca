"""Holds events in files until the server has acknowledged them, for mode ``spooled``."""

import json
import logging
import os
import threading
from typing import Any, Dict, List, NamedTuple, Optional

from ._event import SEQ_BYTES, with_seq
from ._files import append_line, replace, sync, sync_directory, write_all
from ._segments import (
    HEADER,
    POSITION,
    Position,
    create_segment,
    list_segments,
    lock,
    read_position,
    record,
    records,
    segment_name,
    segment_path,
    write_position,
)
from .errors import AuditError, ClientUnusable, SpoolDamaged, SpoolError, SpoolFull

MAX_BATCH_EVENTS = 1_000
MAX_BATCH_BYTES = 1 << 20
MAX_SEGMENT_BYTES = 8 << 20
MIN_SPOOL_BYTES = 1 << 20

_log = logging.getLogger("tallystick")


class Batch(NamedTuple):
    """Events that are sent together, and where the file goes on behind them."""

    payloads: List[bytes]
    segment: int
    offset: int

    def size(self) -> int:
        return sum(map(len, self.payloads)) + HEADER.size * len(self.payloads)


class _Group:
    """Events that are forced together."""

    def __init__(self) -> None:
        self.bodies: List[bytes] = []
        self.room = 0
        self.done = threading.Event()
        self.error: Optional[BaseException] = None


class Spool:
    """One directory, one process, one stream. Any number of threads append, one takes and acknowledges."""

    def __init__(self, directory: str, stream: str, max_bytes: int, when_full: str):
        if when_full not in ("block", "raise"):
            raise ValueError(f'when_full must be "block" or "raise", but was {when_full!r}')
        if max_bytes < MIN_SPOOL_BYTES:
            raise ValueError(f"max_spool_bytes must be at least {MIN_SPOOL_BYTES}, but was {max_bytes}")
        self._directory = os.path.abspath(directory)
        self._max_bytes = max_bytes
        self._segment_bytes = min(MAX_SEGMENT_BYTES, max_bytes // 8)
        self._blocks = when_full == "block"
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._commit = threading.Lock()  # held by the thread that writes and forces a group; before _lock
        self._position_lock = threading.Lock()  # held while the position is stored; before _lock
        self._group = _Group()
        self._closed = False
        self._failed: Optional[str] = None
        self._stream = stream
        self._bytes = self._left = 0  # what the server has not acknowledged, with what is about to be written
        self._segment = self._end = 0  # the newest file, and up to where it is forced
        self._seq = 0  # of the last event in it; changes under _commit
        self._writer = -1
        self._read_segment = self._read_at = 0  # for the thread that takes
        self._first = 0  # the oldest file; changes under _position_lock
        if not os.path.isdir(self._directory):
            os.makedirs(self._directory, mode=0o700)
            sync_directory(os.path.dirname(self._directory))
        self._lock_file = lock(self._directory)
        try:
            self._recover(stream)
        except BaseException:
            os.close(self._lock_file)
            raise

    def append(self, body: bytes) -> None:
        """Returns when the event is on the device. Many threads share one write."""
        room = HEADER.size + SEQ_BYTES + len(body)
        with self._lock:
            self._check_usable()
            while self._bytes + room > self._max_bytes:
                if not self._blocks:
                    raise SpoolFull(
                        f"the spool {self._directory} is full: {self._left} events wait for the server, "
                        f"and max_spool_bytes is {self._max_bytes}"
                    )
                self._changed.wait()
                self._check_usable()
            group = self._group
            leads = not group.bodies
            group.bodies.append(body)
            group.room += room
            self._bytes += room
        # Whoever comes first writes for all who come until the group before is written.
        if leads:
            self._lead(group)
        else:
            group.done.wait()
        if group.error is not None:
            raise SpoolError(f"the spool {self._directory} can't be written: {group.error}") from group.error

    def take(self) -> Optional[Batch]:
        """The next events after those taken before, once there are any; None when closed. For one thread."""
        data = b""
        while not data:
            with self._lock:
                self._changed.wait_for(lambda: self._closed or self._failed or self._is_behind())
                newest, until = self._segment, self._end
                if self._closed or self._failed:
                    return None
            limit = 2 * MAX_BATCH_BYTES  # room for a batch, or for the longest event
            is_newest = self._read_segment == newest
            with open(segment_path(self._directory, self._read_segment), "rb") as file:
                file.seek(self._read_at)
                data = file.read(min(limit, until - self._read_at) if is_newest else limit)
            if not data and not is_newest:
                self._read_segment = min(n for n in list_segments(self._directory) if n > self._read_segment)
                self._read_at = 0
        payloads, _ = records(data)
        if not payloads:
            where = f"{segment_path(self._directory, self._read_segment)} at offset {self._read_at}"
            self._fail(f"{where} is damaged; nothing behind it was sent. Close the client and move the spool away")
            raise SpoolDamaged(self._failed)
        kept: List[bytes] = []
        size = 0
        for payload in payloads:
            if len(kept) == MAX_BATCH_EVENTS or (kept and size + len(payload) > MAX_BATCH_BYTES):
                break
            kept.append(payload)
            size += len(payload)
        self._read_at += size + HEADER.size * len(kept)
        return Batch(kept, self._read_segment, self._read_at)

    def acknowledge(self, batch: Batch) -> None:
        """Stores how far the server has everything, then deletes files that are done with."""
        with self._position_lock:
            if self._closed:
                return  # The next client sends them again, and the server knows them by their event_id.
            seq = json.loads(batch.payloads[-1])["source_seq"]
            write_position(self._directory, Position(self._stream, batch.segment, batch.offset, seq))
            if batch.segment != self._first:
                sync_directory(self._directory)  # The position first: without it, deleted files would be missing.
                for number in list_segments(self._directory):
                    if number < batch.segment:
                        os.unlink(segment_path(self._directory, number))
                self._first = batch.segment
        with self._lock:
            self._bytes -= batch.size()
            self._left -= len(batch.payloads)
            self._changed.notify_all()

    def reject(self, payload: bytes, reason: Dict[str, Any]) -> None:
        """Keeps an event that the server refused. After a crash one may be there twice, with one event_id."""
        line = b'{"event":' + payload + b"," + json.dumps(reason).encode("ascii")[1:]
        append_line(os.path.join(self._directory, "rejected.ndjson"), line)

    def wait_until_empty(self, timeout: Optional[float]) -> int:
        with self._lock:
            self._changed.wait_for(lambda: self._left == 0 or self._closed or self._failed, timeout)
            return self._left

    def close(self) -> int:
        with self._commit, self._position_lock, self._lock:
            if not self._closed:
                self._closed = True
                self._changed.notify_all()
                os.close(self._writer)
                os.close(self._lock_file)
            return self._left

    def abandon(self) -> None:
        """In a child after a fork: lets go of the lock, which the parent keeps."""
        if not self._closed:
            self._closed = True
            os.close(self._writer)
            os.close(self._lock_file)

    def _is_behind(self) -> bool:
        return (self._read_segment, self._read_at) < (self._segment, self._end)

    def _check_usable(self) -> None:
        if self._closed:
            raise ClientUnusable("the client is closed")
        if self._failed:
            raise SpoolError(self._failed)

    def _fail(self, why: str) -> None:
        with self._lock:
            self._failed = why
            self._changed.notify_all()

    def _lead(self, group: _Group) -> None:
        try:
            with self._commit:
                self._write(group)
        except BaseException as interrupt:
            with self._lock:
                if not group.done.is_set():  # It came while another group was written, and nobody else leads this one.
                    self._group = _Group()
                    self._bytes -= group.room
                    group.error = interrupt
                    group.done.set()
                    self._changed.notify_all()
            raise

    def _write(self, group: _Group) -> None:
        """Gives events their numbers, writes and forces them. The numbers of a failed write are given again."""
        written = 0
        with self._lock:
            self._group = _Group()
        try:
            self._check_usable()
            if self._end >= self._segment_bytes:
                writer = create_segment(self._directory, self._seq + 1)
                with self._lock:
                    finished, self._writer = self._writer, writer
                    self._segment, self._end = self._seq + 1, 0
                os.close(finished)
            data = b"".join(record(with_seq(body, self._seq + i)) for i, body in enumerate(group.bodies, 1))
            self._force(data)
            written = len(data)
        except BaseException as error:
            group.error = error
            if not isinstance(error, (OSError, AuditError)):
                self._fail(f"a write to the spool {self._directory} was interrupted ({error!r}); open a new client")
                raise
        finally:
            with self._lock:
                self._bytes += written - group.room
                if written:
                    self._end += written
                    self._seq += len(group.bodies)
                    self._left += len(group.bodies)
                self._changed.notify_all()
            group.done.set()

    def _force(self, data: bytes) -> None:
        try:
            write_all(self._writer, data)
        except OSError as error:
            try:
                os.ftruncate(self._writer, self._end)  # a full disk: what was accepted before stays whole
            except OSError:
                self._fail(f"the spool {self._directory} can't be written ({error}) nor restored; open a new client")
            raise
        try:
            sync(self._writer)
        except OSError as error:
            # The kernel may have dropped the pages; a second attempt would succeed without writing them.
            self._fail(f"the spool {self._directory} could not be forced to the device ({error}); open a new client")
            raise

    def _recover(self, stream: str) -> None:
        numbers = list_segments(self._directory)
        if not os.path.exists(os.path.join(self._directory, POSITION)):
            if numbers and numbers[0] != 1:
                raise SpoolDamaged(
                    f"{self._directory} has events but no {POSITION}; restore it, or move the spool away"
                )
            write_position(self._directory, Position(stream, 1, 0, 0))
        position = read_position(self._directory)
        if position.stream != stream:
            raise ValueError(
                f'the spool {self._directory} belongs to the stream "{position.stream}", not to "{stream}"; '
                "use a spool for each stream"
            )
        self._first = self._read_segment = position.segment
        self._read_at = position.offset
        self._seq = max(position.source_seq, position.segment - 1)
        for number in numbers:
            if number < self._first:  # A crash came between the position and the deletion.
                os.unlink(segment_path(self._directory, number))
        numbers = [number for number in numbers if number >= self._first]
        if not numbers and position.offset == 0:
            self._segment, self._end = self._first, 0
            self._writer = create_segment(self._directory, self._first)
            return
        if self._first not in numbers:
            raise SpoolDamaged(f"{segment_path(self._directory, self._first)}, which {POSITION} names, is missing")
        for number in numbers:
            if number > self._first and number != self._seq + 1:
                raise SpoolDamaged(f"a file is missing in {self._directory} before {segment_name(number)}")
            self._scan(number, position.offset if number == self._first else 0, number == numbers[-1])

    def _scan(self, number: int, sent: int, newest: bool) -> None:
        path = segment_path(self._directory, number)
        with open(path, "rb") as file:
            data = file.read()
        payloads, end = records(data)
        rest, length = records(data[sent:])
        if sent + length != end or (end < len(data) and not newest):
            raise SpoolDamaged(f"{path} is damaged at offset {end}; move the spool away to go on without it")
        self._bytes += length
        self._left += len(rest)
        if payloads:
            self._seq = json.loads(payloads[-1])["source_seq"]
        if newest:
            self._segment, self._end = number, end
            self._writer = os.open(path, os.O_WRONLY | os.O_APPEND)
            if end < len(data):
                self._cut(path, data[end:])
            sync(self._writer)  # what an earlier process wrote and perhaps did not force is sent from now on

    def _cut(self, path: str, torn: bytes) -> None:
        """A crash interrupted a write that no call had returned from. What is cut is kept, in case it was damage."""
        kept = f"{path}.torn-{self._end}"
        replace(kept, torn)
        os.ftruncate(self._writer, self._end)
        _log.warning("cut %d bytes of an unfinished write off the spool; they are kept in %s", len(torn), kept)
