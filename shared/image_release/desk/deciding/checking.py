"""Whether a decision makes sense, and what one should know before it is made. Pure functions.

Refused is only what cannot mean anything, or would have no effect. What will come out otherwise than one might expect
is told in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator

from image_release.desk.deciding.errors import AlreadyDecidedError, DecisionRefusedError
from image_release.desk.deciding.reading import HotelNow, why_unknown
from image_release.desk.deciding.sentences import decided_by, short
from image_release.gallery import ordinal, why_rejected
from image_release.ingest import Decision, is_text
from image_release.outcomes import Outcome
from image_release.problems import printable
from image_release.values import Override

PAIR = 2
"""Minimum number of different images of a decision `same` or `different`."""
MOST_IMAGES = 500
"""Maximum number of images of one decision."""
MAX_WHY, MAX_BY, MAX_LABEL = 1_000, 200, 200
"""Maximum lengths of a reason, of a person's name and of a label, in characters."""
GROUPED = (Outcome.HIDDEN, Outcome.OVER_LIMIT)
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
    for sha256 in override.images:
        if why := _without_effect(now, override, sha256):
            raise DecisionRefusedError(f"{short(sha256)} {why}")
    _check_new(now, override)
    return tuple(_notes(now, override))


def check_text(what: str, text: str, limit: int) -> None:
    """Refuse a text that cannot be stored or is too long; `what` names it. Raises DecisionRefusedError."""
    if len(text) > limit:
        raise DecisionRefusedError(f"{what} has {len(text)} characters; at most {limit} are kept, so shorten it")
    if not is_text(text):
        raise DecisionRefusedError(f"{what} {printable(text)!r} must be text without control characters")


def _check_form(override: Override) -> None:
    action, images = override.action, len(set(override.images))
    if action == "withdraw" and override.images:
        raise DecisionRefusedError("withdraw is about the hotel; it names no image")
    if action != "withdraw" and not override.images:
        raise DecisionRefusedError(f"{action} needs an image")
    if action in ("same", "different") and images < PAIR:
        raise DecisionRefusedError(f"{action} needs at least two images; files with equal bytes are one image")
    if action == "best" and images != 1:
        raise DecisionRefusedError("best names one image: the copy that is to stand for its picture")
    if images > MOST_IMAGES:
        raise DecisionRefusedError(f"{images} images in one decision; at most {MOST_IMAGES} are possible")
    if action == "label" and not override.labels:
        raise DecisionRefusedError("label needs --label TEXT: what the picture shows, such as Bedroom")
    if action != "label" and override.labels:
        raise DecisionRefusedError(f"labels belong to the action label, not to {action}")
    if action != "pin" and override.position is not None:
        raise DecisionRefusedError(f"a position belongs to the action pin, not to {action}")
    if override.position is not None and override.position < 1:
        raise DecisionRefusedError(f"position {override.position}: positions count from 1")


def _check_texts(override: Override) -> None:
    check_text("the reason", override.why, MAX_WHY)
    check_text("the person's name", override.by, MAX_BY)
    for label in override.labels:
        if not label.description.strip():
            raise DecisionRefusedError("a label is empty; it says what the picture shows, such as Bedroom")
        check_text("the label", label.description, MAX_LABEL)


def _without_effect(now: HotelNow, override: Override, sha256: str) -> str | None:
    """Why a decision about an image would have no effect, to follow its name; None: it has one."""
    action, rejected = override.action, None if sha256 in now.shown else now.rejected.get(sha256)
    if action == "show" and _is_hidden(now, sha256):
        return None
    if sha256 not in now.shown and rejected is None:
        return f"cannot be decided about: {why_unknown(now, sha256)}"
    if action == "show":
        return "is not hidden, so show would have no effect; it undoes a hide"
    if action == "rescue":
        if rejected is None:
            return "is not rejected, so rescue would have no effect"
        if rejected.outcome not in RESCUED:
            return f"is {rejected.outcome} ({printable(why_rejected(rejected))}), so rescue would have no effect"
    elif rejected is not None and rejected.outcome not in GROUPED:
        why = f"was rejected: {rejected.outcome} ({printable(rejected.reason)}), so {action} would have no effect"
        return why + ("; rescue it first" if rejected.outcome in RESCUED and not _is_rescued(now, sha256) else "")
    if action == "best" and not _has_copies(now, sha256):
        return "is the only copy of its picture, so best would have no effect"
    return None


def _is_hidden(now: HotelNow, sha256: str) -> bool:
    """Whether a person hid an image: the manifest says so, or a decision that is not applied yet."""
    rejected = now.rejected.get(sha256)
    if rejected is not None and rejected.outcome == Outcome.HIDDEN:
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
        if other is None or decision.is_revoked or _topic(other) != _topic(override):
            continue
        if _content(other) == _content(override):
            raise AlreadyDecidedError(f"that is decided already: {decided_by(decision, now.decisions)}")
        if _may_be_about_the_same(now, other, override):
            return


def _topic(override: Override) -> str:
    return TOPICS.get(override.action, override.action)


def _content(override: Override) -> tuple[object, ...]:
    """What a decision says, without who, when and why."""
    position = override.position or 1 if override.action == "pin" else None
    return override.action, frozenset(override.images), position, override.labels


def _may_be_about_the_same(now: HotelNow, one: Override, other: Override) -> bool:
    """Whether two decisions contradict each other, as far as we know which images are copies of one photograph."""
    if one.action == other.action and one.action not in ("pin", "label", "best"):
        return False
    theirs = set(other.images)
    for sha256 in one.images:
        if not theirs.isdisjoint(now.members(sha256)):
            return True
        if sha256 not in now.shown and any(image not in now.shown for image in theirs):
            return True
    return False


def _notes(now: HotelNow, override: Override) -> Iterator[str]:
    withdrawn = _latest(now, "withdraw")
    if override.action != "withdraw" and withdrawn:
        yield f"the hotel shows no pictures, because {decided_by(withdrawn, now.decisions)}; this counts when that ends"
    hidden = [sha256 for sha256 in override.images if override.action in ("pin", "best", "label") and sha256 in now.rejected]
    if hidden and not withdrawn and any(now.rejected[sha256].outcome == Outcome.HIDDEN for sha256 in hidden):
        yield f"{short(hidden[0])} is hidden; this counts once it is shown again"
    if override.action == "pin":
        yield from _notes_of_pin(now, override)
    if override.action in ("same", "different"):
        opposite = _opposite(now, override)
        if opposite:
            yield f"this is the later word against this one: {decided_by(opposite, now.decisions)}"
    if override.action == "best" and any(now.shown[item].best.sha256 == item for item in override.images if item in now.shown):
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
        if other and other.action == action and not decision.is_revoked:
            if len(set(other.images) & set(override.images)) >= PAIR:
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
        yield f"the images belong to {len(pictures)} pictures; they follow each other from the {ordinal(position)} place"
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
