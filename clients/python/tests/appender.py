"""A process to kill: appends from several threads, and writes down the id of each event whose append returned.

appender.py URL SPOOL FILE [SECONDS]      with SECONDS it appends nothing, and sends what is left
"""

import os
import sys
import threading

from . import support  # noqa: F401
from tallystick import AuditClient, _sender

THREADS = 4


def main(url, spool, path, seconds=None):
    _sender.LONGEST_DELAY = 0.5
    client = AuditClient(url, mode="spooled", spool=spool, max_spool_bytes=1 << 20)
    if seconds is not None:
        sys.exit(client.close(float(seconds)))
    returned = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append():
        while True:
            receipt = client.append({"event_type": "kill.test", "details": {"pid": os.getpid()}})
            os.write(returned, receipt.event_id.encode() + b"\n")

    for _ in range(THREADS):
        threading.Thread(target=append).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
