"""What a person asked for on a hotel's page, as decisions.

Each button of the page holds a command of a few words, such as `hide 3fa9…` or `pin 3fa9… 2`. Keys and dragging send
the same commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from image_release.desk.deciding import Decided, DecisionRefusedError, HotelNow, decide, decide_all, revoke
from image_release.desk.moving import pins_for_move
from image_release.desk.web.refusals import wrong_input
from image_release.kinds import shipped_kinds
from image_release.problems import printable
from image_release.storage import Stores
from image_release.values import Label, Override

ABOUT_ONE = ("hide", "show", "best", "rescue")
"""Commands that name one image."""
ABOUT_SEVERAL = ("same", "different")
"""Commands about the images that they name, or else about those that were chosen on the page."""
AGAIN = "apply"
"""The command that decides nothing: the hotel is processed again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command with what else the page sent: the images that were chosen, and the kind that a picture shows."""

    command: str
    chosen: tuple[str, ...] = ()
    kind: str = ""
    why: str = ""
    seen: str | None = None


def carry_out(stores: Stores, now: HotelNow, asked: Asked, by: str) -> Decided | None:
    """Record what was asked for; None for a command that decides nothing.

    Raises RefusedRequestError for what is no command, DecisionRefusedError and storage faults.
    """
    action, *words = asked.command.split() or [""]
    if action == AGAIN:
        return None
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    if action == "revoke":
        return _revoke(stores, now.hotel_id, words, asked, by, at)
    overrides = _overrides(now, action, words, asked, by, at)
    if len(overrides) == 1:
        return decide(stores, now.hotel_id, overrides[0], seen=asked.seen)
    return decide_all(stores, now.hotel_id, overrides, seen=asked.seen)


def _overrides(
    now: HotelNow, action: str, words: Sequence[str], asked: Asked, by: str, at: str
) -> tuple[Override, ...]:
    def decision(name: str, images: Sequence[str] = (), position: int | None = None, label: str = "") -> Override:
        labels = (Label(label, 1.0),) if label else ()
        return Override(name, tuple(images), position, labels, by, at, asked.why)  # type: ignore[arg-type]  # as below

    if action == "withdraw" and not words:
        return (decision("withdraw"),)
    if action in ABOUT_ONE and len(words) == 1:
        return (decision(action, words),)
    if action in ABOUT_SEVERAL:
        return (decision(action, tuple(dict.fromkeys(words or asked.chosen))),)
    if action == "label" and len(words) == 1:
        return (decision("label", words, label=_label(asked.kind)),)
    if action == "pin" and len(words) == 2 and words[1].isdecimal() and len(words[1]) < 7:  # noqa: PLR2004 - a place
        pins = pins_for_move(now, words[0], int(words[1]))
        return tuple(decision("pin", [sha256], position) for sha256, position in pins)
    raise wrong_input(f"{printable(asked.command)}: this is no command of a hotel's page. Nothing was changed.")


def _label(kind: str) -> str:
    """The label that says what a picture of this kind shows."""
    found = shipped_kinds().get(kind)
    if found is None:
        raise DecisionRefusedError("choose what the picture shows from the list first")
    return found.label


def _revoke(stores: Stores, hotel_id: str, words: Sequence[str], asked: Asked, by: str, at: str) -> Decided:
    """Undo the named decisions, the latest first: all of them, or none."""
    if not words:
        raise wrong_input("revoke names the decision to undo. Nothing was changed.")
    return revoke(stores, hotel_id, *words, by=by, at=at, why=asked.why, seen=asked.seen)
