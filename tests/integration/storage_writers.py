"""Writers for the storage tests: importable, so that they can run in processes of their own."""

from __future__ import annotations

import os
import resource
import signal

from image_release.storage import ConditionFailedError, Store

COUNTER = "a/counter"
TORN = "a/torn"
TORN_SIZES = (10, 300_000, 5_000, 1_000_000)
"""A shorter object after a longer one and the other way round: a part of either would show."""


def increment(store: Store, key: str, times: int) -> None:
    """Add one, so many times, by compare-and-swap: begin with if-absent, go on with if-match."""
    for _ in range(times):
        while True:
            found = store.get(key)
            try:
                if found is None:
                    store.put(key, b"1", if_absent=True)
                else:
                    store.put(key, str(int(found.data) + 1).encode(), if_match=found.etag)
            except ConditionFailedError:
                continue
            break


def claim(store: Store, keys: list[str], name: bytes) -> list[str]:
    """Put a name under every key that has none; the keys that were won."""
    won = []
    for key in keys:
        try:
            store.put(key, name, if_absent=True)
        except ConditionFailedError:
            continue
        won.append(key)
    return won


def put_and_delete(store: Store, key: str, times: int) -> None:
    """Make a folder come and go."""
    for _ in range(times):
        store.put(key, b"here")
        store.delete(key)


def put_all(store: Store, keys: list[str]) -> None:
    """Put something under every key."""
    for key in keys:
        store.put(key, key.encode())


def write_for_ever(store: Store, key: str) -> None:
    """Overwrite one object without end, with bytes that are all alike: whoever reads two kinds reads a torn one."""
    number = 0
    while True:
        number += 1
        size = TORN_SIZES[number % len(TORN_SIZES)]
        store.put(key, bytes([number % 256]) * size)


def put_with_full_disk(store: Store, key: str, data: bytes, limit: int) -> None:
    """Put where no file may grow beyond `limit` bytes, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        store.put(key, data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def put_under_umask(store: Store, key: str, umask: int) -> None:
    """Put as a user whose files have these bits off."""
    before = os.umask(umask)
    try:
        store.put(key, b"x")
    finally:
        os.umask(before)
