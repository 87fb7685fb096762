"""What a brake holds, and a person's accept of it: it lets one content through, once (architecture, Formats).

`held.json` names the digest of what is held, and a number of its own. An accept names both. So it counts as long as
that content is held, through crashes and messages that come twice; when the content is in force, the record is deleted,
and the accept counts for nothing. An accept without names counts only if it was written after the present record.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from image_release.state.documents import swap, write_json
from image_release.storage import Store

SAME = ("digest", "version")
"""What two records of one content have in common; two catalogues may have the same content."""


def hold(
    state: Store,
    held_key: str,
    digest: str,
    document: dict[str, Any],
    *,
    stays: Callable[[dict[str, Any]], bool] = lambda _: False,
) -> None:
    """Record what is held. A record of the same content stays as it is, and so does one of which `stays` is true."""

    def change(data: bytes | None) -> bytes | None:
        present = _document(data)
        wanted = {**document, "digest": digest}
        if present and (all(present.get(name) == wanted.get(name) for name in SAME) or stays(present)):
            return None
        return write_json({**wanted, "hold": secrets.token_hex(8)})

    swap(state, held_key, change)


def held(state: Store, held_key: str) -> dict[str, Any] | None:
    """The record of what is held. One that cannot be read counts as none: it is written again with the next try."""
    stored = state.get(held_key)
    return _document(stored.data if stored else None)


def accept(inbox: Store, accept_key: str, held_document: dict[str, Any]) -> None:
    """Accept what is held."""
    inbox.put(accept_key, write_json({name: held_document[name] for name in ("digest", "hold")}))


def is_accepted(inbox: Store, state: Store, accept_key: str, held_key: str, digest: str) -> bool:
    """Whether a person accepted this content, which is held."""
    document = held(state, held_key)
    stored = inbox.get(accept_key)
    if document is None or stored is None or document.get("digest") != digest:
        return False
    named = _document(stored.data) or {}
    if "hold" in named:
        return (named.get("digest"), named["hold"]) == (digest, document["hold"])
    return named.get("digest", digest) == digest and _is_after(inbox, accept_key, state, held_key)


def let_go(state: Store, held_key: str, digest: str | None = None) -> None:
    """Delete the record of what is held, if it is of this content (None: of any) or cannot be read."""
    if state.head(held_key) is None:
        return
    document = held(state, held_key) or {}
    if digest in (None, document.get("digest", digest)):
        state.delete(held_key)


def _document(data: bytes | None) -> dict[str, Any] | None:
    """A record or an accept; None where it is empty, or written by somebody who does not know the format."""
    try:
        document = json.loads(data or b"null")
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _is_after(inbox: Store, accept_key: str, state: Store, held_key: str) -> bool:
    accepted, recorded = inbox.head(accept_key), state.head(held_key)
    return accepted is not None and recorded is not None and accepted.modified >= recorded.modified
