"""Requests to a Starlette, FastAPI or other ASGI application as audit events."""

import asyncio
import functools
import time
from typing import Any, Awaitable, Callable, Dict, MutableMapping, Optional

from .client import AuditClient

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LONGEST_TEXT = 4_096  # characters; what is longer than the log's limits is cut there, and named in `altered`

Describe = Callable[[Scope, Optional[int], float], Optional[Dict[str, Any]]]


def describe_request(scope: Scope, status: Optional[int], seconds: float) -> Optional[Dict[str, Any]]:
    """The default: every request that is not GET, HEAD or OPTIONS, and every one that was refused or failed.

    The query string is left out, since it may hold secrets.
    """
    method, path = scope["method"], (scope.get("root_path", "") + scope["path"])[:LONGEST_TEXT]
    failed = status is None or status >= 400
    if method in ("GET", "HEAD", "OPTIONS") and not failed:
        return None
    agent = dict(scope["headers"]).get(b"user-agent")
    client = scope.get("client")
    user = scope.get("user")
    return {
        "event_type": "http.request",
        "outcome": "unknown" if status is None else "failure" if failed else "success",
        "actor_ip": client[0] if client else None,
        "actor_username": getattr(user, "display_name", None) or None,
        "user_agent": agent.decode("latin-1")[:LONGEST_TEXT] if agent is not None else None,
        "action": f"{method} {path}",
        "details": {"method": method, "path": path, "status": status, "duration_ms": round(seconds * 1000, 1)},
    }


class AuditMiddleware:
    """Appends an event for each request, before the last part of its response is sent.

    So whoever has the whole response knows that the event was accepted as the client's mode says: in mode ``sync`` it
    is in the log. If the append fails, its error goes to the server, which cuts the response.

    ``describe(scope, status, seconds)`` makes the event, or None for none; status is None where no response was begun.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], client: AuditClient, describe: Describe = describe_request):
        self._app = app
        self._client = client
        self._describe = describe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun = time.monotonic()
        status: Optional[int] = None
        recorded = False

        async def record() -> None:
            nonlocal recorded
            recorded = True
            event = self._describe(scope, status, time.monotonic() - begun)
            if event is not None:
                # append waits for the disk or the server, which the event loop must not.
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(None, functools.partial(self._client.append, event))

        async def send_and_record(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and not message.get("more_body", False) and not recorded:
                await record()
            await send(message)

        try:
            await self._app(scope, receive, send_and_record)
        except Exception:
            status = 500  # which is what the server answers, if it still can
            raise
        finally:
            if not recorded:
                await asyncio.shield(record())  # the application failed, or the client went away
