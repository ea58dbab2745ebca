import json
import logging
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock

from . import support
from tallystick import AppendFailed, AuditClient, ClientUnusable, VerificationFailed, _sender

_sender.FIRST_DELAY = 0.02

SECRET = "tally_0123456789abcdef_" + "5ec3e7" * 10 + "abcd"


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="client-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.spool = os.path.join(self.directory, "spool")

    def client(self, url, key=SECRET, **options):
        client = AuditClient(url, key, **options)
        self.addCleanup(client.close, 0)
        return client

    def rejected(self):
        try:
            with open(os.path.join(self.spool, "rejected.ndjson")) as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []


def accepted(count):
    return {"entries": [{}] * count}


class OptionsTest(ClientTest):
    def test_the_mode_has_no_default(self):
        with self.assertRaises(ValueError) as raised:
            AuditClient("https://audit.example", "k")
        for mode in ("sync", "spooled", "best_effort"):
            self.assertIn(f'"{mode}"', str(raised.exception))

    def test_what_does_not_fit_together_is_refused(self):
        for options, words in (
            (dict(mode="spooled"), "spool"),
            (dict(mode="sync", spool=self.spool), "spool"),
            (dict(mode="best_effort", capacity=0), "capacity"),
            (dict(mode="spooled", spool=self.spool, when_full="drop"), "when_full"),
            (dict(mode="spooled", spool=self.spool, max_spool_bytes=1), "max_spool_bytes"),
            (dict(mode="sync", key_file="/x"), "key_file"),
            (dict(mode="sync", stream="x" * 129), "stream"),
            (dict(mode="sync", timeout=0), "timeout"),
            (dict(mode="sync", timeout=-1), "timeout"),
        ):
            with self.assertRaisesRegex(ValueError, words):
                AuditClient("https://audit.example", "k", **options)
        with self.assertRaisesRegex(ValueError, "TALLY_URL"):
            AuditClient(mode="sync")

    def test_an_empty_url_or_key_is_not_replaced_by_that_of_the_environment(self):
        with unittest.mock.patch.dict(os.environ, TALLY_URL="https://other.example", TALLY_API_KEY=SECRET):
            for options, word in (
                (dict(url=""), "url"),
                (dict(key=""), "key"),
                (dict(key=" \n"), "key"),
                (dict(key_file=""), "key_file"),
            ):
                with self.assertRaisesRegex(ValueError, f"^{word} is empty"):
                    AuditClient(mode="sync", **options)
            AuditClient(mode="sync").close()

    def test_plain_http_needs_loopback_or_permission(self):
        for url in ("http://audit.example", "http://10.0.0.1:8470", "http://127.0.0.1.example"):
            with self.assertRaisesRegex(ValueError, "allow_http"):
                AuditClient(url, "k", mode="sync")
            AuditClient(url, "k", mode="sync", allow_http=True).close()
        for url in ("http://localhost:8470", "http://127.8.0.1", "http://[::1]:8470/audit", "https://audit.example"):
            AuditClient(url, "k", mode="sync").close()
        for url in (
            "",
            "audit.example",
            "ftp://audit.example",
            "https://user:pw@audit.example",
            "https://a.example?x=1",
        ):
            with self.assertRaises(ValueError):
                AuditClient(url or "x", "k", mode="sync")

    def test_the_key_is_never_shown(self):
        for bad in (SECRET + "\nx", SECRET + " x", SECRET + "é"):
            client = self.client("http://127.0.0.1:1", bad, mode="sync")
            with self.assertRaises(AppendFailed) as raised:
                client.append({"event_type": "a.b"})
            self.assertIn("malformed", str(raised.exception))
            self.assertNotIn("5ec3e7", repr(raised.exception) + repr(raised.exception.__cause__) + repr(client))
        with self.assertLogs("tallystick", logging.DEBUG) as logs:
            client = self.client("http://127.0.0.1:1", mode="best_effort")
            client.append({"event_type": "a.b"})
            client.flush(0.2)
        self.assertNotIn("5ec3e7", str(logs.output))

    def test_a_certificate_that_nobody_vouches_for_is_refused_unless_it_is_given(self):
        files = support.self_signed(self.directory)
        if files is None:
            self.skipTest("the command openssl is missing")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(files[1], files[0])
        answers = support.Answers(lambda n, body: (201, {}, {"id": n, "hash": "h", "timestamp": "t"}), tls)
        self.addCleanup(answers.close)
        event = {"event_type": "a.b"}
        with self.assertRaisesRegex(AppendFailed, "certificate verify failed"):
            self.client(answers.url, mode="sync").append(event)
        self.assertEqual(answers.requests, [])
        given = ssl.create_default_context(cafile=files[1])
        self.assertEqual(self.client(answers.url, mode="sync", ssl_context=given).append(event).id, 1)
        elsewhere = answers.url.replace("127.0.0.1", "localhost")
        with self.assertRaisesRegex(AppendFailed, "mismatch"):
            self.client(elsewhere, mode="sync", ssl_context=given).append(event)

    def test_the_key_is_read_for_each_request(self):
        seen = []
        answers = support.Answers(lambda n, body: (201, {}, {"id": n, "hash": "h", "timestamp": "t"}))
        self.addCleanup(answers.close)
        client = self.client(answers.url, lambda: seen.append(1) or SECRET, mode="sync")
        client.append({"event_type": "a.b"})
        client.append({"event_type": "a.b"})
        self.assertEqual(len(seen), 2)
        path = os.path.join(self.directory, "key")
        with open(path, "w") as file:
            file.write(SECRET + "\n")
        self.assertEqual(AuditClient(answers.url, key_file=path, mode="sync").append({"event_type": "a.b"}).id, 3)


