"""Documents in a store: read, written, and changed by compare-and-swap. The only compare-and-swap loop of the program.

(Publishing a manifest swaps once and does not retry: whoever loses there has to process the hotel again, invariant 2.)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from image_release.storage import ConditionFailedError, Store

MAX_SWAPS = 20
"""Few writers share a document, so losing 20 swaps in a row means a bug, not contention."""


class DocumentContendedError(Exception):
    """Other writers kept winning the swap of a document; the message is its key."""


class StateUnreadableError(Exception):
    """An object of the state store that only we write cannot be read: it is empty, cut short or damaged.

    What can be made again is made again and raises nothing. This is raised for what must not be guessed: the hotel or
    catalogue that needs it stops, and keeps what it had.
    """

    def __init__(self, key: str) -> None:
        super().__init__(
            f"state/{key} cannot be read (it is lost, empty, cut short or damaged); `check --repair` mends it"
        )
        self.key = key


def swap(store: Store, key: str, change: Callable[[bytes | None], bytes | None]) -> None:
    """Replace a document's bytes by what `change` makes of them, whoever else writes it meanwhile.

    `change` gets the present bytes, None if there is no document. It is called again after each lost swap. It returns
    the new bytes, or None (or the same bytes) to leave the document as it is. Raises DocumentContendedError after
    MAX_SWAPS lost swaps, and whatever `change` raises.
    """
    for _ in range(MAX_SWAPS):
        stored = store.get(key)
        wanted = change(stored.data if stored else None)
        if wanted is None or (stored and wanted == stored.data):
            return
        try:
            store.put(key, wanted, if_absent=stored is None, if_match=stored.etag if stored else None)
        except ConditionFailedError:
            continue
        return
    raise DocumentContendedError(key)


def read_json(store: Store, key: str) -> Any:
    """Read a document that this program wrote; None if there is none. Raises StateUnreadableError."""
    stored = store.get(key)
    return None if stored is None else parsed_json(key, stored.data)


def parsed_json(key: str, data: bytes) -> Any:
    """The document of a key. Raises StateUnreadableError."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StateUnreadableError(key) from error


def write_json(document: Any) -> bytes:
    """A document as bytes: keys sorted, so that equal documents are equal bytes."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def swap_json(store: Store, key: str, change: Callable[[Any], Any]) -> Any:
    """Replace a JSON document by `change` of it, under compare-and-swap, and return what `change` returned last.

    `change` gets None if there is no document, and returns None to leave it as it is. Raises DocumentContendedError,
    StateUnreadableError.
    """
    wanted = None

    def changed(data: bytes | None) -> bytes | None:
        nonlocal wanted
        wanted = change(None if data is None else parsed_json(key, data))
        return None if wanted is None else write_json(wanted)

    swap(store, key, changed)
    return wanted
