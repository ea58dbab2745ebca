"""Makes the bytes of an event: everything but its ``source_seq``, which is known only when it gets its place."""

import json
import os
import time
from datetime import datetime, timezone
from typing import Any, Mapping, Tuple

DEFAULT_STREAM = "default"
# More than any entry can have, so that what is too long is cut or refused by the server.
MAX_EVENT_BYTES = 128 << 10
SEQ_BYTES = len('"source_seq":9223372036854775807,')

_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def uuid7() -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    text = "%032x" % value
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def encode(event: Mapping[str, Any], stream: str, dated: bool) -> Tuple[str, bytes]:
    """The event's id and its JSON without ``source_seq``.

    ``dated`` says when it happened, for an event that the log may get much later.
    """
    if not isinstance(event, Mapping) or not isinstance(event.get("event_type"), str):
        raise ValueError(
            "an event must be a mapping with a string event_type, for instance "
            f'{{"event_type": "auth.login.failed"}}, but was a {type(event).__name__}'
            + (" without one" if isinstance(event, Mapping) else "")
        )
    if event.get("source_seq") is not None:
        raise ValueError("source_seq is counted by the client; leave it out")
    fields = {name: value for name, value in event.items() if value is not None}
    event_id = fields.setdefault("event_id", uuid7())
    if dated:
        fields.setdefault("occurred_at", now())
    if stream != DEFAULT_STREAM:
        details = fields.get("details", {})
        if not isinstance(details, Mapping) or "stream" in details:
            raise ValueError('details must be a mapping without "stream", which is where the client puts its stream')
        fields["details"] = {**details, "stream": stream}
    body = _JSON.encode(fields).encode("ascii")
    if len(body) > MAX_EVENT_BYTES - SEQ_BYTES:
        raise ValueError(f"an event must have at most {MAX_EVENT_BYTES - SEQ_BYTES} bytes as JSON, but had {len(body)}")
    return event_id, body


def with_seq(body: bytes, seq: int) -> bytes:
    return b'{"source_seq":%d,' % seq + body[1:]
