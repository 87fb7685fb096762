"""What a round keeps of each range of hotels, and how it is read again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TypeVar

from image_release.serverless.ports import Suite
from image_release.serverless.rounds import Round
from image_release.serverless.shares import SplitPlan, WorkUnreadableError
from image_release.sharing import FamilyMap, Gathered, HeldImages, Images, ImagesUnreadableError
from image_release.sharing_keys import families_key, held_key, new_key, range_prints_key, ranges_key
from image_release.side_by_side import side_by_side
from image_release.state import write_json
from image_release.storage import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RangeSummary:
    """What was drawn when a range was gathered, and how much is in it."""

    draw: str
    images: int
    hotels: int
    new: int

    def data(self) -> bytes:
        """As a mark holds it."""
        return write_json(asdict(self))

    @classmethod
    def parsed(cls, data: bytes) -> RangeSummary:
        """What a mark holds. Raises ValueError, TypeError or RecursionError, as `read_whole` expects."""
        return cls(**json.loads(data))


def keep_range(suite: Suite, plan: SplitPlan, number: int, gathered: Gathered) -> RangeSummary:
    """Keep a range; what is kept counts once the mark of its share names it."""
    work, draw = Round.of(plan), secrets.token_hex(4)
    images = gathered.images
    suite.state.put(held_key(work.name, number, draw), gathered.held.packed())
    suite.state.put(range_prints_key(work.name, number, draw), images.packed())
    suite.state.put(new_key(plan.folder, number, draw), images.those(images.is_new).packed())
    prints = gathered.held.prints
    hotels = len({row[1] for row in prints.rows})
    return RangeSummary(draw, len(prints.shas), hotels, int(images.is_new.sum()))


def keep_summaries(state: Store, work: Round, summaries: Iterable[RangeSummary]) -> None:
    """Keep what the marks of all ranges say: the next round needs it, too."""
    state.put(ranges_key(work.name), write_json([asdict(item) for item in summaries]))


class Ranges:
    """The ranges of a round. Everything raises WorkUnreadableError where something is lost or damaged."""

    def __init__(self, state: Store, name: str, folder: str = "") -> None:
        self._state, self._name, self._folder = state, name, folder
        key = ranges_key(name)
        self.summaries = self._read(key, lambda data: [RangeSummary(**item) for item in json.loads(data)])

    def gathered(self, number: int) -> Gathered:
        """What was gathered of a range."""
        return Gathered(self.held(number), self.images(number))

    def held(self, number: int) -> HeldImages:
        """Which images the hotels of a range have."""
        return self._read(held_key(self._name, number, self.summaries[number].draw), HeldImages.parsed)

    def every_held(self) -> Iterator[HeldImages]:
        """The same of all ranges, in their order, one after the other: that bounds the memory."""
        return map(self.held, range(len(self.summaries)))

    def images(self, number: int) -> Images:
        """The images of a range, each once."""
        return self._read(range_prints_key(self._name, number, self.summaries[number].draw), Images.parsed)

    def new_images(self, first: int, last: int) -> Images:
        """The new images of some ranges that follow one another."""
        wanted = [number for number in range(first, last + 1) if self.summaries[number].new]

        def read(number: int) -> Images:
            return self._read(new_key(self._folder, number, self.summaries[number].draw), Images.parsed)

        return Images.joined(list(side_by_side(read, wanted)))

    def _read(self, key: str, parse: Callable[[bytes], T]) -> T:
        return read_whole(self._state, key, parse)


def read_whole(state: Store, key: str, parse: Callable[[bytes], T]) -> T:
    """Read an object that a round wrote. Raises WorkUnreadableError where it is lost or damaged."""
    stored = state.get(key)
    if stored is None:
        raise WorkUnreadableError(key)
    try:
        return parse(stored.data)
    except (ImagesUnreadableError, ValueError, TypeError, RecursionError) as error:
        raise WorkUnreadableError(key) from error


def families_of_round(state: Store, name: str | None) -> FamilyMap:
    """The families that a round left; none where there was no round, or what it left is lost."""
    stored = state.get(families_key(name)) if name else None
    try:
        return FamilyMap.parsed(stored.data) if stored else FamilyMap.none()
    except ImagesUnreadableError:
        return FamilyMap.none()
