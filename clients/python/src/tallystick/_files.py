"""Writes that survive a crash."""

import fcntl
import os

_FULL_FSYNC = getattr(fcntl, "F_FULLFSYNC", None)


def sync(descriptor: int) -> None:
    """Returns when the file's content is on the device; on macOS that takes more than fsync."""
    if _FULL_FSYNC is not None:
        fcntl.fcntl(descriptor, _FULL_FSYNC)
    else:
        os.fdatasync(descriptor)


def sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def replace(path: str, data: bytes) -> None:
    """Replaces a file as a whole: after a crash there is the old content or the new one."""
    temporary = path + ".tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        write_all(descriptor, data)
        sync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(temporary, path)


def append_line(path: str, line: bytes) -> None:
    """Adds a line and forces it, and the file's name with it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        write_all(descriptor, line + b"\n")
        sync(descriptor)
    finally:
        os.close(descriptor)
    sync_directory(os.path.dirname(path))
