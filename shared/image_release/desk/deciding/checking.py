"""Whether a decision makes sense, and what one should know before it is made. Pure functions.

Refused is only what cannot mean anything, or would have no effect. What will come out otherwise than one might expect
is told in a sentence.
"""

from __future__ import annotations

from typing import get_args, get_type_hints

from image_release.desk.deciding.errors import AlreadyDecidedError, DecisionRefusedError
from image_release.desk.deciding.notes import PAIR, notes_of
from image_release.desk.deciding.reading import DEPARTED, HotelNow, why_unknown
from image_release.desk.deciding.sentences import decided_by, short
from image_release.ingest import is_text
from image_release.outcomes import Outcome
from image_release.problems import printable
from image_release.publish import RejectedImage
from image_release.values import Override

ACTIONS: tuple[str, ...] = get_args(get_type_hints(Override)["action"])
"""What a person may decide; undoing a decision is not among them."""
MOST_IMAGES = 500
"""Maximum number of images of one decision."""
MAX_WHY, MAX_BY, MAX_LABEL = 1_000, 200, 200
"""Maximum lengths of a reason, of a person's name and of a label, in characters."""
GROUPED = (Outcome.HIDDEN, Outcome.OVER_LIMIT, Outcome.SAME_VIEW)
"""Outcomes of images that are not shown, but usable: decisions about their photograph hold."""
RESCUED = (Outcome.TOO_SMALL, Outcome.NO_CONTENT, Outcome.PLACEHOLDER)
"""Outcomes of images that a person may call usable."""
TOPICS = {"hide": "shown", "show": "shown", "same": "grouped", "different": "grouped"}
"""What an action decides, where that differs from its name: of two decisions on one topic the later one counts."""


def foresee(now: HotelNow, override: Override) -> tuple[str, ...]:
    """What a person should know of a decision before it is made, in sentences; empty if it simply does what it says.

    Raises DecisionRefusedError.
    """
    _check_form(override)
    _check_texts(override)
    if now.is_departed:
        raise DecisionRefusedError(f"{printable(now.hotel_id)}: {DEPARTED}")
    for sha256 in override.images:
        if why := _without_effect(now, override.action, sha256):
            raise DecisionRefusedError(f"{short(sha256)} {why}")
    _check_new(now, override)
    return tuple(notes_of(now, override))


def check_text(what: str, text: str, limit: int) -> None:
    """Refuse a text that cannot be stored or is too long; `what` names it. Raises DecisionRefusedError."""
    if len(text) > limit:
        raise DecisionRefusedError(f"{what} has {len(text)} characters; at most {limit} are kept, so shorten it")
    if not is_text(text):
        raise DecisionRefusedError(f"{what} '{printable(text)}' must be text without control characters")


def _check_form(override: Override) -> None:
    for rule in (_fault_of_images, _fault_of_details):
        if fault := rule(override):
            raise DecisionRefusedError(fault)


def _fault_of_images(override: Override) -> str | None:
    """What is wrong with the action, or with the number of its images."""
    action, images = override.action, len(set(override.images))
    if action not in ACTIONS:
        return f"{printable(action)}: is no action; the actions are {', '.join(ACTIONS)}"
    if action == "withdraw":
        return "withdraw is about the hotel; it names no image" if images else None
    if not images:
        return f"{action} needs an image"
    if action in ("same", "different") and images < PAIR:
        return f"{action} needs at least two images; files with equal bytes are one image"
    if action == "best" and images != 1:
        return "best names one image: the copy that is to stand for its picture"
    return f"{images} images in one decision; at most {MOST_IMAGES} are possible" if images > MOST_IMAGES else None


def _fault_of_details(override: Override) -> str | None:
    """What is wrong with the position or the labels."""
    action, position = override.action, override.position
    if action == "label" and not override.labels:
        return "label needs --label TEXT: what the picture shows, such as Bedroom"
    if action != "label" and override.labels:
        return f"labels belong to the action label, not to {action}"
    if action != "pin" and position is not None:
        return f"a position belongs to the action pin, not to {action}"
    return f"position {position}: positions count from 1" if position is not None and position < 1 else None


