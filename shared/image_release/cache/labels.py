"""What one tagger said of an accommodation's images: a document for each tagger, beside `state.json`.

`state.json` has room for the labels of one tagger, and older programs read only that. Labels that lie there are never
replaced by another tagger's; those of further taggers, and everything that a local model says, lie in
`labels-<tagger>.json`. So a change of the tagger loses nothing that was paid for (decision 26).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from image_release.state import swap
from image_release.storage import Store
from image_release.store_keys import labelling_tagger, labels_key, labels_prefix
from image_release.values import Accommodation, Label, Look

log = logging.getLogger(__name__)

LONGEST = 1.1
"""Maximum length of an embedding: that of a vector of length 1 whose numbers were rounded."""


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
    """Read what a tagger said of an accommodation's images.

    Records that cannot be read are left out, with a warning.
    """
    key = labels_key(accommodation, identity)
    stored = state.get(key)
    return _parsed(key, stored.data)[0] if stored else {}


def merge_labels(
    state: Store,
    accommodation: Accommodation,
    identity: str,
    learned: Mapping[str, LabelRecord],
    forget: frozenset[str] = frozenset(),
) -> None:
    """Add what a tagger said, and drop the contents of `forget`. Raises DocumentContendedError.

    Records that cannot be read are dropped; the others stay.
    """
    key = labels_key(accommodation, identity)

    def change(data: bytes | None) -> bytes | None:
        present, is_whole = ({}, True) if data is None else _parsed(key, data)
        merged = merge_records(present, learned)
        wanted = {sha256: record for sha256, record in merged.items() if sha256 not in forget}
        return None if is_whole and wanted == present else _document().dump_json(wanted)

    swap(state, key, change)


def labelling_taggers(state: Store, accommodation: Accommodation) -> frozenset[str]:
    """Identities of the taggers that have a document of an accommodation. It lists the store."""
    keys = [listed.key for listed in state.list(labels_prefix(accommodation))]
    return frozenset(identity for key in keys if (identity := labelling_tagger(accommodation, key)))


def parsed_labels(key: str, data: bytes) -> Records | None:
    """The records of a document; None, and a warning, if a part of it cannot be read."""
    records, is_whole = _parsed(key, data)
    return records if is_whole else None


def _parsed(key: str, data: bytes) -> tuple[Records, bool]:
    """The records of a document that can be read, and whether these are all; a warning says if not."""
    try:
        records = _document().validate_json(data)
        is_whole = True
    except ValidationError:
        records = _readable(data)
        is_whole = False
    sound = {sha256: record for sha256, record in records.items() if _is_sound(record)}
    is_whole &= len(sound) == len(records)
    if not is_whole:
        log.warning("%s cannot be read whole: %d records are left of it", key, len(sound))
    return sound, is_whole


def _readable(data: bytes) -> Records:
    """The records of a damaged document that are whole; of one that was cut short, those before the cut."""
    try:
        document = _object().validate_json(data)
    except ValueError:
        try:
            *before, _cut = _object().validate_json(data, experimental_allow_partial=True).items()
        except ValueError:
            return {}
        document = dict(before)
    records: Records = {}
    for sha256, said in document.items():
        try:
            records |= _document().validate_python({sha256: said})
        except ValidationError:
            continue
    return records


def _is_sound(record: LabelRecord) -> bool:
    """Whether the numbers are in their ranges, and the time has a zone. NaN is in no range."""
    look = record.look
    return (
        record.at.tzinfo is not None
        and all(0 <= label.score <= 1 for label in record.labels)
        and (look is None or (0 <= look.appeal <= 1 and math.hypot(*look.embedding) <= LONGEST))
    )


def _order(record: LabelRecord) -> tuple[datetime, str]:
    return record.at, repr(record)


@cache
def _document() -> TypeAdapter[Records]:
    return TypeAdapter(Records)


@cache
def _object() -> TypeAdapter[dict[str, Any]]:
    return TypeAdapter(dict[str, Any])
