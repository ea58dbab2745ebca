import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib

from . import support
from tallystick import ClientUnusable, SpoolDamaged, SpoolError, SpoolFull, SpoolInUse
from tallystick import _spool
from tallystick._event import encode
from tallystick._spool import Spool


def body(n):
    return encode({"event_type": "a.b", "details": {"n": n}}, "default", dated=True)[1]


def large(n):
    return body("%d %s" % (n, "x" * 2_000))


def numbers(payloads):
    return [json.loads(payload)["source_seq"] for payload in payloads]


class SpoolTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="spool-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.path = os.path.join(self.directory, "spool")

    def open(self, stream="default", max_bytes=1 << 30, when_full="raise"):
        spool = Spool(self.path, stream, max_bytes, when_full)
        self.addCleanup(spool.close)
        return spool

    def files(self):
        return sorted(name for name in os.listdir(self.path) if ".events" in name)

    def test_a_record_is_length_crc_and_the_event(self):
        spool = self.open()
        spool.append(body(1))
        spool.append(body(2))
        spool.close()
        self.assertEqual(self.files(), ["00000000000000000001.events"])
        with open(os.path.join(self.path, self.files()[0]), "rb") as file:
            data = file.read()
        for n in (1, 2):
            length, crc = struct.unpack("<II", data[:8])
            self.assertEqual(zlib.crc32(data[8 : 8 + length]), crc)
            event = json.loads(data[8 : 8 + length])
            self.assertEqual((event["source_seq"], event["details"]["n"]), (n, n))
            data = data[8 + length :]
        self.assertEqual(data, b"")
        with open(os.path.join(self.path, "position.json")) as file:
            position = {"stream": "default", "segment": "00000000000000000001.events", "offset": 0, "source_seq": 0}
            self.assertEqual(json.load(file), position)
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o700)
        for name in os.listdir(self.path):
            self.assertEqual(os.stat(os.path.join(self.path, name)).st_mode & 0o077, 0, name)

    def test_numbers_go_on_after_everything_was_sent_and_deleted(self):
        spool = self.open(max_bytes=1 << 20)  # segments of 128 KiB
        for n in range(180):
            spool.append(large(n))
            if n % 60 == 59:
                while spool.wait_until_empty(0):
                    spool.acknowledge(spool.take())
        self.assertEqual(len(self.files()), 1)
        spool.close()
        spool = self.open()
        self.assertEqual(spool.wait_until_empty(0), 0)
        spool.append(body(0))
        self.assertEqual(numbers(spool.take().payloads), [181])

    def test_what_was_not_acknowledged_is_taken_again_by_the_next(self):
        spool = self.open(max_bytes=1 << 20)
        for n in range(300):
            spool.append(large(n))
        first = spool.take()
        spool.acknowledge(first)
        spool.take()
        spool.close()
        spool = self.open(max_bytes=1 << 20)
        self.assertEqual(spool.wait_until_empty(0), 300 - len(first.payloads))
        found = []
        while spool.wait_until_empty(0):
            batch = spool.take()
            found += numbers(batch.payloads)
            spool.acknowledge(batch)
        self.assertEqual(found, list(range(len(first.payloads) + 1, 301)))

    def test_a_tail_torn_at_any_byte_is_cut_and_its_number_given_again(self):
        spool = self.open()
        spool.append(body(1))
        spool.append(body(2))
        spool.close()
        name = os.path.join(self.path, self.files()[0])
        with open(name, "rb") as file:
            whole = file.read()
        first = 8 + struct.unpack("<I", whole[:4])[0]
        for end in range(first, len(whole)):
            with open(name, "wb") as file:
                file.write(whole[:end])
            spool = self.open()
            self.assertEqual(os.path.getsize(name), first)
            self.assertEqual(spool.wait_until_empty(0), 1)
            spool.close()
            if end > first:
                with open(f"{name}.torn-{first}", "rb") as file:
                    self.assertEqual(file.read(), whole[first:end])
        for junk in (b"\0" * 4096, b"\xff" * 100, whole[:first][:-1] + b"!"):
            with open(name, "wb") as file:
                file.write(whole[:first] + junk)
            spool = self.open()
            spool.append(body(3))
            self.assertEqual(numbers(spool.take().payloads), [1, 2])
            spool.close()

    def test_damage_before_the_newest_file_is_reported_and_nothing_is_changed(self):
        spool = self.open(max_bytes=1 << 20)
        for n in range(300):
            spool.append(large(n))
        spool.close()
        name = os.path.join(self.path, self.files()[1])
        with open(name, "r+b") as file:
            file.seek(1000)
            byte = file.read(1)
            file.seek(1000)
            file.write(bytes([byte[0] ^ 1]))
        before = {one: os.path.getsize(os.path.join(self.path, one)) for one in self.files()}
        with self.assertRaisesRegex(SpoolDamaged, "is damaged at offset"):
            self.open()
        self.assertEqual({one: os.path.getsize(os.path.join(self.path, one)) for one in self.files()}, before)
        os.remove(name)
        with self.assertRaisesRegex(SpoolDamaged, "a file is missing"):
            self.open()

    def test_damage_that_is_found_while_sending_stops_the_spool(self):
        spool = self.open()
        spool.append(body(1))
        with open(os.path.join(self.path, self.files()[0]), "r+b") as file:
            file.seek(20)
            file.write(b"!")
        with self.assertRaisesRegex(SpoolDamaged, "is damaged"):
            spool.take()
        with self.assertRaisesRegex(SpoolError, "is damaged"):
            spool.append(body(2))

    def test_a_position_without_its_file_is_reported(self):
        spool = self.open()
        spool.append(body(1))
        spool.acknowledge(spool.take())
        spool.close()
        os.remove(os.path.join(self.path, self.files()[0]))
        with self.assertRaisesRegex(SpoolDamaged, "is missing"):
            self.open()
        with open(os.path.join(self.path, "position.json"), "w") as file:
            file.write("{}")
        with self.assertRaisesRegex(SpoolDamaged, "position.json"):
            self.open()

    def test_files_before_the_position_that_a_crash_left_are_deleted(self):
        spool = self.open(max_bytes=1 << 20)
        for n in range(180):
            spool.append(large(n))
        left_over = self.files()[0]
        shutil.copy(os.path.join(self.path, left_over), self.directory)
        while spool.wait_until_empty(0):
            spool.acknowledge(spool.take())
        spool.close()
        self.assertNotIn(left_over, self.files())
        shutil.copy(os.path.join(self.directory, left_over), self.path)
        self.assertEqual(self.open().wait_until_empty(0), 0)
        self.assertNotIn(left_over, self.files())

    def test_one_process_a_spool(self):
        spool = self.open()
        with self.assertRaisesRegex(SpoolInUse, f"in use by process {os.getpid()}"):
            self.open()
        program = "import sys; from tallystick._spool import Spool; Spool(sys.argv[1], 'default', 1 << 30, 'raise')"
        words = [sys.executable, "-c", program, self.path]
        environment = {**os.environ, "PYTHONPATH": support.SOURCE}
        other = subprocess.run(words, env=environment, capture_output=True, text=True)
        self.assertIn("SpoolInUse", other.stderr)
        spool.close()
        self.assertEqual(subprocess.run(words, env=environment).returncode, 0)

    def test_one_stream_a_spool(self):
        self.open().close()
        with self.assertRaisesRegex(ValueError, 'belongs to the stream "default", not to "web"'):
            self.open(stream="web")

    def test_a_full_spool_raises_and_goes_on_when_there_is_room(self):
        spool = self.open(max_bytes=1 << 20)
        accepted = 0
        with self.assertRaisesRegex(SpoolFull, "is full"):
            while True:
                spool.append(body("x" * 10_000))
                accepted += 1
        self.assertGreater(accepted, 90)
        spool.acknowledge(spool.take())
        spool.append(body("more"))
        spool.close()
        self.assertEqual(self.open().wait_until_empty(0) > 0, True)

    def test_a_full_spool_blocks_until_there_is_room_or_it_is_closed(self):
        spool = self.open(max_bytes=1 << 20, when_full="block")
        for n in range(100):
            spool.append(body("x" * 10_000))
        outcomes = []

        def append():
            try:
                for n in range(4):
                    spool.append(body("y" * 10_000))
                    outcomes.append("appended")
            except ClientUnusable:
                outcomes.append("closed")

        threads = [threading.Thread(target=append) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(0.3)
            self.assertTrue(thread.is_alive(), outcomes)
        spool.acknowledge(spool.take())
        for thread in threads:
            thread.join(30)
        self.assertEqual(outcomes, ["appended"] * 8)
        threads = [threading.Thread(target=lambda: [append() for _ in range(20)]) for _ in range(2)]
        for thread in threads:
            thread.start()
        threads[0].join(0.3)
        spool.close()
        for thread in threads:
            thread.join(30)
            self.assertFalse(thread.is_alive())
        self.assertIn("closed", outcomes)

    def test_threads_share_a_write_and_numbers_have_no_gap(self):
        forced = []
        real = _spool.sync
        self.addCleanup(setattr, _spool, "sync", real)
        _spool.sync = lambda descriptor: (forced.append(1), real(descriptor))
        spool = self.open()
        threads = [threading.Thread(target=lambda: [spool.append(body(n)) for n in range(50)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLess(len(forced), 400)
        found = []
        while len(found) < 400:
            found += numbers(spool.take().payloads)
        self.assertEqual(found, list(range(1, 401)))

    def test_a_full_disk_fails_the_call_and_leaves_no_gap(self):
        real = _spool.write_all

        def half_then_full(descriptor, data):
            real(descriptor, data[: len(data) // 2])
            raise OSError(28, "No space left on device")

        self.addCleanup(setattr, _spool, "write_all", real)
        spool = self.open()
        spool.append(body(1))
        _spool.write_all = half_then_full
        with self.assertRaisesRegex(SpoolError, "No space left"):
            spool.append(body(2))
        _spool.write_all = real
        spool.append(body(3))
        self.assertEqual([json.loads(p)["details"]["n"] for p in spool.take().payloads], [1, 3])
        spool.close()
        spool = self.open()
        self.assertEqual(numbers(spool.take().payloads), [1, 2])

    def test_an_interrupted_write_ends_the_spool_and_the_next_client_goes_on(self):
        real = _spool.write_all

        def interrupted(descriptor, data):
            real(descriptor, data[: len(data) // 2])
            raise KeyboardInterrupt

        self.addCleanup(setattr, _spool, "write_all", real)
        spool = self.open()
        spool.append(body(1))
        _spool.write_all = interrupted
        with self.assertRaises(KeyboardInterrupt):
            spool.append(body(2))
        _spool.write_all = real
        with self.assertRaisesRegex(SpoolError, "was interrupted"):
            spool.append(body(3))
        spool.close()
        spool = self.open()
        spool.append(body(4))
        self.assertEqual([json.loads(p)["details"]["n"] for p in spool.take().payloads], [1, 4])

    def test_an_interrupt_before_the_write_leaves_no_number_and_nobody_waiting(self):
        # Set here, since a process in the background ignores it.
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        spool = self.open()
        spool._commit.acquire()  # as if another group was being written
        refused = []

        def follow():
            while not spool._group.bodies:
                time.sleep(0.001)
            try:
                spool.append(body(2))
            except SpoolError as error:
                refused.append(error)

        def interrupt():
            while len(spool._group.bodies) < 2:
                time.sleep(0.001)
            os.kill(os.getpid(), signal.SIGINT)

        threads = [threading.Thread(target=target, daemon=True) for target in (follow, interrupt)]
        for thread in threads:
            thread.start()
        with self.assertRaises(KeyboardInterrupt):
            spool.append(body(1))
        spool._commit.release()
        for thread in threads:
            thread.join(20)
            self.assertFalse(thread.is_alive())
        self.assertEqual(len(refused), 1)
        spool.append(body(3))
        self.assertEqual([json.loads(p)["details"]["n"] for p in spool.take().payloads], [3])
        self.assertEqual(spool.close(), 1)

    def test_a_device_that_fails_to_force_ends_the_spool(self):
        def fail(descriptor):
            raise OSError(5, "Input/output error")

        real = _spool.sync
        self.addCleanup(setattr, _spool, "sync", real)
        spool = self.open()
        _spool.sync = fail
        with self.assertRaisesRegex(SpoolError, "Input/output error"):
            spool.append(body(1))
        _spool.sync = real
        with self.assertRaisesRegex(SpoolError, "could not be forced"):
            spool.append(body(2))
        self.assertIsNone(spool.take())
