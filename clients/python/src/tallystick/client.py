"""The client: what an application calls."""

import atexit
import http.client
import json
import logging
import os
import ssl
import threading
import weakref
from typing import Any, Mapping, NamedTuple, Optional, Sequence, Union

from ._buffer import Buffer
from ._event import DEFAULT_STREAM, encode, with_seq
from ._sender import OnRejected, Sender
from ._transport import Key, Transport
from .errors import AppendFailed, ClientUnusable, VerificationFailed
from .verify import Checkpoint, verify_entry

_MODES = """mode must be one of
  "sync"         append returns the receipt of the log, or raises
  "spooled"      append returns when the event is on this machine's disk; it is sent in the background, never dropped
  "best_effort"  append returns at once; what finds no room in memory is dropped and counted
but was """

_log = logging.getLogger("tallystick")
_clients: "weakref.WeakSet[AuditClient]" = weakref.WeakSet()


class Receipt(NamedTuple):
    """What is known of an event when its append returned. Only mode ``sync`` knows its ``id`` and ``hash``."""

    event_id: str
    id: Optional[int] = None
    hash: Optional[str] = None
    timestamp: Optional[str] = None
    replayed: bool = False


class AuditClient:
    """Appends events to a Tallystick log. May be used by any number of threads; one for each process.

    ``url`` and the key come from ``TALLY_URL`` and ``TALLY_API_KEY`` where they are not given. ``key`` may be a
    function; it and ``key_file`` are read for each request. ``timeout`` is for one answer of the server, in seconds.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        key: Optional[Key] = None,
        *,
        key_file: Optional[Union[str, "os.PathLike[str]"]] = None,
        mode: Optional[str] = None,
        stream: str = DEFAULT_STREAM,
        spool: Optional[Union[str, "os.PathLike[str]"]] = None,
        max_spool_bytes: int = 1 << 30,
        when_full: str = "block",
        capacity: int = 10_000,
        on_rejected: Optional[OnRejected] = None,
        timeout: float = 35.0,
        allow_http: bool = False,
        ssl_context: Optional[ssl.SSLContext] = None,
    ):
        if mode not in ("sync", "spooled", "best_effort"):
            raise ValueError(_MODES + repr(mode))
        if (spool is None) == (mode == "spooled"):
            raise ValueError('spool is the directory for mode "spooled": needed there, and only there')
        for name, given in (("url", url), ("key", key), ("key_file", key_file)):
            if given is not None and not callable(given) and not os.fspath(given).strip():
                # An empty variable of the caller's would silently mean another server, or another key.
                raise ValueError(f"{name} is empty; give it a value, or leave it out")
        address = url if url is not None else os.environ.get("TALLY_URL")
        if not address:
            raise ValueError("url is missing; give it, or set the variable TALLY_URL")
        if not timeout > 0:
            raise ValueError(f"timeout must be more than 0 seconds, but was {timeout}")
        if len(stream.encode()) > 128:
            raise ValueError(f"stream must have at most 128 bytes, but had {len(stream.encode())}")
        self.mode = mode
        self.stream = stream
        self._transport = Transport(address, key, key_file, allow_http, timeout, ssl_context)
        self._source: Any = None
        self._unusable: Optional[str] = None
        self._lock = threading.Lock()
        self._seq = 0
        if mode == "spooled":
            from ._spool import Spool  # needs file locks, which Windows does not have

            self._source = Spool(os.fspath(spool), stream, max_spool_bytes, when_full)  # type: ignore[arg-type]
        elif mode == "best_effort":
            self._source = Buffer(stream, capacity)
        if self._source is not None:
            self._sender = Sender(self._source, self._transport, on_rejected)
            self._sender.start()
        _clients.add(self)

    def append(self, event: Mapping[str, Any]) -> Optional[Receipt]:
        """Appends an event, a mapping of the fields in docs/http-api.md.

        Mode ``sync`` returns the log's receipt or raises AppendFailed. Mode ``spooled`` returns when the event is on
        the disk, or raises SpoolError. Mode ``best_effort`` returns None if the event was dropped.
        """
        if self._unusable:
            raise ClientUnusable(self._unusable)
        if self._source is None:
            return self._append_now(event)
        event_id, body = encode(event, self.stream, dated=True)
        return Receipt(event_id) if self._source.append(body) is not False else None

    def flush(self, timeout: Optional[float] = None) -> int:
        """Waits until the log has everything, at most ``timeout`` seconds. Returns how many events are left."""
        if self._source is None or self._unusable:
            return 0
        return self._source.wait_until_empty(timeout)

    def close(self, timeout: Optional[float] = 5.0) -> int:
        """Flushes and closes. Returns how many events are left: in the spool for the next client, or lost."""
        if self._unusable:
            return 0
        left = self.flush(timeout)
        self._unusable = "the client is closed"
        if self._source is not None:
            self._sender.stop()
            left = self._source.close()
            if left and self.mode == "best_effort":
                _log.error("%d audit events are lost: the client was closed before the server had them", left)
        self._transport.close()
        _clients.discard(self)
        return left

    def __enter__(self) -> "AuditClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def verify_receipt(self, receipt: Union[Receipt, int], verifier_keys: Union[str, Sequence[str]]) -> Checkpoint:
        """Proves that an entry, given by its receipt or id, is in the log, by a proof that the server sends.

        ``verifier_keys`` are the log's keys that you know (``tally key``), never ones that this server gave you.
        Raises VerificationFailed, also where the server does not send what proves it; its ``__cause__`` says why then.
        Needs a key with ``admin.audit``, and the extra ``tallystick[verify]``.
        """
        entry_id = receipt if isinstance(receipt, int) else receipt.id
        if entry_id is None:
            raise ValueError("the receipt has no id, because the log had not answered; look its event_id up first")
        entry, entry_hash = None, None if isinstance(receipt, int) else receipt.hash
        try:
            proof = self.get(f"/api/audit/entries/{entry_id}/proof", "text/plain")
            if entry_hash is None:
                entry = self.get(f"/api/audit/entries/{entry_id}", "application/octet-stream")
        except (OSError, http.client.HTTPException) as error:
            raise VerificationFailed(
                f"the server did not send what proves entry {entry_id}: {error or type(error).__name__}"
            ) from error
        return verify_entry(entry_id, entry, entry_hash, proof, verifier_keys)

    def get(self, path: str, accept: str = "application/json") -> bytes:
        """The body of a 200, for the integrations of this package. Raises OSError for any other answer."""
        answer = self._transport.request("GET", path, accept=accept)
        if answer.status != 200:
            raise OSError(answer.words())
        return answer.body

    def _append_now(self, event: Mapping[str, Any]) -> Receipt:
        seq = event.get("source_seq") if isinstance(event, Mapping) else None
        again = seq is not None and event.get("event_id") is not None  # the event of an AppendFailed
        if again:
            body = json.dumps({name: value for name, value in event.items() if name != "source_seq"}).encode("ascii")
            event_id = str(event["event_id"])
        else:
            event_id, body = encode(event, self.stream, dated=False)
            with self._lock:
                self._seq += 1
                seq = self._seq
        payload = with_seq(body, int(seq))  # type: ignore[arg-type]
        status: Optional[int] = None
        try:
            answer = self._transport.request("POST", "/api/audit/events?oversize=truncate", payload)
            status, why, content = answer.status, answer.words(), answer.json()
            if status in (200, 201) and content is not None and {"id", "hash", "timestamp"} <= content.keys():
                replayed = content.get("replayed", False)
                return Receipt(event_id, content["id"], content["hash"], content["timestamp"], replayed)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
        may_be_written = status is None or not (400 <= status < 500 or status == 507)
        raise AppendFailed(f"the event is not acknowledged: {why}", status, json.loads(payload), may_be_written)

    def _forked(self) -> None:
        self._unusable = (
            f"the client was opened in process {os.getppid()}, before a fork; open one in each process after it"
        )
        if self._source is not None:
            self._source.abandon()


def _after_fork() -> None:
    for client in list(_clients):
        client._forked()
    _clients.clear()


def _at_exit() -> None:
    for client in list(_clients):
        client.close(2.0)


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
