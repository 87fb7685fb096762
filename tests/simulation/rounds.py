"""Rounds over all hotels in the simulation: when a person asks for one, and what it must find.

Every tenth seed plays them. The first round begins while people and partners act and requests fail. When all is calm
another one must find what one machine finds that reads the same state from its beginning.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from image_release.dedup import is_copy, scored_pairs
from image_release.everywhere import PrintIndex
from image_release.feed import following
from image_release.fingerprint import Fingerprint
from image_release.serverless import compare_hotels, round_steps
from image_release.serverless.round_ranges import Ranges, families_of_round
from image_release.sharing import Families, families, find_shared, linking, pairing, read_latest, read_round
from image_release.sharing import shared_document as told
from image_release.sharing.counting import holders_of_part
from image_release.sharing.families import stored_families
from image_release.sharing.finding import _holders, _in_several_hotels
from image_release.sharing_keys import ASKED, SHARED, round_folder
from image_release.storage import Stores
from tests.simulation.outside import BrokenPromiseError
from tests.simulation.patching import patched

if TYPE_CHECKING:
    from tests.simulation.stage import Stage

EVERY = 10
OF_THEM = 7
TRIES = 5
"""Ticks that a round may need to begin, when nothing fails any more."""

_answers: dict[tuple, Any] = {}


def plays_rounds(seed: int) -> bool:
    """Whether a seed plays rounds."""
    return seed % EVERY == OF_THEM


class Asking:
    """A person who asks for a round while others act, at moments that do not change what the others do."""

    def __init__(self, seed: int, acts: int) -> None:
        dice = random.Random(f"rounds {seed}")
        self._moments = {dice.randrange(1, acts), dice.randrange(1, acts)} if plays_rounds(seed) else set()

    def ask(self, stage: Stage, acts_left: int) -> None:
        """Ask, if it is time to."""
        if acts_left in self._moments:
            self._moments.discard(acts_left)
            stage.inbox.put(ASKED, b"{}")


def small_rounds(now: Callable[[], datetime]) -> ExitStack:
    """Rounds of few hotels have several shares of each step, and the feed has the simulation's clock."""

    class SimulatedTime(datetime):
        """The time in the simulation."""

        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return now().astimezone(tz)

    return patched(
        (following, "datetime", SimulatedTime),
        (compare_hotels, "SHARDS_A_RANGE_BITS", 0),
        (compare_hotels, "IMAGES_A_GROUP", 8),
        (compare_hotels, "IMAGES_A_SLICE", 5),
        (compare_hotels, "PAIRS_A_SHARE", 2),
        (round_steps, "IMAGES_A_SLICE", 5),
        (round_steps, "IMAGES_A_PART", 8),
        (round_steps, "RANGES_A_BLOCK", 2),
        (round_steps, "KEPT_AFTER", 2),
        (linking, "is_copy", _is_copy_once),
        (families, "is_copy", _is_copy_once),
        (pairing, "scored_pairs", _scored_once),
    )


def _is_copy_once(one: Fingerprint, other: Fingerprint) -> bool:
    """Compare two images, or return the answer for the same ones."""
    key = ("copy", *(item.hashes.tobytes() + item.working.grey.tobytes() for item in (one, other)))
    if key not in _answers:
        _answers[key] = is_copy(one, other)
    return _answers[key]


def _scored_once(images: Mapping[str, Any], wanted: Callable[[str, str], bool], settings: Any) -> Iterable[Any]:
    """Align images, or return the answer for the same ones."""
    first = next(iter(images), "")
    side = frozenset(sha for sha in images if not wanted(sha, first))
    key = ("aligned", tuple(sorted(images)), side)
    if key not in _answers:
        _answers[key] = tuple(scored_pairs(images, wanted, settings))
    return _answers[key]


def hold_round(stage: Stage, drain: Callable[[], None]) -> None:
    """Check that a round finds what one machine finds, and that of earlier ones nothing is left."""
    stage.scheduler.now += timedelta(seconds=2)
    stage.inbox.put(ASKED, b"{}")
    asked = stage.scheduler.now
    for _ in range(TRIES):
        stage.tick()
        drain()
        latest, _ = read_latest(stage.state)
        if latest and latest.asked >= asked:
            break
        stage.scheduler.now += timedelta(minutes=61)
    else:
        raise BrokenPromiseError(f"a round that was asked for at {asked} did not end: {latest}")
    others = [name for name in stage.state.folders(SHARED) if name != latest.round]
    if others:
        raise BrokenPromiseError(f"{round_folder(others[0])} is left of a round that is not in force")
    _hold_result(stage, latest.round)


def _hold_result(stage: Stage, name: str) -> None:
    stores = Stores(stage.inbox, stage.state, stage.published)
    with tempfile.TemporaryDirectory() as folder:
        by_one = Families(PrintIndex(Path(folder) / "prints.sqlite"))
        by_one.catch_up(stores)
        with by_one.connected() as db:
            members = stored_families(db)
            expected = _families(_holders(db, members, _in_several_hotels(db, members).prefixes).items())
        shared = find_shared(by_one, stores)
    ranges = Ranges(stores.state, name)
    found = _families(holders_of_part(ranges.every_held, families_of_round(stores.state, name), 0, 1))
    for family in expected:
        if not any(family & other for other in found):
            raise BrokenPromiseError(f"round {name} misses {sorted(family)}")
    for family in found:
        same = [other for other in expected if other & family]
        if len({stage.sees[sha] for _, sha in family}) > 1 or _hotels(family) != _hotels(*same):
            raise BrokenPromiseError(f"round {name} finds {sorted(family)}, and one machine {same}")
    in_round = read_round(stores)
    if in_round is None or told(in_round.shared) != told(shared):
        raise BrokenPromiseError(f"round {name} tells {in_round}, and one machine {shared}")


Family = frozenset[tuple[str, str]]
"""Hotels, each with an image that it has of a photograph."""


def _families(holders: Iterable[tuple[bytes, Mapping[str, set[bytes]]]]) -> list[Family]:
    return [frozenset((hotel_id, sha.hex()) for hotel_id, own in held.items() for sha in own) for _, held in holders]


def _hotels(*some: Family) -> set[str]:
    """The hotels of families.

    A round may know less of the images than one machine: two copies that only one hotel had are not compared later.
    And it may know more: an image that left connects what it was a copy of.
    """
    return {hotel_id for family in some for hotel_id, _ in family}
