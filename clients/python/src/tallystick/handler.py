"""Records of ``logging`` as audit events."""

import json
import logging
from typing import Any, Dict, Optional

from .client import AuditClient

# The fields of an event that `extra` may set; anything else in it becomes a detail.
FIELDS = frozenset(
    "event_type outcome severity tenant actor_type actor_id actor_username actor_ip user_agent actor_host session_id "
    "target_type target_id action target_name occurred_at event_id request_id trace_id".split()
)
LONGEST_TEXT = 4_096  # characters; what is longer than the log's limits is cut there, and named in `altered`
LONGEST_DETAILS = 48_000
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class AuditHandler(logging.Handler):
    """Appends each record: its message as ``action``, its level as ``severity``, and what ``extra`` has.

    ``logger.warning("login failed", extra={"event_type": "auth.login.failed", "actor_username": name})``

    Give a client, which stays yours to close, or the options of one. As with every handler, an error while a record
    is appended goes to ``handleError`` and not to the caller; call ``AuditClient.append`` where it must.
    """

    def __init__(
        self,
        client: Optional[AuditClient] = None,
        *,
        event_type: str = "app.log",
        level: int = logging.NOTSET,
        **options: Any,
    ):
        super().__init__(level)
        if client is not None and options:
            raise ValueError(f"give a client or options for one, not both: {', '.join(options)}")
        self._own = client is None
        self._client = client if client is not None else AuditClient(**options)
        self._event_type = event_type

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] == "tallystick":
            return  # What the client says about its own trouble would make more of it.
        try:
            self._client.append(self._event(record))
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        if self._own:
            self._client.flush(5.0)

    def close(self) -> None:
        if self._own:
            self._client.close()
        super().close()

    def _event(self, record: logging.LogRecord) -> Dict[str, Any]:
        message = record.getMessage()
        event: Dict[str, Any] = {
            "event_type": self._event_type,
            "severity": _severity(record.levelno),
            "action": message[:256],
        }
        details: Dict[str, Any] = {"logger": record.name, "level": record.levelname}
        if len(message) > 256:
            details["message"] = message[:LONGEST_TEXT]
        if record.exc_info:
            details["exception"] = logging.Formatter().formatException(record.exc_info)[-LONGEST_TEXT:]
        extra: Dict[str, Any] = {}
        for name, value in vars(record).items():
            if name in FIELDS:
                event[name] = value[:LONGEST_TEXT] if isinstance(value, str) else value
            elif name == "details" and isinstance(value, dict):
                extra.update(value)
            elif name not in _STANDARD:
                extra[name] = value
        # Whatever somebody logs is recorded somehow, or who chooses its length could choose not to be logged.
        if len(json.dumps(extra, default=str, skipkeys=True)) > LONGEST_DETAILS:
            extra = {"left_out": [str(name)[:100] for name in list(extra)[:100]]}
        event["details"] = {**details, **extra}
        # An object as its text, NaN as "NaN".
        return json.loads(json.dumps(event, default=str, skipkeys=True), parse_constant=str)


def _severity(level: int) -> str:
    for least, severity in (
        (logging.CRITICAL, "critical"),
        (logging.ERROR, "high"),
        (logging.WARNING, "medium"),
    ):
        if level >= least:
            return severity
    return "informational"
