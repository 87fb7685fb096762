"""Render: the renditions of each shown picture that the published manifest does not hold already.

A rendition counts as existing only if the manifest whose ETag we hold names it (invariant 2) and the settings of that
size are the same; it is named again under its old key. All others are made from one decode of the original and put
under this manifest's `seq`, before the manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from image_release.child_process import ChildCrashedError
from image_release.hotel.load import Hotel, algorithm_versions
from image_release.hotel.ports import Ports
from image_release.outcomes import Outcome, Rejection
from image_release.publish import Manifest, PublishedRendition, put_rendition
from image_release.renditions import generate_within_budget, rendition_extension
from image_release.settings import RenditionSettings, Settings
from image_release.state import leave_marker
from image_release.store_keys import rendition_key
from image_release.values import ImageFacts


class UnreadableBestError(Exception):
    """A best image that gave a fingerprint cannot be decoded whole: another one has to be chosen."""

    def __init__(self, sha256: str, rejection: Rejection) -> None:
        super().__init__(f"{sha256}: {rejection.reason}")
        self.sha256 = sha256
        self.rejection = rejection


class HotelOutOfTimeError(Exception):
    """The time budget ended before the manifest could be published; what was learned is kept."""


def standing_renditions(before: Manifest | None, settings: Settings) -> dict[tuple[str, str], PublishedRendition]:
    """Renditions that `before` names and that may be named again, by (SHA-256, rendition name)."""
    if before is None:
        return {}
    recipes = algorithm_versions(settings)["renditions"]
    made_by = before.versions.get("renditions", {})
    return {
        (picture.best.sha256, rendition.name): rendition
        for picture in before.pictures
        for rendition in picture.renditions
        if rendition.name in recipes and made_by.get(rendition.name) == recipes[rendition.name]
    }


def render(
    hotel: Hotel,
    shown: Sequence[ImageFacts],
    standing: Mapping[tuple[str, str], PublishedRendition],
    seq: int,
    read_original: Callable[[str], bytes],
    ports: Ports,
) -> dict[str, tuple[PublishedRendition, ...]]:
    """Make what is missing and return all renditions of the shown best images, by SHA-256.

    Raises UnreadableBestError, HotelOutOfTimeError, RenditionTakenError.
    """
    recipes = ports.settings.renditions
    missing = {
        facts.sha256: [recipe for recipe in recipes if (facts.sha256, recipe.name) not in standing] for facts in shown
    }
    if any(missing.values()):
        _leave_sweep_marker(hotel, ports)
    result = {}
    with ThreadPoolExecutor(max_workers=ports.threads) as pool:
        for facts in shown:
            made = {name: rendition for (sha256, name), rendition in standing.items() if sha256 == facts.sha256}
            if missing[facts.sha256]:
                if ports.context.out_of_time():
                    raise HotelOutOfTimeError(hotel.hotel_id)
                data = read_original(facts.sha256)
                made |= _made(hotel, facts, data, missing[facts.sha256], seq, ports, pool)
            result[facts.sha256] = tuple(made[recipe.name] for recipe in recipes)
    return result


def _made(
    hotel: Hotel,
    facts: ImageFacts,
    data: bytes,
    recipes: Sequence[RenditionSettings],
    seq: int,
    ports: Ports,
    pool: ThreadPoolExecutor,
) -> dict[str, PublishedRendition]:
    """Make renditions of one image from one decode, and put them side by side."""
    try:
        renditions = ports.call(generate_within_budget, data, facts, recipes, ports.settings.filter)
    except ChildCrashedError as error:
        renditions = Rejection(Outcome.CRASHED, f"decoding it killed the process: {error}")
    ports.context.work.count(decodes=1)
    if isinstance(renditions, Rejection):
        raise UnreadableBestError(facts.sha256, renditions)
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