def _check_texts(override: Override) -> None:
    check_text("the reason", override.why, MAX_WHY)
    check_text("the person's name", override.by, MAX_BY)
    for label in override.labels:
        if not label.description.strip():
            raise DecisionRefusedError("a label is empty; it says what the picture shows, such as Bedroom")
        check_text("the label", label.description, MAX_LABEL)


def _without_effect(now: HotelNow, action: str, sha256: str) -> str | None:
    """Why a decision about an image would have no effect, to follow its name; None: it has one."""
    rejected = None if sha256 in now.shown else now.rejected.get(sha256)
    if action == "show":
        return None if _may_be_shown(now, sha256) else _why_not_shown_again(now, sha256)
    if sha256 not in now.shown and rejected is None:
        return f"cannot be decided about: {why_unknown(now, sha256)}"
    if action == "rescue":
        return _why_not_rescued(rejected)
    if rejected is not None and rejected.outcome not in GROUPED:
        why = f"was rejected: {rejected.outcome} ({printable(rejected.reason)}), so {action} would have no effect"
        return why + ("; rescue it first" if rejected.outcome in RESCUED and not _is_rescued(now, sha256) else "")
    if action == "best" and not _has_copies(now, sha256):
        return "is the only copy of its picture, so best would have no effect"
    return None


def _why_not_shown_again(now: HotelNow, sha256: str) -> str:
    if sha256 in now.shown or sha256 in now.rejected:
        return "is not hidden, so show would have no effect; it undoes a hide, or shows another shot of a shown view"
    return f"cannot be decided about: {why_unknown(now, sha256)}"


def _why_not_rescued(rejected: RejectedImage | None) -> str | None:
    if rejected is None:
        return "is not rejected, so rescue would have no effect"
    if rejected.outcome in RESCUED:
        return None
    return f"is {rejected.outcome} ({printable(rejected.reason)}), so rescue would have no effect"


def _may_be_shown(now: HotelNow, sha256: str) -> bool:
    """Whether a person hid an image, or another picture of its view is shown in its place.

    A decision to hide it may not be applied yet.
    """
    rejected = now.rejected.get(sha256)
    if rejected is not None and rejected.outcome in (Outcome.HIDDEN, Outcome.SAME_VIEW):
        return True
    return any(item.action == "hide" and sha256 in item.images for item in now.overrides)


def _is_rescued(now: HotelNow, sha256: str) -> bool:
    return any(item.action == "rescue" and sha256 in item.images for item in now.overrides)


def _has_copies(now: HotelNow, sha256: str) -> bool:
    """Whether other images may be copies of this one; of a picture that is not shown nobody knows them."""
    joined = any(item.action == "same" and sha256 in item.images for item in now.overrides)
    return joined or sha256 not in now.shown or len(now.members(sha256)) > 1


def _check_new(now: HotelNow, override: Override) -> None:
    """Refuse a decision that is in force already: nothing later about the same photograph says otherwise."""
    for decision in reversed(now.decisions):
        other = decision.override
        if other is None or decision.is_revoked:
            continue
        if same_content(other, override):
            raise AlreadyDecidedError(f"that is decided already: {decided_by(decision, now.decisions)}")
        if contradict(now, other, override):
            return


def same_content(one: Override, other: Override) -> bool:
    """Whether two decisions say the same, whoever made them."""
    return one.action == other.action and _content(one) == _content(other)


def contradict(now: HotelNow, one: Override, other: Override) -> bool:
    """Whether two decisions contradict each other, as far as we know which images are copies of one photograph."""
    if _topic(one) != _topic(other) or (one.action == other.action and one.action not in ("pin", "label", "best")):
        return False
    theirs = set(other.images)
    for sha256 in one.images:
        if not theirs.isdisjoint(now.members(sha256)):
            return True
        if sha256 not in now.shown and any(image not in now.shown for image in theirs):
            return True
    return False


def _topic(override: Override) -> str:
    return TOPICS.get(override.action, override.action)


def _content(override: Override) -> tuple[object, ...]:
    """What a decision says, without who, when and why."""
    position = override.position or 1 if override.action == "pin" else None
    return override.action, frozenset(override.images), position, override.labels
