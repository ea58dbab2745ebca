"""HTTP to one server: which addresses are allowed, the key, connections that are used again."""

import email.utils
import http.client
import ipaddress
import json
import os
import ssl
import threading
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Union
from urllib.parse import urlsplit

Key = Union[str, Callable[[], str]]

MAX_ANSWER_BYTES = 64 << 20


class Answer(NamedTuple):
    status: int
    retry_after: Optional[float]  # seconds
    is_problem: bool  # RFC 9457: the server's own words, not a proxy's
    body: bytes

    def json(self) -> Optional[Dict[str, Any]]:
        """None where it is no JSON object."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return content if isinstance(content, dict) else None

    def words(self) -> str:
        """What the server said, for a person."""
        detail = (self.json() or {}).get("detail")
        return f"HTTP {self.status}: {str(detail)[:500]}" if detail else f"HTTP {self.status}"


class Transport:
    """Sends requests, from any thread. Never shows the key in a message."""

    def __init__(
        self,
        url: str,
        key: Optional[Key],
        key_file: Optional[Union[str, "os.PathLike[str]"]],
        allow_http: bool,
        timeout: float,
        ssl_context: Optional[ssl.SSLContext],
    ):
        parts = urlsplit(url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.query
            or parts.fragment
        ):
            raise ValueError(
                "url must be http:// or https://, a host and perhaps a path, for instance https://audit.example.com"
            )
        if parts.scheme == "http" and not (allow_http or _is_loopback(parts.hostname)):
            raise ValueError(
                f"url is plain http to {parts.hostname}, where others can read the key; "
                "use https, or allow_http=True if the network between is yours"
            )
        if key is not None and key_file is not None:
            raise ValueError("key and key_file exclude each other")
        self._https = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port
        self._base = parts.path.rstrip("/")
        self._key = key
        self._key_file = key_file
        self._timeout = timeout
        self._ssl = (ssl_context or ssl.create_default_context()) if self._https else None
        self._lock = threading.Lock()
        self._idle: List[http.client.HTTPConnection] = []

    def request(
        self,
        method: str,
        path: str,
        body: Optional[bytes] = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Answer:
        """The server's answer, whatever its status.

        Raises if there is none: OSError, http.client.HTTPException, or what a function that was given for the key does.
        """
        headers = {"Accept": accept, "User-Agent": "tallystick-python", "Authorization": "Bearer " + self._read_key()}
        if body is not None:
            headers["Content-Type"] = content_type
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            try:
                return self._exchange(connection, method, path, body, headers)
            except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError):
                pass  # The server closed it while it was idle. To send an event again is safe: it has an event_id.
        return self._exchange(self._connect(), method, path, body, headers)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        if self._https:
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._ssl)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: Optional[bytes],
        headers: Dict[str, str],
    ) -> Answer:
        try:
            connection.request(method, self._base + path, body, headers)
            response = connection.getresponse()
            content = response.read(MAX_ANSWER_BYTES + 1)
            if len(content) > MAX_ANSWER_BYTES:
                raise http.client.HTTPException(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
            if response.length:
                raise http.client.IncompleteRead(content, response.length)  # read(n) itself does not say
            is_problem = response.headers.get_content_type() == "application/problem+json"
            answer = Answer(response.status, _seconds(response.headers.get("Retry-After")), is_problem, content)
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return answer

    def _read_key(self) -> str:
        # Read for each request, so that a new key needs no restart.
        if self._key_file is not None:
            with open(self._key_file, encoding="ascii", errors="replace") as file:
                key = file.read(1000)
        elif callable(self._key):
            key = self._key()
        else:
            key = os.environ.get("TALLY_API_KEY", "") if self._key is None else self._key
        key = key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            # http.client would show a key with a control character in its own message.
            raise OSError("the API key is missing or malformed; give key, key_file or the variable TALLY_API_KEY")
        return key


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _seconds(retry_after: Optional[str]) -> Optional[float]:
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
