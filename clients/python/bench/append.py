"""Measures append in mode spooled without a server: append.py [THREADS] [EVENTS] [DIRECTORY]

Prints the median and the 99th percentile of one call, which is how long its caller waits; the wall time divided by the
calls of all threads, which is what a call costs where many share a force; and the processor time of a call.
"""

import os
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))

from tallystick._event import encode  # noqa: E402
from tallystick._spool import Spool  # noqa: E402

EVENT = {
    "event_type": "auth.login.failed",
    "outcome": "failure",
    "actor_username": "root",
    "actor_ip": "203.0.113.9",
    "details": {"method": "password", "port": 38926},
}


def main(threads=16, events=20_000, directory=None):
    with tempfile.TemporaryDirectory(dir=directory) as temporary:
        spool = Spool(os.path.join(temporary, "spool"), "default", 1 << 30, "raise")
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
        calls = sorted(sum(took, []))
    print(
        f"{threads} threads, {len(calls)} calls: median {statistics.median(calls) / 1000:.0f} µs, "
        f"99th percentile {calls[len(calls) * 99 // 100] / 1000:.0f} µs, "
        f"wall time per call {wall / len(calls) / 1000:.1f} µs, "
        f"processor time per call {used / len(calls) / 1000:.1f} µs"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:4])
