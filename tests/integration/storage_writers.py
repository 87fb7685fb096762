"""Writers for the storage tests, in a module of their own so that other processes can import them."""

from __future__ import annotations

import os
import resource
import signal

from image_release.storage import ConditionFailedError, Store

COUNTER = "a/counter"
TORN = "a/torn"
TORN_SIZES = (10, 300_000, 5_000, 1_000_000)
"""Sizes of objects that follow each other, shorter and longer: a mixture of two would show."""


def increment(store: Store, key: str, times: int) -> None:
    """Add one `times` times by compare-and-swap: first with if-absent, then with if-match."""
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
    """Put a name at every key that has no object; returns the keys that were won."""
    won = []
    for key in keys:
        try:
            store.put(key, name, if_absent=True)
        except ConditionFailedError:
            continue
        won.append(key)
    return won


def remove(store: Store, etags: dict[str, str]) -> list[str]:
    """Remove each object if it still has its ETag; returns the keys of those that were removed here."""
    removed = []
    for key, etag in etags.items():
        try:
            store.delete(key, if_match=etag)
        except ConditionFailedError:
            continue
        removed.append(key)
    return removed


def write_versions(store: Store, key: str, last: int) -> None:
    """Write the versions 1 to `last` of an object, whatever becomes of each."""
    for version in range(1, last + 1):
        store.put(key, str(version).encode())


def remove_older(store: Store, key: str, last: int) -> None:
    """Remove each version of an object that is read, but the last one, until that is there."""
    while True:
        found = store.get(key)
        if found and found.data == str(last).encode():
            return
        if found:
            try:
                store.delete(key, if_match=found.etag)
            except ConditionFailedError:
                continue


def put_and_delete(store: Store, key: str, times: int) -> None:
    """Create and remove a folder, `times` times."""
    for _ in range(times):
        store.put(key, b"here")
        store.delete(key)


def put_all(store: Store, keys: list[str]) -> None:
    """Put an object at every key."""
    for key in keys:
        store.put(key, key.encode())


def write_for_ever(store: Store, key: str) -> None:
    """Overwrite one object for ever, each time with equal bytes: two different bytes show a torn object."""
    number = 0
    while True:
        number += 1
        size = TORN_SIZES[number % len(TORN_SIZES)]
        store.put(key, bytes([number % 256]) * size)


def put_with_full_disk(store: Store, key: str, data: bytes, limit: int) -> None:
    """Put while no file can be larger than `limit` bytes, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        store.put(key, data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def put_under_umask(store: Store, key: str, umask: int) -> None:
    """Put as a user with this umask."""
    before = os.umask(umask)
    try:
        store.put(key, b"x")
    finally:
        os.umask(before)
