"""Render: the renditions of each shown picture that the published manifest does not hold already.

A rendition counts as existing only if the manifest whose ETag we hold names it (invariant 2) and the settings of that
size are the same; it is named again under its old key. All others are made from one decode of the original and put
under this manifest's `seq`, before the manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from image_release.child_process import ChildCrashedError
from image_release.hotel.load import Hotel, algorithm_versions
from image_release.hotel.ports import Ports
from image_release.hotel.published import OLDER_RENDITIONS, PublishedBefore
from image_release.outcomes import Outcome, Rejection
from image_release.publish import PublishedRendition, put_rendition
from image_release.renditions import Rendition, generate_within_budget, rendition_extension
from image_release.settings import RenditionSettings, Settings
from image_release.state import leave_marker
from image_release.store_keys import rendition_key
from image_release.values import ImageFacts


class UnreadableBestsError(Exception):
    """Best images that gave fingerprints cannot be decoded whole: others have to be chosen."""

    def __init__(self, rejections: Mapping[str, Rejection]) -> None:
        super().__init__("; ".join(f"{sha256}: {rejection.reason}" for sha256, rejection in rejections.items()))
        self.rejections = rejections
        """Why, by SHA-256."""


class HotelOutOfTimeError(Exception):
    """The time budget ended before the manifest could be published; what was learned is kept."""


def standing_renditions(before: PublishedBefore, settings: Settings) -> dict[tuple[str, str], PublishedRendition]:
    """Renditions that are published and may be named again, by (SHA-256, rendition name)."""
    recipes = algorithm_versions(settings)["renditions"]
    return {
        (sha256, rendition.name): rendition
        for sha256, renditions in before.renditions.items()
        for rendition in renditions
        if rendition.name in recipes and before.recipe(sha256, rendition.name) == recipes[rendition.name]
    }


@dataclass(frozen=True, slots=True)
class Rendered:
    """All renditions of the shown best images, by SHA-256."""

    renditions: Mapping[str, tuple[PublishedRendition, ...]]
    stuck: Mapping[str, str]
    """Images whose renditions stay as they are, and why: the original is lost, or cannot be decoded any more."""

    def versions(self, before: PublishedBefore, settings: Settings) -> dict[str, Any]:
        """The versions of the manifest; it names the older recipes of renditions that are stuck."""
        versions = algorithm_versions(settings)
        made_by = {
            sha256: {rendition.name: before.recipe(sha256, rendition.name) for rendition in self.renditions[sha256]}
            for sha256 in self.stuck
        }
        older = {sha256: recipes for sha256, recipes in made_by.items() if recipes != versions["renditions"]}
        return {**versions, OLDER_RENDITIONS: older} if older else versions


def render(
    hotel: Hotel,
    shown: Sequence[ImageFacts],
    before: PublishedBefore,
    lost: AbstractSet[str],
    seq: int,
    read_original: Callable[[str], bytes],
    ports: Ports,
    *,
    again: bool,
) -> Rendered:
    """Make what is missing of the shown best images; `again` makes everything.

    Renditions stay as they are where the original is in `lost`, or where it cannot be decoded any more. Raises
    UnreadableBestsError, HotelOutOfTimeError, SeqTakenError.
    """
    recipes = ports.settings.renditions
    standing = {} if again else standing_renditions(before, ports.settings)
    missing = {
        facts.sha256: [recipe for recipe in recipes if (facts.sha256, recipe.name) not in standing] for facts in shown
    }
    if any(missing.values()):
        _leave_sweep_marker(hotel, ports)
    renditions: dict[str, tuple[PublishedRendition, ...]] = {}
    stuck: dict[str, str] = {}
    unreadable: dict[str, Rejection] = {}
    with ThreadPoolExecutor(max_workers=ports.threads) as pool:
        for facts in shown:
            sha256, wanted = facts.sha256, missing[facts.sha256]
            made = {name: rendition for (made_of, name), rendition in standing.items() if made_of == sha256}
            if wanted and sha256 in lost:
                stuck[sha256] = "its original is lost"
            elif wanted:
                if ports.context.out_of_time():
                    raise HotelOutOfTimeError(hotel.hotel_id)
                generated = _generated(facts, read_original(sha256), wanted, ports)
                if not isinstance(generated, Rejection):
                    made |= _put(hotel, facts, generated, seq, ports, pool)
                elif sha256 in before.renditions:
                    stuck[sha256] = f"{generated.outcome}: {generated.reason}"
                else:
                    unreadable[sha256] = generated
                    continue
            renditions[sha256] = (
                before.renditions[sha256] if sha256 in stuck else tuple(made[recipe.name] for recipe in recipes)
            )
    if unreadable:
        raise UnreadableBestsError(unreadable)
    return Rendered(renditions, stuck)


def _generated(
    facts: ImageFacts, data: bytes, recipes: Sequence[RenditionSettings], ports: Ports
) -> Sequence[Rendition] | Rejection:
    """Make renditions of one image from one decode."""
    ports.context.work.count(decodes=1)
    try:
        return ports.call(generate_within_budget, data, facts, recipes, ports.settings.filter)
    except ChildCrashedError as error:
        return Rejection(Outcome.CRASHED, f"decoding it killed the process: {error}")


def _put(
    hotel: Hotel, facts: ImageFacts, renditions: Sequence[Rendition], seq: int, ports: Ports, pool: ThreadPoolExecutor
) -> dict[str, PublishedRendition]:
    """Put renditions of one image, side by side, under their keys."""
    keys = [
        rendition_key(hotel.hotel_id, seq, facts.sha256, rendition.name, rendition_extension(rendition.format))
        for rendition in renditions
    ]
    written = pool.map(
        lambda key, rendition: put_rendition(ports.stores.published, key, rendition.data), keys, renditions
    )
    ports.context.work.count(renditions_written=sum(written))
    return {
        rendition.name: PublishedRendition(
            name=rendition.name,
            key=key,
            width=rendition.width,
            height=rendition.height,
            bytes=len(rendition.data),
            format=rendition.format,
        )
        for key, rendition in zip(keys, renditions, strict=True)
    }


def _leave_sweep_marker(hotel: Hotel, ports: Ports) -> None:
    """Leave a due-marker before anything unnamed is written: on that day, what a failed writer left is deleted."""
    day = ports.context.now() + timedelta(days=ports.settings.publishing.grace_days + 1)
    leave_marker(ports.stores.state, day.date(), "sweep", hotel.hotel_id)
