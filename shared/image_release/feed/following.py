"""What changed since somebody looked last: the hotels whose manifests have to be read again.

A folder has lists of changed hotels. Beside a suite, whose functions write no lists, the records of changes are listed
by the time of their objects. What was only noted is given again each time for a while, because its manifest may come
into force after it was looked at.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from image_release.feed.lists import Changed, list_of, place_of, read_list
from image_release.storage import Listed, Store
from image_release.store_keys import CHANGED, CHANGES, changed_note, recorded_change

OVERLAP = timedelta(hours=1)
"""How long before the last look objects are looked at again: more than clocks differ, and than a publication takes."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody followed: when, and the keys that were read within the overlap before."""

    moment: datetime
    keys: frozenset[str] = frozenset()

    @classmethod
    def now(cls) -> Position:
        """From here on; taken before all hotels are read once."""
        return cls(datetime.now(UTC))

    def is_ahead(self, now: datetime) -> bool:
        """Whether it is of a clock that was set back since: what changed meanwhile would never be found from here."""
        return self.moment > now + OVERLAP

    def to_text(self) -> str:
        """A text to keep it as."""
        return json.dumps({"moment": self.moment.isoformat(), "keys": sorted(self.keys)})

    @classmethod
    def from_text(cls, text: str) -> Position:
        """Read it back. Raises ValueError."""
        try:
            document = json.loads(text)
            return cls(datetime.fromisoformat(document["moment"]), frozenset(document["keys"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no position in the feed: {text[:100]}") from error


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since a position; `position` is the next one, once `changed` was read to its end."""

    changed: Iterator[Changed]
    """Hotels and numbers, sorted by place; a hotel may come often, and one that did not change may come, too."""
    position: Position


def changed_since(state: Store, position: Position, *, with_records: bool = False) -> Since:
    """What changed since a position. `with_records` lists the records of changes, too: beside a suite."""
    moment = datetime.now(UTC)
    threshold = min(position.moment, moment) - OVERLAP
    found: list[Listed] = list(state.list(CHANGED))
    if with_records:
        found += state.list(CHANGES)
    recent = [listed for listed in found if listed.modified >= threshold]
    told: list[Changed] = []
    streams: list[Iterator[Changed]] = []
    keys: set[str] = set()
    for listed in recent:
        known = list_of(listed.key)
        note = changed_note(known[1]) if known else recorded_change(listed.key)
        if note:
            told.append(Changed(*note))
        elif known:
            keys.add(listed.key)
            if listed.key not in position.keys:
                streams.append(read_list(state, listed))
    told.sort(key=place_of)
    return Since(heapq.merge(told, *streams, key=place_of), Position(moment, frozenset(keys)))
