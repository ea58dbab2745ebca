import asyncio
import json
import logging
import logging.config
import unittest
import uuid

from . import support
from tallystick import AuditClient
from tallystick._event import encode
from tallystick.asgi import AuditMiddleware
from tallystick.handler import AuditHandler
from tallystick.simpletuner import AuditEntry, AuditStore


class Collected:
    """Where events end up without a server."""

    mode = "sync"

    def __init__(self, error=None):
        self.events = []
        self.error = error

    def append(self, event):
        if self.error:
            raise self.error
        self.events.append(event)
        json.dumps(event, allow_nan=False)


class HandlerTest(unittest.TestCase):
    def setUp(self):
        self.client = Collected()
        self.logger = logging.Logger("shop.login")
        self.logger.addHandler(AuditHandler(self.client))

    def test_a_record_becomes_an_event(self):
        self.logger.warning(
            "login of %s failed",
            "bob",
            extra={"event_type": "auth.login.failed", "actor_username": "bob", "tries": 3, "details": {"realm": "x"}},
        )
        (event,) = self.client.events
        self.assertEqual(
            event,
            {
                "event_type": "auth.login.failed",
                "severity": "medium",
                "action": "login of bob failed",
                "actor_username": "bob",
                "details": {"logger": "shop.login", "level": "WARNING", "tries": 3, "realm": "x"},
            },
        )

    def test_levels_are_severities(self):
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(self.logger, level)("x")
        severities = [event["severity"] for event in self.client.events]
        self.assertEqual(severities, ["informational", "informational", "medium", "high", "critical"])

    def test_long_messages_exceptions_and_strange_values_are_kept(self):
        try:
            raise KeyError("who")
        except KeyError:
            self.logger.exception("x" * 300, extra={"o": Exception, "nan": float("nan"), "d": {1: {"s"}, (2,): 3}})
        (event,) = self.client.events
        self.assertEqual((len(event["action"]), len(event["details"]["message"])), (256, 300))
        self.assertIn("KeyError: 'who'", event["details"]["exception"])
        self.assertEqual(event["details"]["nan"], "NaN")
        self.assertEqual(event["details"]["o"], "<class 'Exception'>")
        self.assertEqual(event["details"]["d"], {"1": "{'s'}"})

    def test_no_length_keeps_a_record_out(self):
        huge = "ä" * 1_000_000
        self.logger.warning("login of %s failed", huge, extra={"actor_username": huge, "actor_id": huge, "x": 1})
        self.logger.warning("x", extra={"actor_id": uuid.UUID(int=7), "a": huge, "b": {n: n for n in range(100_000)}})
        for event in self.client.events:
            encode(event, "default", dated=True)
        self.assertEqual(self.client.events[0]["details"]["x"], 1)
        self.assertEqual(self.client.events[1]["details"]["left_out"], ["a", "b"])
        self.assertEqual(self.client.events[1]["actor_id"], "00000000-0000-0000-0000-000000000007")

    def test_the_clients_own_records_are_left_out(self):
        logger = logging.Logger("tallystick")
        logger.addHandler(AuditHandler(self.client))
        logger.error("x")
        self.assertEqual(self.client.events, [])

    def test_an_error_does_not_reach_the_caller(self):
        self.client.error = OSError("x")
        handler = self.logger.handlers[0]
        handled = []
        handler.handleError = handled.append
        self.logger.info("y")
        self.assertEqual(len(handled), 1)

    def test_a_client_or_options_for_one(self):
        with self.assertRaisesRegex(ValueError, "url"):
            AuditHandler(self.client, url="http://localhost")


