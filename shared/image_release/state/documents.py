"""JSON documents of the state store: read, written, and changed by compare-and-swap."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from image_release.storage import ConditionFailedError, Store

MAX_SWAPS = 20
"""Writers of one small document are few; who loses so often has met a fault, not a rival."""


class DocumentContendedError(Exception):
    """Other writers kept winning the swap of a document."""


def read_json(store: Store, key: str) -> Any:
    """Read a document that we wrote; None if there is none."""
    stored = store.get(key)
    return None if stored is None else json.loads(stored.data)


def write_json(document: Any) -> bytes:
    """The bytes of a document of ours: keys sorted, so that equal documents are equal bytes."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def swap_json(store: Store, key: str, change: Callable[[Any], Any]) -> Any:
    """Replace a document by `change` of it (None: absent) under compare-and-swap; `change` returning None leaves it."""
    for _ in range(MAX_SWAPS):
        stored = store.get(key)
        wanted = change(None if stored is None else json.loads(stored.data))
        if wanted is None or (stored and write_json(wanted) == stored.data):
            return wanted
        try:
            store.put(key, write_json(wanted), if_absent=stored is None, if_match=stored.etag if stored else None)
        except ConditionFailedError:
            continue
        return wanted
    raise DocumentContendedError(key)
