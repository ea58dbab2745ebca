"""Measures append in mode spooled without a server: append.py [DIRECTORY]

For 1, 8 and 64 threads it prints the wall time divided by the calls of all threads, which is what a call costs where
many share a force; the median of one call, which is how long its caller waits; the processor time of a call; and how
long a write and a force alone take.
"""

import os
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))

from tallystick._event import encode  # noqa: E402
from tallystick._files import sync, write_all  # noqa: E402
from tallystick._spool import Spool  # noqa: E402

EVENT = {
    "event_type": "auth.login.failed",
    "outcome": "failure",
    "actor_username": "root",
    "actor_ip": "203.0.113.9",
    "details": {"method": "password", "port": 38926},
}
RECORD = bytes(250)  # about as long as that


def force_alone(directory):
    took = []
    with open(os.path.join(directory, "alone"), "wb") as file:
        for _ in range(2000):
            begun = time.perf_counter_ns()
            write_all(file.fileno(), RECORD)
            sync(file.fileno())
            took.append(time.perf_counter_ns() - begun)
    return statistics.median(took) / 1000


def measure(threads, events, directory):
    spool = Spool(os.path.join(directory, f"spool-{threads}"), "default", 1 << 30, "raise")
    took = [[] for _ in range(threads)]

    def append(mine):
        for _ in range(events // threads):
            begun = time.perf_counter_ns()
            spool.append(encode(EVENT, "default", dated=True)[1])
            mine.append(time.perf_counter_ns() - begun)

    running = [threading.Thread(target=append, args=(mine,)) for mine in took]
    begun = time.perf_counter_ns()
    used = time.process_time_ns()
    for one in running:
        one.start()
    for one in running:
        one.join()
    wall = time.perf_counter_ns() - begun
    used = time.process_time_ns() - used
    spool.close()
    calls = sum(took, [])
    return wall / len(calls) / 1000, statistics.median(calls) / 1000, used / len(calls) / 1000


def main(directory=None):
    with tempfile.TemporaryDirectory(dir=directory) as temporary:
        for threads, events in (1, 3_000), (8, 20_000), (64, 40_000):
            alone = force_alone(temporary)
            cost, median, used = measure(threads, events, temporary)
            print(
                f"{threads:3d} threads: {cost:.1f} µs a call, one call waits {median:.0f} µs in the median, "
                f"processor time {used:.1f} µs a call; a write and a force alone {alone:.0f} µs"
            )


if __name__ == "__main__":
    main(*sys.argv[1:2])
