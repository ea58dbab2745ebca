"""Append to a Tallystick audit log."""

from .client import AuditClient, Receipt
from .errors import (
    AppendFailed,
    AuditError,
    ClientUnusable,
    SpoolDamaged,
    SpoolError,
    SpoolFull,
    SpoolInUse,
    VerificationFailed,
)

__all__ = [
    "AppendFailed",
    "AuditClient",
    "AuditError",
    "ClientUnusable",
    "Receipt",
    "SpoolDamaged",
    "SpoolError",
    "SpoolFull",
    "SpoolInUse",
    "VerificationFailed",
]
