"""What one should know of a decision before it is made: where something else comes out than one might expect."""

from __future__ import annotations

from collections.abc import Iterator

from image_release.desk.deciding.errors import DecisionRefusedError
from image_release.desk.deciding.reading import HotelNow
from image_release.desk.deciding.sentences import decided_by, short
from image_release.gallery import ordinal
from image_release.ingest import Decision
from image_release.outcomes import Outcome
from image_release.values import Override

PAIR = 2
"""Minimum number of different images of a decision `same` or `different`."""


def notes_of(now: HotelNow, override: Override) -> Iterator[str]:
    """What a person should know of a decision that makes sense, in sentences.

    Raises DecisionRefusedError for a place that is not shown.
    """
    withdrawn = _latest(now, "withdraw")
    if override.action != "withdraw" and withdrawn:
        yield f"the hotel shows no pictures, because {decided_by(withdrawn, now.decisions)}; this counts when that ends"
    hidden = [
        sha256 for sha256 in override.images if override.action in ("pin", "best", "label") and sha256 in now.rejected
    ]
    if hidden and not withdrawn and any(now.rejected[sha256].outcome == Outcome.HIDDEN for sha256 in hidden):
        yield f"{short(hidden[0])} is hidden; this counts once it is shown again"
    if override.action == "pin":
        yield from _notes_of_pin(now, override)
    if override.action in ("same", "different"):
        opposite = _opposite(now, override)
        if opposite:
            yield f"this is the later word against this one: {decided_by(opposite, now.decisions)}"
    if override.action == "best" and any(
        now.shown[item].best.sha256 == item for item in override.images if item in now.shown
    ):
        yield "it stands for its picture already; this keeps it there when other copies come"


def _latest(now: HotelNow, action: str) -> Decision | None:
    """The latest decision in force of an action."""
    for decision in reversed(now.decisions):
        if decision.override and decision.override.action == action and not decision.is_revoked:
            return decision
    return None


def _opposite(now: HotelNow, override: Override) -> Decision | None:
    """The latest decision in force that says the opposite of two of the same images."""
    action = "different" if override.action == "same" else "same"
    for decision in reversed(now.decisions):
        other = decision.override
        is_opposite = other is not None and other.action == action and not decision.is_revoked
        if other and is_opposite and len(set(other.images) & set(override.images)) >= PAIR:
            return decision
    return None


def _notes_of_pin(now: HotelNow, override: Override) -> Iterator[str]:
    position = override.position or 1
    pictures = {now.shown[sha256].position for sha256 in override.images if sha256 in now.shown}
    count = len(now.manifest.pictures) + (not pictures)
    if position > count:
        if any(image.outcome == Outcome.OVER_LIMIT for image in now.manifest.rejected):
            raise DecisionRefusedError(
                f"position {position}: the hotel shows its best {len(now.manifest.pictures)} pictures, so this one "
                "would not be shown; choose an earlier position, or hide it"
            )
        yield f"the hotel shows {count} pictures, so it comes last: {ordinal(count)}"
    if len(pictures) > 1:
        yield f"they belong to {len(pictures)} pictures, which follow each other from the {ordinal(position)} place"
    ours = frozenset(member for sha256 in override.images for member in now.members(sha256))
    for decision in _pins_of_others(now, ours, position):
        yield (
            f"the {ordinal(position)} place is given twice: {decided_by(decision, now.decisions)}; "
            "the later decision gets it, the other picture the next place"
        )


def _pins_of_others(now: HotelNow, ours: frozenset[str], position: int) -> Iterator[Decision]:
    """The pins in force of other pictures at a position; of each picture the latest pin counts."""
    seen: set[str] = set(ours)
    for decision in reversed(now.decisions):
        other = decision.override
        if other is None or decision.is_revoked or other.action != "pin":
            continue
        images = [sha256 for sha256 in other.images if sha256 not in seen]
        seen |= {member for sha256 in images for member in now.members(sha256)}
        if images and (other.position or 1) == position:
            yield decision
