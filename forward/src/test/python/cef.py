"""Parses CEF, one event a line on standard input, with pycef; prints each as JSON."""
import json
import sys

import pycef

for line in sys.stdin.buffer.read().decode("utf-8").split("\n"):
    if line:
        print(json.dumps(pycef.parse(line)))