class AnswersTest(ClientTest):
    """What a real server can't be made to answer at will."""

    def answers(self, answer):
        answers = support.Answers(answer)
        self.addCleanup(answers.close)
        return answers

    def spooled(self, answers, **options):
        return self.client(answers.url, mode="spooled", spool=self.spool, **options)

    def test_trouble_of_server_or_key_keeps_the_events_and_warns_once(self):
        troubles = [401, 403, 404, 408, 429, 500, 502, 503, 507, 302, 400, 422]

        def answer(n, body):
            if n <= len(troubles):
                # Not application/problem+json: so 400 and 422 are somebody else's, a proxy's for instance.
                return troubles[n - 1], {}, {"detail": "no"}
            return 201, {}, accepted(1)

        answers = self.answers(answer)
        with self.assertLogs("tallystick", logging.WARNING) as logs:
            client = self.spooled(answers)
            _sender_longest, _sender.LONGEST_DELAY = _sender.LONGEST_DELAY, 0.05
            self.addCleanup(setattr, _sender, "LONGEST_DELAY", _sender_longest)
            client.append({"event_type": "a.b"})
            self.assertEqual(client.flush(30), 0)
        self.assertEqual(len(set(answers.requests)), 1)
        self.assertEqual(len(answers.requests), len(troubles) + 1)
        self.assertEqual(self.rejected(), [])
        self.assertEqual(len(logs.output), 2, logs.output)

    def test_a_200_that_does_not_account_for_each_event_is_no_acknowledgement(self):
        wrong = [
            {},
            [],
            "welcome",
            accepted(0),
            accepted(2),
            {"entries": 1},
            {**accepted(1), "rejected": [{"index": 0, "errors": [{"message": "x"}]}]},
            {"entries": [], "rejected": [{"index": 1, "errors": [{"message": "x"}]}]},
            {"entries": [], "rejected": [{"index": 0, "errors": []}]},
            {"entries": [], "rejected": [{}]},
            {"entries": [{}], "rejected": None},
            {"entries": None},
        ]
        answers = self.answers(lambda n, body: (200, {}, wrong[n - 1] if n <= len(wrong) else accepted(1)))
        client = self.spooled(answers)
        _longest, _sender.LONGEST_DELAY = _sender.LONGEST_DELAY, 0.05
        self.addCleanup(setattr, _sender, "LONGEST_DELAY", _longest)
        client.append({"event_type": "a.b"})
        self.assertEqual(client.flush(30), 0)
        self.assertEqual(len(answers.requests), len(wrong) + 1)
        self.assertEqual(self.rejected(), [])

    def test_a_key_function_that_fails_for_a_while_loses_nothing(self):
        answers = self.answers(lambda n, body: (201, {}, accepted(1)))
        asked = []

        def key():
            asked.append(1)
            if len(asked) < 3:
                raise KeyError("the vault is sealed")
            return SECRET

        client = self.spooled(answers, key=key)
        client.append({"event_type": "a.b"})
        self.assertEqual(client.flush(30), 0)
        self.assertEqual((len(asked), len(answers.requests)), (3, 1))

    def test_retry_after_is_honoured(self):
        times = []

        def answer(n, body):
            times.append(time.monotonic())
            return (503, {"Retry-After": "1"}, {}) if n == 1 else (201, {}, accepted(1))

        client = self.spooled(self.answers(answer))
        client.append({"event_type": "a.b"})
        self.assertEqual(client.flush(30), 0)
        self.assertGreaterEqual(times[1] - times[0], 1)

    def test_a_request_that_is_refused_as_a_whole_is_halved_until_the_bad_event_stands_alone(self):
        problem = {"Content-Type": "application/problem+json"}
        gate = threading.Event()

        def answer(n, body):
            gate.wait(30)
            if b'"bad"' in body:
                return 413, problem, {"detail": "too large", "errors": []}
            return 201, {}, accepted(body.count(b"\n"))

        answers = self.answers(answer)
        told = []
        client = self.spooled(
            answers, on_rejected=lambda event, reason: told.append((event["action"], reason["status"]))
        )
        for n in range(20):
            client.append({"event_type": "a.b", "action": "bad" if n == 13 else "good"})
        gate.set()
        self.assertEqual(client.flush(30), 0)
        self.assertEqual(told, [("bad", 413)])
        self.assertEqual([line["event"]["source_seq"] for line in self.rejected()], [14])
        self.assertEqual(self.rejected()[0]["reason"], "too large")

    def test_a_callback_that_fails_does_not_hold_up_the_others(self):
        answers = self.answers(
            lambda n, body: (
                (409, {"Content-Type": "application/problem+json"}, {"detail": "x"})
                if n == 1
                else (201, {}, accepted(body.count(b"\n")))
            )
        )
        client = self.spooled(answers, on_rejected=lambda *_: 1 / 0)
        client.append({"event_type": "a.b"})
        client.append({"event_type": "a.b"})
        self.assertEqual(client.flush(30), 0)

    def test_best_effort_counts_what_it_drops_and_leaves_a_gap(self):
        up = threading.Event()
        answers = self.answers(lambda n, body: (201, {}, accepted(body.count(b"\n"))) if up.is_set() else (503, {}, {}))
        client = self.client(answers.url, mode="best_effort", capacity=10)
        results = [client.append({"event_type": "a.b"}) for _ in range(25)]
        self.assertEqual([result is None for result in results], [False] * 10 + [True] * 15)
        up.set()
        self.assertEqual(client.flush(30), 0)
        client.append({"event_type": "a.b"})
        self.assertEqual(client.close(30), 0)
        lines = {}
        for request in answers.requests:
            for event in map(json.loads, request.splitlines()):
                lines[event["source_seq"]] = event
        self.assertEqual(sorted(lines), list(range(1, 11)) + [26, 27])
        self.assertEqual((lines[26]["event_type"], lines[26]["details"]), ("client.events_dropped", {"count": 15}))

    def test_close_says_how_many_are_left(self):
        answers = self.answers(lambda n, body: (503, {}, {}))
        for options in (dict(mode="spooled", spool=self.spool), dict(mode="best_effort")):
            client = self.client(answers.url, **options)
            for _ in range(7):
                client.append({"event_type": "a.b"})
            self.assertEqual(client.flush(0.05), 7)
            self.assertEqual(client.close(0.05), 7)
            self.assertEqual(client.close(), 0)
            with self.assertRaises(ClientUnusable):
                client.append({"event_type": "a.b"})

    def test_the_end_of_the_process_sends_what_it_can(self):
        answers = self.answers(lambda n, body: (201, {}, accepted(body.count(b"\n"))))
        program = (
            "import sys; from tallystick import AuditClient; "
            "c = AuditClient(sys.argv[1], 'k', mode='best_effort'); c.append({'event_type': 'a.b'})"
        )
        environment = {**os.environ, "PYTHONPATH": support.SOURCE}
        subprocess.run([sys.executable, "-c", program, answers.url], env=environment, check=True, timeout=30)
        self.assertEqual(len(answers.requests), 1)

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_a_child_does_not_use_its_parents_client(self):
        answers = self.answers(lambda n, body: (201, {}, accepted(body.count(b"\n"))))
        program = """
import os, sys
from tallystick import AuditClient, ClientUnusable, SpoolInUse
url, spool, mode = sys.argv[1:]
options = dict(mode=mode, **({"spool": spool} if mode == "spooled" else {}))
client = AuditClient(url, "k", **options)
if os.fork() == 0:
    try:
        client.append({"event_type": "child"})
    except ClientUnusable as error:
        os._exit(7 if "before a fork" in str(error) else 8)
    os._exit(9)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
client.append({"event_type": "parent"}) if mode != "sync" else None
if mode == "spooled":
    try:
        AuditClient(url, "k", **options)  # the child has not let go of the parent's lock
    except SpoolInUse:
        pass
    else:
        sys.exit(3)
    # A child that lives on does not hold the lock of a parent that is gone.
    if os.fork() == 0:
        os.read(0, 1)
        os._exit(0)
    assert client.close(10) == 0
    AuditClient(url, "k", **options).close()
"""
        environment = {**os.environ, "PYTHONPATH": support.SOURCE}
        for mode in ("sync", "spooled", "best_effort"):
            spool = os.path.join(self.directory, mode)
            words = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, answers.url, spool, mode]
            done = subprocess.run(words, env=environment, input="", capture_output=True, text=True, timeout=30)
            self.assertEqual((done.returncode, done.stderr), (0, ""), mode)
        self.assertNotIn("child", "".join(answers.requests))


