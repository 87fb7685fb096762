"""What one tagger said of an accommodation's images: a document for each tagger, beside `state.json`.

`state.json` has room for the labels of one tagger, and older programs read only that. Labels that lie there are never
replaced by another tagger's; those of further taggers, and everything that a local model says, lie in
`labels-<tagger>.json`. So a change of the tagger loses nothing that was paid for (decision 26).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pydantic import TypeAdapter, ValidationError

from image_release.state import swap
from image_release.storage import Store
from image_release.store_keys import labelling_tagger, labels_key, labels_prefix
from image_release.values import Accommodation, Label, Look

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """What a tagger said of one content, and when. `look` is what a local model says besides labels."""

    at: datetime
    labels: tuple[Label, ...]
    look: Look | None = None


Records = dict[str, LabelRecord]
"""What a tagger said, by SHA-256."""


def merge_records(one: Mapping[str, LabelRecord], other: Mapping[str, LabelRecord]) -> Records:
    """Unite what two writers know. Commutative; of one content what was said later counts."""
    return {
        sha256: max((known[sha256] for known in (one, other) if sha256 in known), key=_order)
        for sha256 in sorted(one.keys() | other.keys())
    }


def read_labels(state: Store, accommodation: Accommodation, identity: str) -> Records:
    """Read what a tagger said of an accommodation's images. An unreadable file counts as empty, with a warning."""
    key = labels_key(accommodation, identity)
    stored = state.get(key)
    return (parsed_labels(key, stored.data) if stored else None) or {}


def merge_labels(
    state: Store,
    accommodation: Accommodation,
    identity: str,
    learned: Mapping[str, LabelRecord],
    forget: frozenset[str] = frozenset(),
) -> None:
    """Add what a tagger said, and drop the contents of `forget`. Raises DocumentContendedError.

    A file that cannot be read is replaced.
    """
    key = labels_key(accommodation, identity)

    def change(data: bytes | None) -> bytes | None:
        present = None if data is None else parsed_labels(key, data)
        merged = merge_records(present or {}, learned)
        wanted = {sha256: record for sha256, record in merged.items() if sha256 not in forget}
        return None if wanted == ({} if data is None else present) else _document().dump_json(wanted)

    swap(state, key, change)


def labelling_taggers(state: Store, accommodation: Accommodation) -> frozenset[str]:
    """Identities of the taggers that have a document of an accommodation. It lists the store."""
    keys = [listed.key for listed in state.list(labels_prefix(accommodation))]
    return frozenset(identity for key in keys if (identity := labelling_tagger(accommodation, key)))


def parsed_labels(key: str, data: bytes) -> Records | None:
    """The records of a document; None, and a warning, if it cannot be read."""
    try:
        return _document().validate_json(data)
    except ValidationError:
        log.warning("%s cannot be read and counts as empty", key)
        return None


def _order(record: LabelRecord) -> tuple[datetime, str]:
    return record.at, repr(record)


@cache
def _document() -> TypeAdapter[Records]:
    return TypeAdapter(Records)
