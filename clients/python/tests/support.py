"""A real server and a TCP proxy, both of which can be killed.

The variable TALLY is the command that runs tally, for instance "java @jvm.options -jar cli/target/tally.jar".
"""

import atexit
import functools
import json
import logging
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

SOURCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src")
sys.path.insert(0, SOURCE)
logging.getLogger("tallystick").addHandler(logging.NullHandler())

VECTORS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "vectors")


@functools.lru_cache(maxsize=None)
def shared_server():
    """One for all tests that kill none."""
    server = Server().start()
    atexit.register(server.close)
    return server


def needs_server(test):
    return unittest.skipUnless(os.environ.get("TALLY"), "the variable TALLY, the command that runs tally, is not set")(
        test
    )


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """``tally serve`` on a directory of its own."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="tally-")
        self.data = os.path.join(self.directory, "data")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        words = shlex.split(os.environ["TALLY"]) + ["serve", "--data", self.data, "--port", str(self.port)]
        with open(os.path.join(self.directory, "errors"), "ab") as errors:
            self.process = subprocess.Popen(words, stdout=errors, stderr=errors, start_new_session=True)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(self.url + "/healthz", timeout=5):
                    break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the server did not start: " + self.errors()) from None
                time.sleep(0.05)
        with open(os.path.join(self.data, "admin.key")) as file:
            self.key = file.read().strip()
        return self

    def errors(self):
        with open(os.path.join(self.directory, "errors"), errors="replace") as file:
            return file.read()[-2000:]

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def request(self, path, method="GET", body=None):
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=body,
            headers={"X-API-Key": self.key, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read().decode()

    def get(self, path):
        return json.loads(self.request(path))

    def entries(self):
        """All entries that have an event_id, as they are in the log."""
        lines = self.request("/api/audit/export?format=ndjson").splitlines()
        return [entry for entry in map(json.loads, lines) if "event_id" in entry]

    def verifier_key(self):
        return self.get("/api/audit/log")["verifier_keys"][0]

    def new_key(self, name, *permissions):
        body = json.dumps({"name": name, "permissions": permissions}).encode()
        return json.loads(self.request("/api/audit/keys", "POST", body))


class Proxy:
    """Passes bytes on to a port, until its connections are cut."""

    def __init__(self, target):
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Ends every connection with a reset, wherever a request is."""
        with self._lock:
            for one in self._open:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            client.close()
            return
        both = {client: server, server: client}
        with self._lock:
            self._open.update(both)
        try:
            while True:
                for one in select.select(list(both), [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    both[one].sendall(data)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.difference_update(both)
            client.close()
            server.close()


def self_signed(directory):
    """The files of a key and a certificate for 127.0.0.1 that nobody else vouches for; None without openssl."""
    names = ["-subj", "/CN=nobody", "-addext", "subjectAltName=IP:127.0.0.1"]
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split()
    files = [os.path.join(directory, name) for name in ("key.pem", "cert.pem")]
    try:
        subprocess.run([*words, *names, "-keyout", files[0], "-out", files[1]], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return files


class Answers:
    """An HTTP server that gives the answers that a test wants, for what a real one can't be made to do at will."""

    def __init__(self, answer, tls=None):
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        requests = self.requests = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.append(body.decode())
                status, headers, content = answer(len(requests), body)
                data = json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
