"""Sends batches in the background until the server has acknowledged them."""

import json
import logging
import random
import threading
from typing import Any, Callable, Dict, List, Optional, Protocol, Tuple

from ._transport import Answer, Transport
from .errors import SpoolError

# Too long fields are cut by the server and named in the entry's `altered`; one bad event does not hold up the others.
PATH = "/api/audit/events?partial=true&oversize=truncate"

FIRST_DELAY = 0.1  # seconds
LONGEST_DELAY = 30.0
LONGEST_RETRY_AFTER = 300.0

# Here the server speaks of the event. Any other answer is about the request, the key or the server: the event is kept.
REFUSALS = (400, 409, 413, 422)

_log = logging.getLogger("tallystick")

OnRejected = Callable[[Dict[str, Any], Dict[str, Any]], None]


class Source(Protocol):
    """Where events wait: a spool or a buffer."""

    def take(self) -> Any: ...

    def acknowledge(self, batch: Any) -> None: ...

    def reject(self, payload: bytes, reason: Dict[str, Any]) -> None: ...


class Sender(threading.Thread):
    """One thread, one request at a time, in order."""

    def __init__(self, source: Source, transport: Transport, on_rejected: Optional[OnRejected]):
        super().__init__(name="tallystick-sender", daemon=True)
        self._source = source
        self._transport = transport
        self._on_rejected = on_rejected
        self._stopped = threading.Event()
        self._warned = False

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        try:
            while True:
                batch = self._source.take()
                if batch is None or not self._deliver(batch.payloads):
                    return
                self._insist(self._source.acknowledge, batch)
        except SpoolError as error:
            _log.error("sending audit events has stopped: %s", error)

    def _deliver(self, payloads: List[bytes]) -> bool:
        """True when the server has acknowledged or refused each of them; False when stopped before."""
        delay = FIRST_DELAY
        while True:
            answer, why = self._post(payloads)
            if answer is not None and answer.is_problem and answer.status in REFUSALS:
                if len(payloads) == 1:
                    problem = answer.json() or {}
                    self._reject(payloads[0], answer.status, problem.get("detail", ""), problem.get("errors", []))
                    return True
                half = len(payloads) // 2
                return self._deliver(payloads[:half]) and self._deliver(payloads[half:])
            rejected = _rejected(answer, len(payloads)) if answer is not None else None
            if rejected is not None:
                for index, errors in rejected:
                    self._reject(payloads[index], 422, errors[0]["message"], errors)
                if self._warned:
                    self._warned = False
                    _log.warning("the audit server accepts events again")
                return True
            if not self._warned:
                self._warned = True
                _log.warning("audit events are kept and sent later: %s", why)
            wished = min(answer.retry_after or 0.0, LONGEST_RETRY_AFTER) if answer is not None else 0.0
            if self._stopped.wait(max(delay * random.uniform(0.5, 1), wished)):
                return False
            delay = min(2 * delay, LONGEST_DELAY)

    def _post(self, payloads: List[bytes]) -> Tuple[Optional[Answer], str]:
        try:
            answer = self._transport.request("POST", PATH, b"\n".join(payloads) + b"\n", "application/x-ndjson")
            return answer, answer.words()
        except Exception as error:  # whatever a function for the key raises must not end this thread
            return None, f"{type(error).__name__}: {error}"

    def _insist(self, write: Callable[..., None], *arguments: Any) -> None:
        """Waits out a full disk."""
        delay = FIRST_DELAY
        while True:
            try:
                return write(*arguments)
            except OSError as error:
                _log.error("the spool can't be written, which holds up sending: %s", error)
                if self._stopped.wait(delay):
                    return
                delay = min(2 * delay, LONGEST_DELAY)

    def _reject(self, payload: bytes, status: int, words: str, errors: List[Any]) -> None:
        reason = {"status": status, "reason": words, "errors": errors}
        self._insist(self._source.reject, payload, reason)
        event = json.loads(payload)
        _log.error("the audit server refused the event %s: %s", event["event_id"], words)
        if self._on_rejected is not None:
            try:
                self._on_rejected(event, reason)
            except Exception:
                _log.exception("on_rejected failed")


def _rejected(answer: Answer, count: int) -> Optional[List[Tuple[int, Any]]]:
    """Which events the server left out, with its errors; None where this is no acknowledgement of them all.

    A 200 alone says nothing: a proxy or a login page answers that too.
    """
    content = answer.json()
    if answer.status not in (200, 201, 207) or content is None:
        return None
    try:
        rejected = [(item["index"], item["errors"]) for item in content.get("rejected", [])]
        if len(content["entries"]) + len(rejected) == count:
            if all(0 <= index < count and errors[0]["message"] for index, errors in rejected):
                return rejected
    except (TypeError, LookupError):
        pass
    return None