@support.needs_server
class ServerTest(ClientTest):
    @classmethod
    def setUpClass(cls):
        cls.server = support.shared_server()

    def found(self, event_id):
        return self.server.get(f"/api/audit?event_id={event_id}")["entries"]

    def test_sync_returns_the_receipt_of_the_entry(self):
        client = self.client(self.server.url, self.server.key, mode="sync")
        receipt = client.append({"event_type": "user.created", "actor_id": 7, "details": {"who": "jörg\udc80"}})
        (entry,) = self.found(receipt.event_id)
        self.assertEqual((entry["id"], entry["hash"]), (receipt.id, receipt.hash))
        self.assertEqual((entry["source_seq"], entry["details"]["who"]), (1, "jörg\ufffd"))
        self.assertEqual(entry["altered"], ["details"])

    def test_sync_raises_what_the_server_says_and_the_event_can_be_sent_again(self):
        client = self.client(self.server.url, self.server.key, mode="sync")
        with self.assertRaisesRegex(AppendFailed, "event_type must be") as raised:
            client.append({"event_type": "a b"})
        self.assertEqual((raised.exception.status, raised.exception.may_be_written), (422, False))
        bad = self.client(self.server.url, SECRET, mode="sync")
        with self.assertRaises(AppendFailed) as raised:
            bad.append({"event_type": "a.b", "action": "late"})
        self.assertEqual(raised.exception.status, 401)
        first = client.append(raised.exception.event)
        again = client.append(raised.exception.event)
        self.assertEqual((first.id, first.replayed, again.replayed), (again.id, False, True))
        self.assertEqual(len(self.found(first.event_id)), 1)

    def test_spooled_events_arrive_once_in_order_with_their_time(self):
        key = self.server.new_key("in-order", "audit.append")["key"]
        with self.client(self.server.url, key, mode="spooled", spool=self.spool, stream="web") as client:
            receipts = [client.append({"event_type": "a.b", "details": {"n": n}}) for n in range(50)]
        self.assertIsNone(receipts[0].id)
        entries = [entry for entry in self.server.entries() if entry["source"] == "in-order"]
        self.assertEqual([entry["event_id"] for entry in entries], [receipt.event_id for receipt in receipts])
        self.assertEqual([entry["source_seq"] for entry in entries], list(range(1, 51)))
        self.assertEqual({entry["details"]["stream"] for entry in entries}, {"web"})
        for entry in entries:
            self.assertLess(entry["occurred_at"], entry["timestamp"])

    def test_a_bad_event_goes_to_the_dead_letters_and_the_others_go_on(self):
        told = []
        key = self.server.new_key("dead-letters", "audit.append")["key"]
        client = self.client(
            self.server.url, key, mode="spooled", spool=self.spool, on_rejected=lambda *both: told.append(both)
        )
        for event_type in ("a.b", "a b", "a.b", "audit.log.created", "a.b"):
            client.append({"event_type": event_type, "actor_username": "x" * 3000})
        self.assertEqual(client.close(30), 0)
        entries = [entry for entry in self.server.entries() if entry["source"] == "dead-letters"]
        self.assertEqual([entry["source_seq"] for entry in entries], [1, 3, 5])
        self.assertEqual(entries[0]["altered"], ["actor_username"])
        self.assertEqual([line["event"]["source_seq"] for line in self.rejected()], [2, 4])
        self.assertIn("event_type must be", self.rejected()[0]["reason"])
        self.assertEqual([event["source_seq"] for event, _ in told], [2, 4])

    def test_a_revoked_key_loses_nothing(self):
        old = self.server.new_key("revoked", "audit.append")
        self.server.request(f"/api/audit/keys/{old['id']}", "DELETE")
        key = [old["key"]]
        client = self.client(self.server.url, lambda: key[0], mode="spooled", spool=self.spool)
        receipt = client.append({"event_type": "a.b"})
        self.assertEqual(client.flush(0.3), 1)
        key[0] = self.server.new_key("its-successor", "audit.append")["key"]
        self.assertEqual(client.flush(30), 0)
        self.assertEqual(len(self.found(receipt.event_id)), 1)
        self.assertEqual(self.rejected(), [])

    def test_an_idle_connection_that_was_cut_is_replaced(self):
        proxy = support.Proxy(self.server.port)
        self.addCleanup(proxy.close)
        client = self.client(proxy.url, self.server.key, mode="sync")
        first = client.append({"event_type": "a.b"})
        proxy.cut()
        self.assertGreater(client.append({"event_type": "a.b"}).id, first.id)

    def test_what_the_server_does_not_send_is_not_verified(self):
        key = self.server.new_key("writes-only", "audit.append")["key"]
        for url, given, words in (
            (self.server.url, key, "HTTP 403"),
            (self.server.url, self.server.key, "HTTP 404"),
            (f"http://127.0.0.1:{support.free_port()}", key, "refused"),
        ):
            client = self.client(url, given, mode="sync")
            with self.assertRaisesRegex(VerificationFailed, f"entry 999999999: .*{words}") as raised:
                client.verify_receipt(999999999, "example.com/audit+29b87bfc+AQ")
            self.assertIsInstance(raised.exception.__cause__, OSError)

    @unittest.skipUnless(__import__("importlib").util.find_spec("cryptography"), "the package cryptography is missing")
    def test_a_receipt_is_verified_with_the_key_that_one_knows(self):
        client = self.client(self.server.url, self.server.key, mode="sync")
        receipt = client.append({"event_type": "a.b"})
        known = self.server.verifier_key()
        for one in (receipt, receipt.id):
            checkpoint = client.verify_receipt(one, known)
            self.assertGreaterEqual(checkpoint.size, receipt.id)
        forged = receipt._replace(hash=receipt.hash[:-1] + ("0" if receipt.hash[-1] != "0" else "1"))
        with self.assertRaisesRegex(VerificationFailed, "does not lead"):
            client.verify_receipt(forged, known)
        with self.assertRaisesRegex(VerificationFailed, "none of the keys"):
            client.verify_receipt(receipt, "example.com/audit+29b87bfc+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4")
