import json
import time
import unittest
import uuid

from . import support  # noqa: F401
from tallystick._event import MAX_EVENT_BYTES, SEQ_BYTES, encode, uuid7, with_seq


class EventTest(unittest.TestCase):
    def test_ids_are_uuids_of_version_7_in_the_order_of_time(self):
        before = time.time_ns() // 1_000_000
        ids = [uuid7() for _ in range(1000)]
        after = time.time_ns() // 1_000_000
        self.assertEqual(len(set(ids)), 1000)
        for one in map(uuid.UUID, ids):
            self.assertEqual((one.version, one.variant), (7, uuid.RFC_4122))
            self.assertTrue(before <= one.int >> 80 <= after)

    def test_an_event_keeps_what_was_given_and_gains_what_is_missing(self):
        event_id, body = encode({"event_type": "a.b", "actor_id": 7, "outcome": None}, "default", dated=True)
        event = json.loads(with_seq(body, 42))
        self.assertEqual(event["source_seq"], 42)
        self.assertEqual(event["event_id"], event_id)
        self.assertEqual((event["event_type"], event["actor_id"]), ("a.b", 7))
        self.assertNotIn("outcome", event)
        self.assertRegex(event["occurred_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertNotIn("stream", str(event))

        event_id, body = encode({"event_type": "a.b", "event_id": "mine", "occurred_at": "x"}, "default", dated=True)
        self.assertEqual(event_id, "mine")
        self.assertEqual(json.loads(body)["occurred_at"], "x")
        self.assertNotIn("occurred_at", json.loads(encode({"event_type": "a.b"}, "default", dated=False)[1]))

    def test_another_stream_than_the_default_stands_in_the_details(self):
        given = {"event_type": "a.b", "details": {"x": 1}}
        self.assertEqual(json.loads(encode(given, "web", True)[1])["details"], {"x": 1, "stream": "web"})
        self.assertEqual(given["details"], {"x": 1})
        self.assertEqual(json.loads(encode({"event_type": "a.b"}, "web", True)[1])["details"], {"stream": "web"})
        with self.assertRaisesRegex(ValueError, "stream"):
            encode({"event_type": "a.b", "details": {"stream": "mine"}}, "web", True)

    def test_what_no_log_could_hold_is_refused_at_the_call(self):
        for wrong in (None, "text", [], {}, {"event_type": 7}, {"event_type": "a.b", "source_seq": 1}):
            with self.assertRaises(ValueError, msg=repr(wrong)):
                encode(wrong, "default", True)
        with self.assertRaises(ValueError):
            encode({"event_type": "a.b", "details": {"x": float("nan")}}, "default", True)
        with self.assertRaises(TypeError):
            encode({"event_type": "a.b", "details": {"x": object()}}, "default", True)
        with self.assertRaisesRegex(ValueError, "at most"):
            encode({"event_type": "a.b", "action": "x" * MAX_EVENT_BYTES}, "default", True)

    def test_the_longest_event_fits_a_record_with_its_number(self):
        length = MAX_EVENT_BYTES - SEQ_BYTES
        overhead = len(encode({"event_type": "a.b", "event_id": "i", "action": ""}, "default", False)[1])
        event = {"event_type": "a.b", "event_id": "i", "action": "x" * (length - overhead)}
        body = encode(event, "default", False)[1]
        self.assertEqual(len(body), length)
        self.assertEqual(len(with_seq(body, 2**63 - 1)), MAX_EVENT_BYTES)