def request(app, method="POST", path="/users", headers=(), **scope):
    """What a server would send, and what came of it."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": list(headers),
        "client": ("10.0.0.7", 4711),
        "query_string": b"token=secret",
        **scope,
    }
    try:
        asyncio.run(app(scope, receive, send))
    except Exception as error:
        sent.append(error)
    return sent


def answering(status, before=None):
    async def app(scope, receive, send):
        if before:
            raise before
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"1", "more_body": True})
        await send({"type": "http.response.body", "body": b"2"})

    return app


class MiddlewareTest(unittest.TestCase):
    def setUp(self):
        self.client = Collected()

    def test_a_request_becomes_an_event_without_its_query(self):
        app = AuditMiddleware(answering(201), self.client)
        user = type("User", (), {"display_name": "bob"})()
        request(app, headers=[(b"user-agent", b"curl/8 \xe9")], user=user, root_path="/v1")
        (event,) = self.client.events
        self.assertEqual(event["details"].pop("duration_ms") >= 0, True)
        self.assertEqual(
            event,
            {
                "event_type": "http.request",
                "outcome": "success",
                "actor_ip": "10.0.0.7",
                "actor_username": "bob",
                "user_agent": "curl/8 é",
                "action": "POST /v1/users",
                "details": {"method": "POST", "path": "/v1/users", "status": 201},
            },
        )

    def test_no_length_keeps_a_request_out(self):
        headers = [(b"user-agent", b"\xe4" * 100_000)]
        request(AuditMiddleware(answering(401), self.client), path="/" + "ä" * 100_000, headers=headers)
        encode(self.client.events[0], "default", dated=True)

    def test_reading_is_recorded_only_where_it_was_refused(self):
        for status, count in ((200, 0), (304, 0), (403, 1), (500, 2)):
            request(AuditMiddleware(answering(status), self.client), method="GET")
            self.assertEqual(len(self.client.events), count)
        self.assertEqual({event["outcome"] for event in self.client.events}, {"failure"})

    def test_the_event_is_appended_before_the_response_is_whole(self):
        class Watching(Collected):
            def append(inner, event):
                super().append(event)
                self.assertEqual([m.get("body") for m in sent_so_far], [None, b"1"])

        sent_so_far = []

        async def main():
            async def send(message):
                sent_so_far.append(message)

            client = Watching()
            scope = {"type": "http", "method": "PUT", "path": "/", "headers": [], "client": None}
            await AuditMiddleware(answering(200), client)(scope, None, send)
            self.assertEqual(len(client.events), 1)

        asyncio.run(main())
        self.assertEqual(len(sent_so_far), 3)

    def test_a_failed_append_cuts_the_response(self):
        self.client.error = OSError("no log")
        sent = request(AuditMiddleware(answering(200), self.client))
        self.assertEqual([m.get("body") for m in sent[:-1]], [None, b"1"])
        self.assertIsInstance(sent[-1], OSError)

    def test_an_application_that_fails_is_recorded_once(self):
        sent = request(AuditMiddleware(answering(0, before=RuntimeError("bug")), self.client), method="GET")
        self.assertIsInstance(sent[-1], RuntimeError)
        (event,) = self.client.events
        self.assertEqual((event["outcome"], event["details"]["status"]), ("failure", 500))

    def test_a_client_that_went_away_is_recorded_once(self):
        async def cancelled(scope, receive, send):
            raise asyncio.CancelledError

        async def main():
            scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": None}
            with self.assertRaises(asyncio.CancelledError):
                await AuditMiddleware(cancelled, self.client)(scope, None, None)

        asyncio.run(main())
        (event,) = self.client.events
        self.assertEqual((event["outcome"], event["details"]["status"]), ("unknown", None))

    def test_other_protocols_pass(self):
        seen = []

        async def app(scope, receive, send):
            seen.append(scope["type"])

        request(AuditMiddleware(app, self.client), type="websocket")
        self.assertEqual((seen, self.client.events), (["websocket"], []))

    def test_describe_decides(self):
        app = AuditMiddleware(
            answering(200), self.client, lambda scope, status, s: {"event_type": "x", "action": str(status)}
        )
        request(app, method="GET")
        self.assertEqual(self.client.events, [{"event_type": "x", "action": "200"}])


@support.needs_server
class ServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = support.shared_server()

    def test_logging_is_configured_by_a_dictionary(self):
        options = {"class": "tallystick.handler.AuditHandler", "url": self.server.url, "key": self.server.key}
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "handlers": {"audit": {**options, "mode": "best_effort"}},
                "loggers": {"shop": {"handlers": ["audit"], "level": "INFO", "propagate": False}},
            }
        )
        logging.getLogger("shop").info("opened", extra={"event_type": "shop.opened", "target_id": "7"})
        handler = logging.getLogger("shop").handlers.pop()
        handler.flush()
        handler.close()
        (entry,) = self.server.get("/api/audit?event_type=shop.opened")["entries"]
        self.assertEqual((entry["action"], entry["target_id"], entry["severity"]), ("opened", "7", "informational"))

    def test_a_hostile_request_is_in_the_log_when_its_response_is(self):
        with AuditClient(self.server.url, self.server.key, mode="sync") as client:
            app = AuditMiddleware(answering(401), client)
            agent = b"x" * 3000 + b"\x00\xff"
            sent = request(app, path="/" + "ä" * 3000, headers=[(b"user-agent", agent)], client=("testclient", 1))
        self.assertEqual(sent[-1], {"type": "http.response.body", "body": b"2"})
        (entry,) = self.server.get("/api/audit?event_type=http.request")["entries"]
        self.assertEqual(
            (entry["outcome"], entry["actor_host"], len(entry["user_agent"])), ("failure", "testclient", 512)
        )
        self.assertEqual(set(entry["altered"]) >= {"user_agent", "action", "actor_ip"}, True, entry["altered"])

    def test_the_store_of_simpletuner(self):
        class EventType:
            value = "user.level.changed"

        async def main(client):
            store = AuditStore(client)
            ids = [
                await store.log(
                    EventType,
                    f"level {n}",
                    actor_id=7,
                    actor_username="root",
                    actor_ip="10.0.0.1",
                    target_type="user",
                    target_id="42*",
                    details={"n": n},
                )
                for n in range(3)
            ]
            entries = await store.query(
                event_types=["user.level.changed", "user.created"], actor_id=7, target_id="42*", limit=2, offset=1
            )
            everything = await store.query(limit=1000)
            return ids, entries, everything, await store.verify_chain(), await store.get_stats()

        with AuditClient(self.server.url, self.server.key, mode="sync") as client:
            stranger = client.append({"event_type": "a.b", "actor_id": "arn:aws:iam::1:user/alice"})
            ids, entries, everything, verified, stats = asyncio.run(main(client))
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual([entry.id for entry in entries], [ids[1], ids[0]])
        self.assertIsInstance(entries[0], AuditEntry)
        self.assertEqual((entries[0].action, entries[0].details, entries[0].target_id), ("level 1", {"n": 1}, "42*"))
        self.assertEqual(everything[0].previous_hash, everything[1].entry_hash)
        self.assertEqual([entry.id for entry in everything], list(range(len(everything), 0, -1)))
        (of_stranger,) = [entry for entry in everything if entry.id == stranger.id]
        self.assertEqual((of_stranger.actor_id, of_stranger.actor_username), (None, "arn:aws:iam::1:user/alice"))
        self.assertTrue(verified["valid"])
        self.assertEqual((verified["entries_checked"], verified["broken_links"]), (len(everything), []))
        self.assertEqual(stats["by_type"]["user.level.changed"], 3)
        self.assertEqual(stats["total_entries"], len(everything))

    def test_the_store_needs_the_mode_that_knows_ids(self):
        with AuditClient(self.server.url, self.server.key, mode="best_effort") as client:
            with self.assertRaisesRegex(ValueError, "sync"):
                AuditStore(client)
