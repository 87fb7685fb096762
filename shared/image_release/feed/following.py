"""What changed since somebody looked last: the hotels whose manifests have to be read again.

Commands write lists of changed hotels, and functions of a suite leave notes by time (`noting`). What was only noted is
given again each time for a while, because its manifest may come into force after it was looked at.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from image_release.feed.lists import Changed, list_of, place_of, read_list
from image_release.feed.noting import AHEAD, OVERLAP, notes_between
from image_release.storage import Store
from image_release.store_keys import CHANGED, changed_note


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


def changed_since(state: Store, position: Position) -> Since:
    """What changed since a position: by the lists of this workspace, and by what functions of a suite noted."""
    moment = datetime.now(UTC)
    threshold = min(position.moment, moment) - OVERLAP
    told, streams, keys = lists_since(state, threshold, position.keys)
    told += [Changed(*item) for item in notes_between(state, threshold, moment + AHEAD).items()]
    told.sort(key=place_of)
    return Since(heapq.merge(told, *streams, key=place_of), Position(moment, keys))


def lists_since(
    state: Store, threshold: datetime, known: frozenset[str]
) -> tuple[list[Changed], list[Iterator[Changed]], frozenset[str]]:
    """What lists tell that were written since a moment: what was only noted, sorted lists, and the keys of those.

    Lists that are `known` are not read again.
    """
    told: list[Changed] = []
    streams: list[Iterator[Changed]] = []
    keys: set[str] = set()
    for listed in state.list(CHANGED):
        made = list_of(listed.key) if listed.modified >= threshold else None
        if made and (note := changed_note(made[1])):
            told.append(Changed(*note))
        elif made:
            keys.add(listed.key)
            if listed.key not in known:
                streams.append(read_list(state, listed))
    return told, streams, frozenset(keys)
