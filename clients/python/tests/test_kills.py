import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter

from . import support

LONG = os.environ.get("TALLYSTICK_LONG") == "1"
KILLS = 200 if LONG else 10


@support.needs_server
class KillsTest(unittest.TestCase):
    """Client, server and connections end at random. Nothing that was returned is lost, doubled or out of number."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="kills-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.spool = os.path.join(self.directory, "spool")
        self.returned = os.path.join(self.directory, "returned")
        self.server = support.Server().start()
        self.addCleanup(self.server.close)
        self.proxy = support.Proxy(self.server.port)
        self.addCleanup(self.proxy.close)
        key = self.server.new_key("killed", "audit.append")["key"]
        self.environment = {**os.environ, "TALLY_API_KEY": key, "PYTHONPATH": support.SOURCE}
        self.client = None

    def run_client(self, *more):
        words = [sys.executable, "-m", "tests.appender", self.proxy.url, self.spool, self.returned, *more]
        return subprocess.Popen(words, cwd=os.path.dirname(support.SOURCE), env=self.environment)

    def start_client(self):
        self.client = self.run_client()

    def kill_client(self):
        self.client.kill()
        self.client.wait()

    def wait_for_appends(self):
        """Lets the client return from some, which a full spool does only after the server acknowledged others."""
        size = self.returned_bytes()
        deadline = time.monotonic() + 20
        while self.returned_bytes() == size and time.monotonic() < deadline:
            time.sleep(0.01)

    def returned_bytes(self):
        return os.path.getsize(self.returned) if os.path.exists(self.returned) else 0

    def test_what_was_returned_is_in_the_log_once_and_numbers_have_no_gap(self):
        random.seed()
        kinds = Counter()
        self.start_client()
        try:
            for n in range(KILLS):
                self.wait_for_appends()
                time.sleep(random.uniform(0, 0.3))
                self.assertIsNone(self.client.poll(), "the client ended by itself")
                # Each of them at least once.
                kind = (
                    ("client", "server", "connections")[n]
                    if n < 3
                    else random.choice(("client", "server", "connections"))
                )
                kinds[kind] += 1
                if kind == "client":
                    self.kill_client()
                    self.start_client()
                elif kind == "server":
                    self.server.kill()
                    self.server.start()
                else:
                    self.proxy.cut()
            time.sleep(0.5)
        finally:
            self.kill_client()
        self.assertEqual(self.run_client("120").wait(), 0, "events are left in the spool")

        with open(self.returned, "rb") as file:
            returned = [line.decode() for line in file.read().split(b"\n") if len(line) == 36]
        entries = [entry for entry in self.server.entries() if entry["source"] == "killed"]
        times = Counter(entry["event_id"] for entry in entries)
        numbers = [entry["source_seq"] for entry in entries]
        missing = [event_id for event_id in returned if event_id not in times]
        print(
            f"\n{sum(kinds.values())} kills {dict(kinds)}: {len(returned)} appends returned, {len(entries)} entries, "
            f"{len(missing)} missing, {len(times)} different ids, numbers to {max(numbers)}",
            file=sys.stderr,
        )
        self.assertGreater(len(returned), 100)
        self.assertEqual(missing, [])
        self.assertEqual([event_id for event_id, count in times.items() if count > 1], [])
        self.assertEqual(numbers, list(range(1, len(entries) + 1)))
        self.assertFalse(os.path.exists(os.path.join(self.spool, "rejected.ndjson")))
