"""Holds events in memory, for mode ``best_effort``."""

import threading
from collections import deque
from typing import Any, Deque, Dict, List, NamedTuple, Optional

from ._event import encode, with_seq

MAX_BATCH_EVENTS = 1_000
MAX_BATCH_BYTES = 1 << 20
MAX_BUFFER_BYTES = 64 << 20


class Batch(NamedTuple):
    """Events that are sent together."""

    payloads: List[bytes]


class Buffer:
    """A queue of at most ``capacity`` events and 64 MiB. What finds no room is counted, and the log is told."""

    def __init__(self, stream: str, capacity: int):
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, but was {capacity}")
        self._stream = stream
        self._capacity = capacity
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting: Deque[bytes] = deque()
        self._left = 0
        self._bytes = 0
        self._seq = 0
        self._dropped = 0
        self._closed = False

    def append(self, body: bytes) -> bool:
        """False if it was dropped. Its number in the sequence stays unused then, which the log shows as a gap."""
        with self._lock:
            self._seq += 1
            if self._closed or self._left >= self._capacity or self._bytes + len(body) > MAX_BUFFER_BYTES:
                self._dropped += 1
                return False
            self._add(body)
            return True

    def take(self) -> Optional[Batch]:
        """The next events, once there are any; None when closed."""
        with self._lock:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            payloads: List[bytes] = []
            size = 0
            while self._waiting and len(payloads) < MAX_BATCH_EVENTS and size < MAX_BATCH_BYTES:
                payloads.append(self._waiting.popleft())
                size += len(payloads[-1])
            return Batch(payloads)

    def acknowledge(self, batch: Batch) -> None:
        with self._lock:
            self._left -= len(batch.payloads)
            self._bytes -= sum(map(len, batch.payloads))
            if self._dropped:
                self._seq += 1
                event = {"event_type": "client.events_dropped", "details": {"count": self._dropped}}
                self._dropped = 0
                self._add(encode(event, self._stream, dated=True)[1])
            self._changed.notify_all()

    def reject(self, payload: bytes, reason: Dict[str, Any]) -> None:
        """Nothing is kept of it here; the client has told its callback."""

    def wait_until_empty(self, timeout: Optional[float]) -> int:
        with self._lock:
            self._changed.wait_for(lambda: self._left == 0 or self._closed, timeout)
            return self._left

    def close(self) -> int:
        """How many events are not in the log: those left, and dropped ones that the log was not told of."""
        with self._lock:
            self._closed = True
            self._changed.notify_all()
            return self._left + self._dropped

    def abandon(self) -> None:
        """In a child after a fork: nothing to let go."""

    def _add(self, body: bytes) -> None:
        payload = with_seq(body, self._seq)
        self._waiting.append(payload)
        self._left += 1
        self._bytes += len(payload)
        self._changed.notify_all()
