"""What can go wrong, by name."""

from typing import Any, Dict, Optional


class AuditError(Exception):
    """The beginning of every error of this package."""


class AppendFailed(AuditError):
    """An append in mode ``sync`` that the log did not acknowledge.

    ``status`` is the HTTP status, or None if there was no answer. ``event`` is what was sent, with its ``event_id`` and
    ``source_seq``: append it again and it is written once, however often. ``may_be_written`` is False only where the
    server said that it wrote nothing.
    """

    def __init__(self, message: str, status: Optional[int], event: Dict[str, Any], may_be_written: bool):
        super().__init__(message)
        self.status = status
        self.event = event
        self.may_be_written = may_be_written


class ClientUnusable(AuditError):
    """The client was closed, or belongs to the process that this one was forked from."""


class SpoolError(AuditError):
    """The spool could not be written: it is unknown whether the event will be sent."""


class SpoolFull(SpoolError):
    """The spool holds ``max_spool_bytes`` that the server has not acknowledged; the event was not accepted."""


class SpoolInUse(SpoolError):
    """Another client, in this or another process, has this spool open."""


class SpoolDamaged(SpoolError):
    """The spool holds something that no client wrote. Nothing of it was changed."""


class VerificationFailed(AuditError):
    """The proof, the root or the signature does not verify, or the server did not send them."""
