"""Puts a Tallystick log in the place of SimpleTuner's own audit store.

    from simpletuner.simpletuner_sdk.server.services.cloud import audit
    audit._audit_store = AuditStore(AuditClient(url, key, mode="sync"))

``get_audit_store()`` and ``audit_log(...)`` there then use the log. The key needs ``audit.append`` and ``admin.audit``.
"""

import asyncio
import functools
import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional
from urllib.parse import urlencode

from .client import AuditClient

LONGEST_PAGE = 500


@dataclass
class AuditEntry:
    """An entry, with the attributes that SimpleTuner's has."""

    id: int
    timestamp: str
    event_type: str
    actor_id: Optional[int]
    actor_username: Optional[str]
    actor_ip: Optional[str]
    target_type: Optional[str]
    target_id: Optional[str]
    action: str
    details: Dict[str, Any] = field(default_factory=dict)
    previous_hash: str = ""
    entry_hash: str = ""


class AuditStore:
    """The methods of SimpleTuner's AuditStore, with the same parameters and results.

    ``log`` returns the entry's id, so the client must be in mode ``sync``.
    """

    def __init__(self, client: AuditClient):
        if client.mode != "sync":
            raise ValueError(
                f'the client must be in mode "sync", because log returns an id, but was in "{client.mode}"'
            )
        self._client = client

    async def log(
        self,
        event_type: Any,
        action: str,
        actor_id: Optional[int] = None,
        actor_username: Optional[str] = None,
        actor_ip: Optional[str] = None,
        target_type: Optional[str] = None,
        target_id: Optional[str] = None,
        details: Optional[Dict[str, Any]] = None,
    ) -> int:
        """Appends an event; ``event_type`` is SimpleTuner's enum or a string. Raises AppendFailed."""
        event = {
            "event_type": getattr(event_type, "value", event_type),
            "action": action,
            "actor_id": actor_id,
            "actor_username": actor_username,
            "actor_ip": actor_ip,
            "target_type": target_type,
            "target_id": target_id,
            "details": details or None,
        }
        receipt = await _in_thread(self._client.append, event)
        return receipt.id

    async def query(
        self,
        event_types: Optional[List[str]] = None,
        actor_id: Optional[int] = None,
        target_type: Optional[str] = None,
        target_id: Optional[str] = None,
        since: Optional[str] = None,
        until: Optional[str] = None,
        limit: int = 100,
        offset: int = 0,
    ) -> List[AuditEntry]:
        """Entries that match, newest first."""
        filters = {
            "event_type": event_types or None,
            "actor_id": actor_id,
            # SimpleTuner passes over empty ones.
            "target_type": _literal(target_type),
            "target_id": _literal(target_id),
            "since": since or None,
            "until": until or None,
        }
        entries: List[AuditEntry] = []
        while len(entries) < limit:
            count = min(limit - len(entries), LONGEST_PAGE)
            page = await self._get("/api/audit", limit=count, offset=offset + len(entries), **filters)
            entries += [_entry(one) for one in page["entries"]]
            if not page["has_more"]:
                break
        return entries

    async def verify_chain(self, start_id: Optional[int] = None, end_id: Optional[int] = None) -> Dict[str, Any]:
        """``valid``, ``entries_checked``, ``broken_links``, ``first_id``, ``last_id`` and more."""
        return await self._get("/api/audit/verify", start_id=start_id, end_id=end_id)

    async def get_stats(self) -> Dict[str, Any]:
        """Counts: ``total_entries``, ``by_type``, ``last_24h``, ``first_entry``, ``last_entry`` and more."""
        return await self._get("/api/audit/stats")

    async def _get(self, path: str, **parameters: Any) -> Dict[str, Any]:
        query = urlencode({name: value for name, value in parameters.items() if value is not None}, doseq=True)
        return json.loads(await _in_thread(self._client.get, f"{path}?{query}" if query else path))


def _literal(value: Optional[str]) -> Optional[str]:
    """A star at the end would make it a prefix."""
    return value + "*" if value and value.endswith("*") else value or None


def _entry(fields: Dict[str, Any]) -> AuditEntry:
    actor_id = fields["actor_id"]
    same = "id timestamp event_type actor_ip target_type target_id action previous_hash".split()
    return AuditEntry(
        # Others than SimpleTuner may have ids that are texts, which its answers have no room for.
        actor_id=actor_id if isinstance(actor_id, int) else None,
        actor_username=fields["actor_username"] or (actor_id if isinstance(actor_id, str) else None),
        details=fields["details"] or {},
        entry_hash=fields["hash"],
        **{name: fields[name] for name in same},
    )


async def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, functools.partial(function, *arguments))
